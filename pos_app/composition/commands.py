"""The commands that move money, and the doubles that are programs: `pay`, `run`, `recover`, `simulate printer`."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

import hw_profiles
from drivers import registry
from drivers.contracts import ScannedCode
from drivers.errors import DeviceError
from pos_app import settings as terminal_settings
from pos_app.composition.choosing import the_notice
from pos_app.composition.station import Station, station
from pos_app.counter import Answer, Inbox, Question
from pos_app.domain.notice import NoticeCode, NoticeError, read_code, read_typed
from pos_app.domain.payment import Payment
from pos_app.errors import UserError
from pos_app.journal.errors import JournalFailed
from pos_app.settings import Settings
from pos_app.texts import texts
from pos_app.ui.console import ConsoleScreen, Keyboard, ReadyAnswers
from pos_app.ui.words import standing

PAID, NOT_PAID, UNCERTAIN, REVERSED = 0, 3, 4, 7
_IDLE_SECONDS = 1.0
_SHOWING_SECONDS = 60.0  # to hold a notice up to the camera
_VIDEO_SECONDS = 600.0

# What nobody at the counter needs to be asked: `recover`, and `pay --yes`.
_NOBODY: Mapping[Question, Answer] = {
    Question.PRINTER_NOT_READY: Answer.LATER,
    Question.COPY_UNPROVEN: Answer.LATER,
    Question.REVERSAL: Answer.LATER,
    Question.ANOTHER_CARD: Answer.NO,
}
_WILLING: Mapping[Question, Answer] = {
    **_NOBODY,
    Question.CONFIRM: Answer.YES,
    Question.CHANGED_AMOUNT: Answer.NO,
    Question.REVERSAL: Answer.YES,
}


@dataclass(frozen=True)
class Console:
    """Screen and inbox of a plain terminal."""

    screen: ConsoleScreen
    inbox: Inbox


# --- pay -----------------------------------------------------------------------------------------


def pay(*, profile: str | None, settings_file: Path | None, lang: str | None, as_json: bool, **asked: Any) -> int:
    """One payment in the foreground; the notice is read, and refused, before anything is opened."""
    answers = _ready_answers(yes=asked.pop("yes"), accept_changed_amount=asked.pop("accept_changed_amount"))
    settings = _in_language(terminal_settings.load(settings_file), lang)
    console = _console(settings, answers)
    code = _notice(console, profile or settings.terminal.profile, Asked(**asked))
    with station(settings, profile, console) as here, in_words(here, console):
        _recover(here)
        payment = here.terminal.pay(code)
        _tell_payment(here, payment, as_json=as_json)
    return exit_code(payment)


def _ready_answers(*, yes: bool, accept_changed_amount: bool) -> Mapping[Question, Answer] | None:
    if not yes:
        return None
    return {**_WILLING, Question.CHANGED_AMOUNT: Answer.YES} if accept_changed_amount else _WILLING


@dataclass(frozen=True)
class Asked:
    """How the notice to pay was named: one way of these."""

    images: tuple[Path, ...]
    video: Path | None
    camera: bool
    code: str | None
    notice: str | None
    creditor: str | None
    amount: str | None

    def __post_init__(self) -> None:
        """Raise UsageError when it was named in no way, or in several."""
        typed = any(value is not None for value in (self.notice, self.creditor, self.amount))
        if sum((bool(self.images), self.video is not None, self.camera, self.code is not None, typed)) != 1:
            raise click.UsageError(
                "Name the notice one way: --image, --video, --camera, --code, or --notice with --creditor and --amount."
            )


def _notice(console: Console, profile: str, asked: Asked) -> NoticeCode:
    try:
        if asked.code is not None:
            return read_code(asked.code)
        if asked.images or asked.video is not None or asked.camera:
            codes = _pictured(asked.images) if asked.images else _held_up(profile, asked.video, console)
            return the_notice(codes, console.inbox, console.screen.tell)
        if asked.notice is None or asked.creditor is None or asked.amount is None:
            raise click.UsageError("--notice, --creditor and --amount go together.")
        return read_typed(asked.notice, asked.creditor, asked.amount)
    except (NoticeError, DeviceError) as error:
        raise UserError(str(error), NOT_PAID) from error


def _pictured(images: tuple[Path, ...]) -> Sequence[ScannedCode]:
    from drivers.scanner.images import ImagesOptions, ImagesScanner  # noqa: PLC0415 - a decoder only where one is read

    scanner = ImagesScanner(ImagesOptions(files=tuple(map(str, images))))
    codes = [code for _ in images for code in scanner.scan(timeout=0.0, tick=_no_tick)]
    if not codes:
        raise NoticeError("Nessun codice nell'immagine: inquadrare il QR dell'avviso, o digitare i numeri.")
    return codes


def _held_up(profile: str, video: Path | None, console: Console) -> Sequence[ScannedCode]:
    """What is held up to the profile's own scanner, or in a video. Raises DeviceError, NoticeError, ProfileError."""
    from pos_app.composition import scanners  # noqa: PLC0415 - a scanner only where one is used

    device = scanners.video(video) if video is not None else hw_profiles.load(profile, registry.options()).scanner
    if video is None:
        console.screen.tell("Mostrare l'avviso allo scanner.")
    with scanners.opened(device) as here:
        codes = here.scanner.scan(timeout=_VIDEO_SECONDS if video else _SHOWING_SECONDS, tick=_no_tick)
    if not codes:
        where = "nel video" if video else "davanti allo scanner"
        raise NoticeError(f"Nessun codice {where}: inquadrare il QR dell'avviso, o digitare i numeri.")
    return codes


def _tell_payment(here: Station, payment: Payment, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(_report(here, payment), ensure_ascii=False))
        return
    if exit_code(payment) == UNCERTAIN:
        click.echo(f"{standing(payment, texts(payment.language))} {_WHAT_NEXT}", err=True)
    for paper in _papers(here, payment):
        click.echo(paper.read_text(encoding="utf-8"))
        click.echo(f"picture: {paper.with_suffix('.png')}", err=True)
    click.echo(f"journal: {here.settings.terminal.state_dir}/journal", err=True)


def _report(here: Station, payment: Payment) -> dict[str, Any]:
    records = here.journal.records_of(payment.id)
    return {
        "id": payment.id,
        "operation": payment.operation,
        "state": payment.state.label,
        "events": [type(record.event).__name__ for record in records],
        "verdict": _VERDICTS[exit_code(payment)],
        "amount": payment.amount,
        "fee": payment.fee,
        "total": payment.total,
        "token": payment.token or None,
        "notice_number": payment.notice.number.digits if payment.notice else None,
        "creditor": payment.notice.creditor.digits if payment.notice else None,
        "outcome": payment.pending_outcome.verdict if payment.pending_outcome else None,
        "reason": payment.reason or None,
        "message": standing(payment, texts(payment.language)),
        "receipts": [str(paper.with_suffix(".png")) for paper in _papers(here, payment)],
        "trial": here.reality.is_trial(),
    }


def _papers(here: Station, payment: Payment) -> list[Path]:
    """The papers of this payment in the printer double's tray, if it has one."""
    texts_there = sorted(here.papers.glob("*.txt")) if here.papers.is_dir() else []
    return [path for path in texts_there if payment.operation in path.read_text(encoding="utf-8")]


_WHAT_NEXT = "Riprende: `pos-terminal recover`; serve una persona: `pos-terminal cases list`."
_VERDICTS = {PAID: "paid", NOT_PAID: "not_paid", UNCERTAIN: "uncertain", REVERSED: "reversed"}


def exit_code(payment: Payment) -> int:
    """How a payment stands, as `pay` says it to other programs (interfaces.md)."""
    if payment.reversed and not payment.needs_person:
        return REVERSED
    if payment.is_open or payment.needs_person:
        return UNCERTAIN
    return PAID if payment.was_charged else NOT_PAID


# --- recover and run -----------------------------------------------------------------------------


def recover(*, profile: str | None, settings_file: Path | None) -> int:
    """Resolve what can be resolved now, say what was done, and whether a person is needed."""
    settings = terminal_settings.load(settings_file)
    console = nobody(settings)
    with station(settings, profile, console) as here, in_words(here, console):
        touched = _recover(here, now=True)
        still_open = [payment for payment in here.journal.payments.values() if payment.is_open or payment.needs_person]
        for payment_id in touched:
            payment = here.journal.payments[payment_id]
            click.echo(f"{payment.operation}  {payment.state.label:<16} {standing(payment, texts(payment.language))}")
        click.echo(f"recovered {len(touched)}, still open {len(still_open)}")
    return UNCERTAIN if still_open else 0


def _recover(here: Station, *, now: bool = False) -> list[str]:
    """Recovery: late results first, then every open payment; without `now` only what is due or holds the reader."""
    touched = [payment.id for payment in here.terminal.recover()]
    here.terminal.listen()
    for payment_id in touched:
        payment = here.journal.payments[payment_id]
        if now or not payment.parked:
            here.background.try_now(payment)
    return touched


def run(*, profile: str | None, settings_file: Path | None) -> int:
    """Recovery first; then a code, a payment, and meanwhile what is parked, until the input ends or Ctrl-C."""
    settings = terminal_settings.load(settings_file)
    console = _console(settings, None)
    keyboard = console.inbox
    assert isinstance(keyboard, Keyboard)
    with station(settings, profile, console) as here, in_words(here, console):
        _recover(here)
        console.screen.tell(texts(settings.terminal.language)("states.ready"))
        while not keyboard.ended:
            _one_turn(here, console)
    return 0


def _one_turn(here: Station, console: Console) -> None:
    try:
        here.background.step()
        here.journal.roll()
        item = console.inbox.next(_IDLE_SECONDS)
        if isinstance(item, ScannedCode):
            payment = here.terminal.pay(read_code(item.text))
            console.screen.tell(standing(payment, texts(payment.language)))
    except (NoticeError, JournalFailed) as problem:
        # A journal that can't be written sells nothing more until the terminal is started anew; it says so each time.
        console.screen.tell(str(problem))


# --- what they share -----------------------------------------------------------------------------


def nobody(settings: Settings) -> Console:
    """A counter where nobody stands: every question is put off."""
    return _console(settings, _NOBODY)


def _console(settings: Settings, answers: Mapping[Question, Answer] | None) -> Console:
    screen = ConsoleScreen(sys.stderr, texts(settings.terminal.language))
    inbox: Inbox = Keyboard(screen, sys.stdin.fileno()) if answers is None else ReadyAnswers(screen, answers)
    return Console(screen, inbox)


def _in_language(settings: Settings, lang: str | None) -> Settings:
    if lang is None:
        return settings
    return replace(settings, terminal=settings.terminal.model_copy(update={"language": lang}))


@contextmanager
def in_words(here: Station, console: Console) -> Iterator[None]:
    """While a station works: say what is without value, and what to do after Ctrl-C."""
    console.screen.trial = here.reality.is_trial()
    try:
        yield
    except KeyboardInterrupt:
        raise UserError("Interrotto: `pos-terminal recover` riprende da qui.", UNCERTAIN) from None


def _no_tick() -> None:
    """Pictures are read at once."""


def simulate_printer(*, pty: Path | None, tcp: str | None, out: Path, script: Path | None, width: str) -> None:
    """Be a printer until SIGTERM."""
    from drivers.printer.simulator.models import Script, read_script  # noqa: PLC0415 - only this command is a printer
    from drivers.printer.simulator.program import serve  # noqa: PLC0415 - the same

    if (pty is None) == (tcp is None):
        raise click.UsageError("Give either --pty LINK or --tcp HOST:PORT.")
    host, _, port = (tcp or "").rpartition(":")
    if tcp is not None and not (host and port.isdigit()):
        raise click.UsageError(f"--tcp {tcp!r}: must be HOST:PORT.")
    serve(
        out=out,
        link=pty,
        tcp=(host, int(port)) if tcp is not None else None,
        columns=int(width),
        script=read_script(script) if script else Script(),
    )
