"""One terminal, wired: what `pay`, `run` and `recover` work with."""

import secrets
import string
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import hw_profiles
from drivers import registry
from drivers.contracts import ReaderStatus, Tick
from pos_app.background import Background
from pos_app.clock import BootClock, Clock
from pos_app.composition import archive, devices
from pos_app.composition.continuity import Continuity
from pos_app.composition.reality import Reality
from pos_app.counter import Inbox, Screen
from pos_app.desk import Desk, Limits, Rules, no_tick
from pos_app.domain.payment import Payment
from pos_app.errors import UserError
from pos_app.journal.journal import Journal
from pos_app.psp.account import PspAccount
from pos_app.psp.client import SoapPspClient
from pos_app.psp.endpoint import Endpoint
from pos_app.psp.transport import HttpTransport
from pos_app.psp.working_days import next_working_day
from pos_app.receipts.facts import Merchant, Provider
from pos_app.receipts.papers import Stationery
from pos_app.settings import Settings, require_own_values
from pos_app.terminal import Terminal

_LETTERS_AND_DIGITS = string.ascii_letters + string.digits


class Counter(Protocol):
    """Who stands at the counter: the screen they see and the inbox they speak into."""

    @property
    def screen(self) -> Screen:
        """What they see."""
        ...

    @property
    def inbox(self) -> Inbox:
        """What they say."""
        ...


@dataclass(frozen=True)
class Station:
    """A terminal with everything around it. `papers` is where a printer double leaves its receipts.

    `left_open`: the payments that the last process left open, which know by now that it ended.
    """

    settings: Settings
    terminal: Terminal
    background: Background
    journal: Journal
    reality: Reality
    papers: Path
    left_open: tuple[Payment, ...]


@contextmanager
def station(
    settings: Settings,
    profile_name: str | None,
    counter: Counter,
    *,
    tick: Tick = no_tick,
    limits: Limits | None = None,
) -> Iterator[Station]:
    """Open everything, in the order in which it is needed; close it in the other order.

    Raises ProfileError, SettingsError, UserError, JournalError.
    """
    profile = hw_profiles.load(profile_name or settings.terminal.profile, registry.options())
    state_dir, clock = Path(settings.terminal.state_dir), BootClock()
    papers = state_dir / "receipts"
    with ExitStack() as stack:
        # A real terminal's journal must outlive a power cut; what can only be a trial may lie anywhere.
        trial = profile.card_reader.is_double or settings.psp.test or bool(settings.demonstration)
        journal = stack.enter_context(Journal.open(state_dir / "journal", clock, allow_volatile=trial))
        archive.look_through(state_dir / "journal")
        doubles = state_dir / "doubles"
        reader = stack.enter_context(devices.card_reader(profile.card_reader, state_dir, clock))
        printer = stack.enter_context(devices.printer(profile.printer, papers, clock))
        url = stack.enter_context(_psp_url(settings, doubles, reader_is_double=profile.card_reader.is_double))
        transport = HttpTransport(_endpoint(settings, url))
        reality = Reality(transport, bench=settings.psp.test, demonstration=bool(settings.demonstration))
        continuity = Continuity(reader, state_dir / "journal", settings.terminal.shared_reader)

        def objection(status: ReaderStatus) -> str | None:
            continuity.look()  # where the reader was not there at the start
            return reality.objection(status)

        desk = Desk(
            reader=reader,
            printer=printer,
            psp=SoapPspClient(_account(settings), transport),
            journal=journal,
            clock=clock,
            inbox=counter.inbox,
            screen=counter.screen,
            compose=stationery(settings, reality.is_trial, clock).compose,
            rules=_rules(settings),
            random_text=_random_text,
            limits=limits or Limits(),
            tick=tick,
            objection=objection,
            is_trial=reality.is_trial,
        )
        terminal = Terminal(desk)
        left_open = tuple(terminal.recover())  # before anything is heard from the reader
        reality.look(reader)
        if reality.reader_is_double is False:
            require_own_values(settings)
        continuity.look()
        yield Station(settings, terminal, Background(desk), journal, reality, papers, left_open)


@contextmanager
def _psp_url(settings: Settings, folder: Path, *, reader_is_double: bool) -> Iterator[str]:
    if settings.psp.url is not None:
        yield settings.psp.url
        return
    if not reader_is_double:
        raise UserError("[psp] url is missing: only a card reader's double may do without (the embedded sandbox).", 5)
    from pos_app.sandbox.sandbox import SandboxError, SandboxOptions  # noqa: PLC0415 - a real terminal has none
    from pos_app.sandbox.server import RunningSandbox  # noqa: PLC0415 - the same

    folder.mkdir(parents=True, exist_ok=True)
    try:
        running = RunningSandbox(SandboxOptions(port=0, state=folder / "sandbox.db")).start()
    except SandboxError as error:
        raise UserError(f"The embedded sandbox can't be started: {error}", 5) from error
    try:
        yield f"{running.url}/psp"
    finally:
        running.close()


def _endpoint(settings: Settings, url: str) -> Endpoint:
    psp = settings.psp
    secret = psp.terminal_secret.get_secret_value() if psp.terminal_secret else ""
    return Endpoint(
        url=url,
        terminal_id=settings.terminal.id,
        terminal_secret=secret,
        headers={name: value.get_secret_value() for name, value in psp.headers.items()},
        ca_bundle=psp.ca_bundle,
        client_certificate=psp.client_certificate,
    )


def _account(settings: Settings) -> PspAccount:
    psp = settings.psp
    return PspAccount(psp.id, psp.broker_id, psp.channel_id, psp.password.get_secret_value(), psp.api_version)


def _rules(settings: Settings) -> Rules:
    return Rules(
        fee=settings.fee.rule,
        key_prefix=settings.psp.fiscal_code,
        transfer_date=next_working_day,
        token_seconds=settings.psp.token_seconds,
        verify_first=settings.psp.verify_first,
        refund_late=settings.psp.late_outcome == "refund",
        language=settings.terminal.language,
    )


def stationery(settings: Settings, trial: Callable[[], bool], clock: Clock) -> Stationery:
    """What the settings put on every paper; `trial` is asked for each one."""
    merchant, psp = settings.merchant, settings.psp
    return Stationery(
        merchant=Merchant(merchant.name, merchant.address, merchant.vat_number),
        provider=Provider(psp.name, psp.fiscal_code),
        terminal_id=settings.terminal.id,
        trial=trial,
        utc=clock.utc,
    )


def _random_text(length: int) -> str:
    return "".join(secrets.choice(_LETTERS_AND_DIGITS) for _ in range(length))
