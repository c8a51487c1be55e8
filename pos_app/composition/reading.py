"""The commands that need no device: journal, profiles, settings."""

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

import hw_profiles
from drivers import registry
from pos_app import settings as terminal_settings
from pos_app.clock import BootClock
from pos_app.domain.money import to_euro
from pos_app.domain.payment import Payment
from pos_app.errors import UserError
from pos_app.journal import settlement
from pos_app.journal.codec import event_fields
from pos_app.journal.quarantine import NothingToQuarantine
from pos_app.journal.quarantine import quarantine as put_aside
from pos_app.journal.reader import JournalReader
from pos_app.journal.settlement import day_in_rome

NOT_FOUND = 3


def _reader(settings_file: Path | None) -> JournalReader:
    settings = terminal_settings.load(settings_file)
    return JournalReader(Path(settings.terminal.state_dir) / "journal")


def list_payments(*, settings_file: Path | None, as_json: bool) -> None:
    """One line a payment, oldest first."""
    _tell(_reader(settings_file).payments().values(), as_json=as_json)


def search(
    *, notice: str | None, last4: str | None, day: datetime | None, settings_file: Path | None, as_json: bool
) -> int:
    """The payments of this notice (its number or the end of it), this card, this day in Rome: all that is named."""
    if notice is None and last4 is None and day is None:
        raise click.UsageError("Name what to search for: --notice, --last4 or --date.")
    found = [
        payment
        for payment in _reader(settings_file).payments().values()
        if _has_notice(payment, notice) and _has_card(payment, last4) and _is_of(payment, day)
    ]
    _tell(found, as_json=as_json)
    return 0 if found else NOT_FOUND


def _has_notice(payment: Payment, wanted: str | None) -> bool:
    digits = payment.notice.number.digits if payment.notice else ""
    return wanted is None or (bool(wanted.strip()) and digits.endswith("".join(wanted.split())))


def _has_card(payment: Payment, wanted: str | None) -> bool:
    cards = (payment.card, payment.other_amount_card, *payment.late_cards)
    return wanted is None or any(card is not None and card.last4 == wanted for card in cards)


def _is_of(payment: Payment, day: datetime | None) -> bool:
    return day is None or (payment.opened is not None and day_in_rome(payment.opened) == day.date())


def _tell(payments: Iterable[Payment], *, as_json: bool) -> None:
    lines = [_summary(payment) for payment in payments]
    if as_json:
        click.echo(json.dumps(lines, ensure_ascii=False))
        return
    for line in lines:
        notice = line["notice_number"] or "senza avviso"
        click.echo(
            f"{line['id']}  {line['operation'] or '-':<11}  {line['opened']}  {notice:<18}  "
            f"{to_euro(line['total']):>16}  {line['state']}{'  (caso)' if line['needs_person'] else ''}"
        )


def _summary(payment: Payment) -> dict[str, Any]:
    notice = payment.notice
    return {
        "id": payment.id,
        "operation": payment.operation,
        "opened": payment.opened.utc if payment.opened else None,
        "notice_number": notice.number.digits if notice else None,
        "creditor": notice.creditor.digits if notice else None,
        "amount": payment.amount,
        "fee": payment.fee,
        "total": payment.total,
        "state": payment.state.label,
        "token": payment.token or None,
        "parked": payment.parked,
        "needs_person": payment.needs_person,
    }


def show_payment(*, payment_id: str, settings_file: Path | None, as_json: bool) -> int:
    """Every record of one payment, with its time."""
    reader = _reader(settings_file)
    wanted = {key for key, payment in reader.payments().items() if payment_id in (key, payment.operation)}
    records = [record for record in reader.records() if record.payment_id in wanted]
    if not records:
        click.echo(f"The journal has no payment {payment_id!r}: `pos-terminal journal list` shows them.", err=True)
        return NOT_FOUND
    lines = [
        {
            "seq": record.seq,
            "utc": record.stamp.utc,
            "event": type(record.event).__name__,
            **event_fields(record.event),
        }
        for record in records
    ]
    if as_json:
        click.echo(json.dumps(lines, ensure_ascii=False, default=asdict))
        return 0
    for line in lines:
        told = {
            key: value for key, value in line.items() if key not in ("seq", "utc", "event") and value not in ("", None)
        }
        click.echo(f"{line['seq']:>6}  {line['utc']}  {line['event']:<22} {_brief(told)}")
    return 0


def _brief(fields: dict[str, Any]) -> str:
    return ", ".join(f"{key}={_short(str(value))}" for key, value in fields.items())


def _short(text: str, longest: int = 60) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= longest else f"{flat[: longest - 1]}…"


def verify(*, settings_file: Path | None) -> None:
    """Say that everything fits; JournalLocked otherwise."""
    tip = _reader(settings_file).verify()
    click.echo(f"The journal verifies: {tip.seq} records, last hash {tip.hash}.")


def export(*, first: datetime | None, last: datetime | None, form: str, settings_file: Path | None) -> None:
    """What settlement needs of the payments of these days, in Rome; JournalLocked where what is read doesn't verify."""
    since, until = first.date() if first else date.min, last.date() if last else date.max
    if since > until:
        raise click.UsageError(f"--from {since} is after --to {until}.")
    records = _reader(settings_file).records_since(settlement.month_to_read(since))
    _FORMS[form](settlement.lines(records, since, until), sys.stdout)


_FORMS = {"csv": settlement.write_csv, "json": settlement.write_json}


def quarantine(*, reason: str, although_it_verifies: bool, settings_file: Path | None) -> int:
    """Put a locked journal aside and begin a new one; what was open comes along as cases."""
    settings = terminal_settings.load(settings_file)
    folder = Path(settings.terminal.state_dir) / "journal"
    try:
        done = put_aside(folder, BootClock(), reason=reason, although_it_verifies=although_it_verifies)
    except NothingToQuarantine as error:
        raise UserError(str(error), NOT_FOUND) from error
    click.echo(f"The old journal is kept in {done.kept}; the new one goes on behind its record {done.tip.seq}.")
    click.echo(f"Payments that became cases: {len(done.cases)}.")
    for payment in done.cases:
        click.echo(f"{payment.name}  {to_euro(payment.total):>16}  {payment.state.label}")
    return 0


def show_profile(name: str) -> None:
    """A profile with all its options."""
    profile = hw_profiles.load(name, registry.options())
    click.echo(f"{profile.name}: {profile.description} ({profile.source})")
    for kind in ("card_reader", "scanner", "printer"):
        device = getattr(profile, kind)
        click.echo(f"\n[{kind}]\ndriver = {device.driver!r}")
        for key, value in asdict(device.options).items():
            click.echo(f"{key} = {value!r}")


def check_profile(name: str) -> None:
    """Say that the profile is right; ProfileError with every mistake otherwise."""
    profile = hw_profiles.load(name, registry.options())
    click.echo(f"{profile.source}: right.")


def profile_schema() -> None:
    """The JSON schema of a profile."""
    click.echo(json.dumps(hw_profiles.schema(registry.options()), indent=1))


def show_settings(*, settings_file: Path | None, origin: bool) -> None:
    """Every value, and where it comes from."""
    for value in terminal_settings.load(settings_file).shown():
        click.echo(f"{value.key} = {value.value}" + (f"   # {value.origin}" if origin else ""))


def check_settings(*, settings_file: Path | None) -> None:
    """Say that the settings are right; SettingsError with every mistake otherwise."""
    settings = terminal_settings.load(settings_file)
    left = (
        f" The demonstration's values are still in: {', '.join(settings.demonstration)}."
        if settings.demonstration
        else ""
    )
    click.echo(f"The settings are right.{left}")


def settings_schema() -> None:
    """The JSON schema of the settings file."""
    click.echo(json.dumps(terminal_settings.schema(), indent=1))
