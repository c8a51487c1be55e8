"""`print test|reprint|logo`: the printer by hand. It takes the terminal's lock, so nothing else prints meanwhile."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

import hw_profiles
from drivers import registry
from drivers.contracts import PrintState, Proof, ReceiptPrinter, Tick
from hw_profiles import HardwareProfile
from pos_app import settings as terminal_settings
from pos_app.actions import paper
from pos_app.clock import BootClock
from pos_app.composition import devices
from pos_app.composition.local import Done, ask
from pos_app.composition.station import Station, stationery
from pos_app.counter import Answer, Question, View
from pos_app.desk import Compose, Limits, no_tick
from pos_app.domain.events import CopyPrinted, CopyUnproven, Event, ReceiptPrinted
from pos_app.domain.payment import Payment
from pos_app.domain.prints import JobState
from pos_app.domain.states import State
from pos_app.errors import UserError
from pos_app.journal.errors import JournalInUse
from pos_app.journal.journal import Journal
from pos_app.receipts.papers import printed_at
from pos_app.receipts.reports import PageFacts, printer_page
from pos_app.settings import Settings
from pos_app.texts import Texts, texts
from pos_app.ui.console import ConsoleScreen
from pos_app.ui.keyboard import Keyboard

PRINTED, NOT_PRINTED, UNPROVEN, PROFILE_WRONG, IN_USE = 0, 3, 4, 5, 8
_ANSWER_SECONDS = 120.0

# How a print ended: the command's exit code, and the text's key.
_ENDS = {
    PrintState.PRINTED: (PRINTED, "printed"),
    PrintState.NOT_STARTED: (NOT_PRINTED, "cancelled"),
    PrintState.PARTIAL: (UNPROVEN, "partial"),
    PrintState.UNKNOWN: (UNPROVEN, "unknown"),
}


@dataclass(frozen=True)
class PrinterDesk:
    """What is needed to print, and nothing that could move money."""

    printer: ReceiptPrinter
    compose: Compose
    limits: Limits
    tick: Tick = no_tick


@dataclass(frozen=True)
class Reprint:
    """A payment of the journal whose papers are printed again."""

    desk: PrinterDesk
    journal: Journal
    payment_id: str

    @property
    def payment(self) -> Payment:
        """As it stands."""
        return self.journal.payments[self.payment_id]

    def record(self, event: Event) -> Payment:
        """Journal `event`; raises ImpossibleEvent before anything was written."""
        return self.journal.append(self.payment_id, event)


@dataclass(frozen=True)
class Bench:
    """Settings, profile, journal and printer, opened."""

    settings: Settings
    profile: HardwareProfile
    journal: Journal
    desk: PrinterDesk
    clock: BootClock

    @property
    def say(self) -> Texts:
        """The terminal's language."""
        return texts(self.settings.terminal.language)


# --- test ----------------------------------------------------------------------------------------


def print_test(*, profile: str | None, settings_file: Path | None) -> int:
    """The test page; 0 printed and proven, 3 nothing printed, 4 somebody must look."""
    with _bench(profile, settings_file) as here:
        options = here.profile.printer.options
        facts = PageFacts(
            merchant=stationery(here.settings, lambda: True, here.clock).merchant,
            trial=True,  # a page that tries a printer is never worth anything
            printed_at=printed_at(here.clock.utc()),
            columns=options.columns,
            code_page=options.code_page,
        )
        data = here.desk.printer.render(printer_page(facts, here.say))
        proof = here.desk.printer.print(data, timeout=here.desk.limits.printing, tick=here.desk.tick)
        return _told(here.say, "test_page", proof)


# --- logo ----------------------------------------------------------------------------------------


def print_logo(*, picture: Path, profile: str | None, settings_file: Path | None) -> int:
    """Store a picture in the printer's memory under the profile's key; `print test` shows it."""
    from drivers.printer.logo import of_picture  # noqa: PLC0415 - Pillow, only where a logo is stored

    with _bench(profile, settings_file) as here:
        options = here.profile.printer.options
        if not options.logo:
            raise UserError(here.say("print.no_logo_key", profile=here.profile.source), PROFILE_WRONG)
        data = of_picture(picture, options.logo, columns=options.columns)
        proof = here.desk.printer.print(data, timeout=here.desk.limits.printing, tick=here.desk.tick)
        return _told(here.say, "logo", proof)


# --- reprint -------------------------------------------------------------------------------------


def reprint(
    *, payment_id: str, copies: tuple[str, ...], yes: bool, profile: str | None, settings_file: Path | None
) -> int:
    """The papers of a payment once more: those that nobody has yet, else the citizen's, or the `copies` asked for.

    A running terminal does it between two payments.
    """
    settings = terminal_settings.load(settings_file)
    asked = {"payment_id": payment_id, "copies": " ".join(copies)}
    done = ask(Path(settings.terminal.state_dir), "print reprint", asked)
    if done is None:
        with _bench(profile, settings_file) as here:
            may_ask = not yes and sys.stdin.isatty()
            done = _print_all_again(here.desk, here.journal, payment_id, copies, here.say, ask=may_ask)
    click.echo(done.text, err=True)
    return done.code


def reprint_here(here: Station, payment_id: str, copies: str) -> Done:
    """The same by the terminal that runs; nobody is asked."""
    desk = here.terminal.desk
    say = texts(here.settings.terminal.language)
    at_printer = PrinterDesk(desk.printer, desk.compose, desk.limits, desk.tick)
    return _print_all_again(at_printer, here.journal, payment_id, tuple(copies.split()), say, ask=False)


def _print_all_again(  # noqa: PLR0913 - what it works with, each by its name
    desk: PrinterDesk, journal: Journal, payment_id: str, copies: tuple[str, ...], say: Texts, *, ask: bool
) -> Done:
    run = Reprint(desk, journal, _found(journal, payment_id, say))
    ends = [_print_again(run, copy, say, ask=ask) for copy in _wanted(run.payment, copies, say)]
    if run.payment.state is State.PRINTING and _all_printed(run.payment):
        run.record(ReceiptPrinted())
    return Done(max(end.code for end in ends), "\n".join(end.text for end in ends))


def _found(journal: Journal, wanted: str, say: Texts) -> str:
    payment = journal.recall(wanted)
    if payment is None:
        raise UserError(say("print.no_such_payment", wanted=wanted), NOT_PRINTED)
    return payment.id


def _wanted(payment: Payment, asked_for: tuple[str, ...], say: Texts) -> tuple[str, ...]:
    """Raises UserError where this payment has no such paper as it stands."""
    papers = paper.papers_of(payment)
    if not papers:
        raise UserError(say("print.no_paper", operation=payment.operation), NOT_PRINTED)
    if unknown := [copy for copy in asked_for if copy not in papers]:
        raise UserError(say("print.no_such_copy", copy=unknown[0], copies=", ".join(papers)), NOT_PRINTED)
    owed = tuple(copy for copy in papers if payment.copy_state(copy) is not JobState.PRINTED)
    return asked_for or owed or papers[:1]


def _print_again(run: Reprint, copy: str, say: Texts, *, ask: bool) -> Done:
    """Print one copy with its mark. Before a copy that nobody saw is sent again, a person is asked, if there is one."""
    if run.payment.copy_state(copy) is JobState.SENDING:
        # We hold the lock: the process that was sending is gone.
        run.record(CopyUnproven(copy, say("print.interrupted"), JobState.UNKNOWN.value))
    if run.payment.copy_state(copy) is JobState.UNKNOWN and ask and _came_out(run.payment, say):
        run.record(CopyPrinted(copy, "operator"))
    problem = paper.problem_of(run.desk)
    if problem is not None:
        return _ended(say, copy, Proof(PrintState.NOT_STARTED, "none", problem))
    return _ended(say, copy, paper.print_copy(run, copy))


def _came_out(payment: Payment, say: Texts) -> bool:
    screen = ConsoleScreen(sys.stderr, say)
    screen.show(View(1, payment, Question.COPY_UNPROVEN))
    reply = Keyboard(screen, sys.stdin.fileno()).next(_ANSWER_SECONDS)
    return getattr(reply, "answer", None) is Answer.YES


def _all_printed(payment: Payment) -> bool:
    return all(payment.copy_state(copy) is JobState.PRINTED for copy in paper.copies_of(payment))


# --- what both share -----------------------------------------------------------------------------


@contextmanager
def _bench(profile_name: str | None, settings_file: Path | None) -> Iterator[Bench]:
    settings = terminal_settings.load(settings_file)
    profile = hw_profiles.load(profile_name or settings.terminal.profile, registry.options())
    state_dir, clock = Path(settings.terminal.state_dir), BootClock()
    papers = state_dir / "receipts"
    before = {*papers.glob("*.txt")}
    with_double = profile.card_reader.is_double or profile.printer.is_double
    with _journal(state_dir, clock, texts(settings.terminal.language)) as journal:
        with devices.printer(profile.printer, papers, clock) as printer:
            compose = stationery(settings, lambda: with_double, clock).compose
            yield Bench(settings, profile, journal, PrinterDesk(printer, compose, Limits()), clock)
        for fresh in sorted({*papers.glob("*.txt")} - before):
            click.echo(fresh.read_text(encoding="utf-8"))
            click.echo(f"picture: {fresh.with_suffix('.png')}", err=True)


def _journal(state_dir: Path, clock: BootClock, say: Texts) -> Journal:
    try:
        return Journal.open(state_dir / "journal", clock, allow_volatile=True)  # nothing here moves money
    except JournalInUse as error:
        raise UserError(f"{error} {say('print.terminal_runs')}", IN_USE) from error


def _told(say: Texts, what: str, proof: Proof) -> int:
    done = _ended(say, what, proof)
    click.echo(done.text, err=True)
    return done.code


def _ended(say: Texts, what: str, proof: Proof) -> Done:
    code, key = _ENDS[proof.state]
    return Done(code, say(f"print.{key}", copy=what, proof=proof.method, reason=proof.reason))
