"""The terminal that stays, and what it does first: `pos-terminal run`, `pos-terminal recover`."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

import hw_profiles
from drivers import registry
from drivers.contracts import ScannedCode
from drivers.errors import DeviceError
from hw_profiles import Device
from pos_app import settings as terminal_settings
from pos_app.background import Background, needs_devices, needs_none
from pos_app.composition import archive
from pos_app.composition.choosing import the_notice
from pos_app.composition.consoles import UNCERTAIN, AttendedConsole, attended, in_words, nobody
from pos_app.composition.entry import is_typed_number, typed_notice
from pos_app.composition.local import Done, Requests
from pos_app.composition.mistakes import explain
from pos_app.composition.printing import reprint_here
from pos_app.composition.queues import DEEDS as QUEUE_DEEDS
from pos_app.composition.station import Station, station
from pos_app.composition.workers import Worker
from pos_app.desk import PaymentInProgress, no_tick
from pos_app.domain.notice import NoticeCode, NoticeError, read_code
from pos_app.journal.errors import JournalFailed
from pos_app.texts import texts
from pos_app.ui.console import Aside
from pos_app.ui.words import standing

if TYPE_CHECKING:
    from pos_app.composition.scanners import Scanning

_IDLE_SECONDS = 1.0

# What other commands may ask of a running terminal.
_DEEDS = {**QUEUE_DEEDS, "print reprint": reprint_here}


# --- recover -------------------------------------------------------------------------------------


def recover(*, profile: str | None, settings_file: Path | None) -> int:
    """Resolve what can be resolved now, say what was done, and whether a person is needed."""
    settings = terminal_settings.load(settings_file)
    console = nobody(settings)
    with station(settings, profile, console) as here, in_words(here, console):
        touched = resume(here, now=True)
        still_open = [payment for payment in here.journal.payments.values() if payment.is_open or payment.needs_person]
        for payment_id in touched:
            payment = here.journal.payments[payment_id]
            click.echo(f"{payment.name}  {payment.state.label:<16} {standing(payment, texts(payment.language))}")
        click.echo(f"recovered {len(touched)}, still open {len(still_open)}")
    return UNCERTAIN if still_open else 0


def resume(here: Station, *, now: bool = False) -> list[str]:
    """Recovery: late results first, then every open payment; without `now` only what is due or holds the reader."""
    touched = [payment.id for payment in here.left_open]
    here.terminal.listen()
    for payment_id in touched:
        PaymentInProgress(here.terminal.desk, payment_id).show()
        payment = here.journal.payments[payment_id]
        if now or not payment.parked:
            here.background.try_now(payment)
    return touched


# --- run -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Crew:
    """Those who work while the loop serves the counter, and what the loop itself does for parked payments."""

    workers: tuple[Worker, ...]
    at_devices: Background
    requests: Requests
    sending: threading.Lock

    def check(self) -> None:
        """Raise what ended one of them."""
        for worker in self.workers:
            worker.check()


def run(*, profile: str | None, settings_file: Path | None) -> int:
    """Recovery first; then a notice, a payment, and meanwhile what is parked, until the input ends or Ctrl-C."""
    settings = terminal_settings.load(settings_file)
    console = attended(settings)
    scanner = hw_profiles.load(profile or settings.terminal.profile, registry.options()).scanner
    with station(settings, profile, console) as here, in_words(here, console):
        resume(here)
        with _crew(here, console, scanner, settings_file) as crew:
            console.screen.tell(texts(settings.terminal.language)("states.ready"))
            while not console.inbox.ended:
                crew.check()
                _one_turn(here, console, crew)
    return 0


def _one_turn(here: Station, console: AttendedConsole, crew: Crew) -> None:
    try:
        crew.at_devices.step()
        _do_what_was_asked(here, crew)
        here.journal.roll()
        code = _next_notice(console)
        if code is not None:
            payment = here.terminal.pay(code)
            console.inbox.held_up()  # what was held up meanwhile was held up to nobody
            console.screen.tell(standing(payment, texts(payment.language)))
    except (NoticeError, JournalFailed) as problem:
        # A journal that can't be written sells nothing more until the terminal is started anew; it says so each time.
        console.screen.tell(str(problem))


def _do_what_was_asked(here: Station, crew: Crew) -> None:
    """What other commands want of this terminal, between two payments."""
    while (request := crew.requests.next()) is not None:
        try:
            with crew.sending:
                done = _DEEDS[request.name](here, **request.arguments)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer; the terminal goes on
            sentence, code = explain(error)
            done = Done(code, sentence, is_error=True)
        request.answer(done)


def _next_notice(console: AttendedConsole) -> NoticeCode | None:
    keyboard, tell = console.inbox, console.screen.tell
    item = keyboard.next(_IDLE_SECONDS)
    if isinstance(item, ScannedCode):
        return typed_notice(item.text, keyboard, tell) if is_typed_number(item.text) else read_code(item.text)
    seen = keyboard.held_up()
    return the_notice(seen, keyboard, tell) if seen else None


@contextmanager
def _crew(here: Station, console: AttendedConsole, device: Device, settings_file: Path | None) -> Iterator[Crew]:
    desk = here.terminal.desk
    aside = Aside(console.screen, texts(here.settings.terminal.language))
    on_the_wire = Background(replace(desk, screen=aside), takes=needs_none)
    sending = threading.Lock()  # of a parked payment: the background, or what somebody asked for, never both
    with ExitStack() as stack:
        state_dir = Path(here.settings.terminal.state_dir)
        requests = stack.enter_context(Requests.heard(state_dir, console.inbox.ring))
        workers = [
            stack.enter_context(Worker("background", lambda stop: keep_at_it(on_the_wire, sending, stop))),
            stack.enter_context(Worker("requests", requests.serve)),
            stack.enter_context(Worker("archive", partial(archive.keep_looking, state_dir / "journal", settings_file))),
        ]
        if not _is_the_keyboard(device):
            scanning = stack.enter_context(_scanner(here, device))
            workers.append(stack.enter_context(Worker("scanner", lambda stop: _scan(scanning, console, stop))))
        yield Crew(tuple(workers), Background(desk, takes=needs_devices), requests, sending)


def keep_at_it(background: Background, sending: threading.Lock, stop: threading.Event) -> None:
    """Do what is due, whoever stands at the counter meanwhile."""
    while not stop.is_set():
        try:
            with sending:
                worked = background.step()
        except JournalFailed:
            return  # nothing goes out that can't be written down; the loop says so before the next sale
        if not worked:
            stop.wait(_IDLE_SECONDS)


# --- the scanner ---------------------------------------------------------------------------------


def _is_the_keyboard(device: Device) -> bool:
    """A hand scanner that types into standard input is heard there."""
    from drivers.scanner.hand import STANDARD_INPUT, KeyboardOptions  # noqa: PLC0415 - only a terminal that stays scans

    return isinstance(device.options, KeyboardOptions) and device.options.device == STANDARD_INPUT


@contextmanager
def _scanner(here: Station, device: Device) -> "Iterator[Scanning]":
    from pos_app.composition.scanners import of_the_notice, opened  # noqa: PLC0415 - the same

    def being_paid() -> NoticeCode | None:
        current = here.terminal.current
        return current.notice if current else None

    with opened(device, ignored=of_the_notice(being_paid)) as scanning:
        yield scanning


def _scan(scanning: "Scanning", console: AttendedConsole, stop: threading.Event) -> None:
    """Hold up to the loop what the scanner sees; what is wrong with it is told once, until it is well again."""
    told: str | None = None
    while not stop.is_set():
        try:
            seen, wrong = scanning.scanner.scan(timeout=_IDLE_SECONDS, tick=no_tick), scanning.preview.hint
        except DeviceError as error:
            seen, wrong = (), str(error)
        if wrong is not None and wrong != told:
            console.screen.tell(wrong)
        told = wrong
        if seen:
            console.inbox.hold_up(seen)
