"""The card reader by hand: `pos-terminal reader …`. Nothing here can charge a card."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

import hw_profiles
from drivers import registry
from drivers.card_reader.ecr17.driver import Ecr17CardReader
from drivers.contracts import CardTransaction
from drivers.errors import DeviceError
from hw_profiles import Device
from pos_app import settings as terminal_settings
from pos_app.clock import BootClock
from pos_app.composition import devices
from pos_app.composition.continuity import unexplained_result
from pos_app.desk import no_tick
from pos_app.domain.events import ReaderAccepted
from pos_app.domain.money import to_euro
from pos_app.domain.states import State
from pos_app.errors import UserError
from pos_app.journal.journal import Journal
from pos_app.journal.layout import TERMINAL

READY, NOT_READY, NOT_DONE, OPEN_CHARGE = 0, 1, 3, 4
_PATIENCE = 60.0  # seconds for one command; what it asks has shorter limits of its own
_CLOSING_PATIENCE = 150.0  # the reader calls its host
_UNDECIDED = (State.CHARGING, State.CHARGE_UNCERTAIN, State.OPERATOR_RULING, State.REVERSING)
_PRIVATE = ("fingerprint",)


def status(*, as_json: bool, **where: Any) -> int:
    """Whether it can charge, and which reader it is."""
    with _reader(**where) as (reader, _journal):
        found = reader.status(timeout=_PATIENCE, tick=no_tick)
    _tell(asdict(found), f"{found.description}  {found.terminal_id}  {found.release}".rstrip(), as_json=as_json)
    return READY if found.ready else NOT_READY


def last(*, as_json: bool, **where: Any) -> int:
    """The last result that it saved."""
    with _reader(**where) as (reader, _journal):
        found = reader.last(timeout=_PATIENCE, tick=no_tick)
    if found is None:
        _tell(None, "The reader has saved no result, or tells none.", as_json=as_json)
        return READY
    fields = {name: value for name, value in asdict(found).items() if name not in _PRIVATE}
    _tell(fields, "\n".join(_lines(fields)), as_json=as_json)
    return READY


def totals(*, as_json: bool, **where: Any) -> int:
    """Its totals since the session was opened."""
    with _reader(**where) as (reader, _journal):
        found = reader.totals(timeout=_PATIENCE, tick=no_tick)
    words = "The reader tells no totals." if found is None else to_euro(found)
    _tell({"total": found}, words, as_json=as_json)
    return READY


def reprint(*, as_json: bool, **where: Any) -> int:
    """Its last receipt, as text."""
    with _reader(**where) as (reader, _journal):
        lines = reader.reprint(timeout=_PATIENCE, tick=no_tick)
    _tell({"lines": lines}, "\n".join(lines), as_json=as_json)
    return READY


def close(*, as_json: bool, **where: Any) -> int:
    """Close its accounting session, which empties its totals: never while they are needed as evidence."""
    with _reader(**where) as (reader, journal):
        _refuse_while_undecided(journal)
        closed = reader.close_session(timeout=_CLOSING_PATIENCE, tick=no_tick)
    own, host = (to_euro(total) if total is not None else "?" for total in (closed.reader_total, closed.host_total))
    words = f"Closed: reader {own}, host {host}." if closed.closed else f"Not closed: {closed.message}".rstrip(": ")
    _tell(asdict(closed), words, as_json=as_json)
    return READY if closed.closed else NOT_DONE


def accept(*, operator: str, reason: str, **where: Any) -> int:
    """Record that somebody vouches for the reader's last result, of which the journal knows nothing."""
    folder = Path(terminal_settings.load(where["settings_file"]).terminal.state_dir) / "journal"
    with _reader(**where) as (reader, journal):
        found = unexplained_result(reader, folder)
        if found is None:
            raise UserError("The journal explains the reader's last result: there is nothing to accept.", NOT_DONE)
        journal.append(TERMINAL, ReaderAccepted(operator, reason, found.reader_id, found.last_result or "", found.stan))
    click.echo(f"Accepted: the reader's last result (STAN {found.stan or '?'}) is none of this terminal's.")
    return READY


def _refuse_while_undecided(journal: Journal) -> None:
    undecided = [payment.operation for payment in journal.payments.values() if payment.state in _UNDECIDED]
    if undecided:
        raise UserError(
            f"A charge is not decided yet ({', '.join(undecided)}), and the reader's totals are its evidence: "
            "`pos-terminal recover` first.",
            OPEN_CHARGE,
        )


@contextmanager
def _reader(
    *, profile: str | None, settings_file: Path | None, port: str | None
) -> Iterator[tuple[Ecr17CardReader, Journal]]:
    """The profile's reader, with the journal's lock held: no terminal runs meanwhile (else exit 8)."""
    settings = terminal_settings.load(settings_file)
    device = hw_profiles.load(profile or settings.terminal.profile, registry.options()).card_reader
    if port is not None:
        device = Device(device.driver, replace(device.options, port=port))
    state_dir, clock = Path(settings.terminal.state_dir), BootClock()
    with (
        Journal.open(state_dir / "journal", clock, allow_volatile=True) as journal,
        devices.card_reader(device, state_dir, clock) as reader,
    ):
        if not isinstance(reader, Ecr17CardReader):
            raise UserError(f"A reader with the driver {device.driver!r} can't be asked by hand.", NOT_DONE)
        reader.on_late = _leave_to_the_terminal
        try:
            yield reader, journal
        except DeviceError as error:
            raise UserError(str(error), NOT_DONE) from error


def _leave_to_the_terminal(_transaction: CardTransaction) -> None:
    """Raise, so that the reader is not acknowledged and goes on telling."""
    raise UserError(
        "The reader delivers the result of an earlier payment, which is left to the terminal: "
        "`pos-terminal recover` takes it.",
        OPEN_CHARGE,
    )


def _lines(fields: dict[str, Any]) -> Iterator[str]:
    """One line a field that says something; the amount in euro."""
    for name, value in fields.items():
        if value not in ("", None):
            yield f"{name:<20} {to_euro(value) if name == 'amount' else value}"


def _tell(document: Any, words: str, *, as_json: bool) -> None:
    click.echo(json.dumps(document, ensure_ascii=False) if as_json else words)
