"""The finance queue and the unsent outcomes: `cases` and `outbox`. Reading needs nothing; a verdict is a record."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from pos_app import cases as queue
from pos_app import settings as terminal_settings
from pos_app.actions import outcome
from pos_app.composition.consoles import UNCERTAIN, in_words, nobody
from pos_app.composition.local import Done, ask
from pos_app.composition.station import Station, station
from pos_app.domain.events import LadderReset
from pos_app.domain.money import to_euro
from pos_app.domain.payment import Payment
from pos_app.domain.states import State
from pos_app.errors import UserError
from pos_app.journal.reader import JournalReader
from pos_app.texts import texts
from pos_app.ui.words import standing

REFUSED = 3


# --- cases ---------------------------------------------------------------------------------------


def list_cases(*, settings_file: Path | None, as_json: bool) -> None:
    """One line a case: what it is about, why, and what may be ruled."""
    found = [_case(case) for case in queue.cases(_payments(settings_file))]
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for case in found:
        name, verdicts = case["operation"] or case["id"], " | ".join(case["verdicts"])
        click.echo(f"{name}  {to_euro(case['total']):>16}  {case['why']}  [{verdicts}]")


def show_case(*, payment_id: str, settings_file: Path | None, as_json: bool) -> None:
    """A case with its evidence."""
    payment = _named(_payments(settings_file), payment_id)
    evidence = {**_case(_open_case(payment)), **_evidence(payment)}
    if as_json:
        click.echo(json.dumps(evidence, ensure_ascii=False))
        return
    for key, value in evidence.items():
        if value not in (None, "", []):
            click.echo(f"{key:<18} {value}")


def rule_case(*, profile: str | None, settings_file: Path | None, **ruling: str) -> int:
    """Record the verdict, then do at once what follows from it."""
    return _do("cases rule", ruling, profile=profile, settings_file=settings_file)


def _rule(here: Station, payment_id: str, verdict: str, operator: str, reason: str) -> Done:
    payment = _named(here.journal.payments, payment_id)
    try:
        event = queue.rule(payment, verdict, operator=operator, reason=reason)
    except queue.CaseError as error:
        raise UserError(str(error), REFUSED) from error
    return _go_on(here, here.journal.append(payment.id, event))


def _case(case: queue.Case) -> dict[str, Any]:
    payment = case.payment
    return {
        "id": payment.id,
        "operation": payment.operation,
        "state": payment.state.label,
        "why": case.why,
        "verdicts": list(case.verdicts),
        "notice_number": payment.notice.number.digits if payment.notice else None,
        "creditor": payment.notice.creditor.digits if payment.notice else None,
        "amount": payment.amount,
        "fee": payment.fee,
        "total": payment.total,
    }


def _evidence(payment: Payment) -> dict[str, Any]:
    card = payment.card or payment.other_amount_card
    return {
        "token": payment.token,
        "reason": payment.reason,
        "card": asdict(card) if card else None,
        "late_cards": [asdict(late) for late in payment.late_cards],
        "baseline": asdict(payment.baseline) if payment.baseline else None,
        "reader_receipt": list(payment.reader_receipt),
        "outcomes": [f"{sent.verdict} {sent.key}" for sent in payment.outcomes],
        "outcome_tries": payment.outcome_tries,
        "charge_started": payment.charge_started.utc if payment.charge_started else None,
    }


def _open_case(payment: Payment) -> queue.Case:
    try:
        return queue.case_of(payment)
    except queue.CaseError as error:
        raise UserError(str(error), REFUSED) from error


# --- outbox --------------------------------------------------------------------------------------


def list_outbox(*, settings_file: Path | None, as_json: bool) -> None:
    """Every outcome and every release that waits for an answer, with its counter."""
    waiting = [_waiting(payment) for payment in _payments(settings_file).values() if _is_waiting(payment)]
    if as_json:
        click.echo(json.dumps(waiting, ensure_ascii=False))
        return
    for item in waiting:
        tries = f"{item['tries']} tries{', exhausted' if item['exhausted'] else ''}"
        click.echo(f"{item['operation']}  {item['state']:<16} {item['verdict']}  {tries}  {item['reason']}")


def retry_now(*, profile: str | None, settings_file: Path | None, **which: str) -> int:
    """Send it now, whatever its turn."""
    return _do("outbox retry", which, profile=profile, settings_file=settings_file)


def reset_counter(*, profile: str | None, settings_file: Path | None, **which: str) -> int:
    """Begin the ladder anew, and send now."""
    return _do("outbox reset", which, profile=profile, settings_file=settings_file)


def _retry(here: Station, payment_id: str) -> Done:
    return _go_on(here, _unsent(here, payment_id))


def _reset(here: Station, payment_id: str, operator: str) -> Done:
    return _go_on(here, here.journal.append(_unsent(here, payment_id).id, LadderReset(operator)))


def _unsent(here: Station, payment_id: str) -> Payment:
    payment = _named(here.journal.payments, payment_id)
    if not _is_waiting(payment):
        raise UserError(f"The payment {payment.name} waits for no answer: it is {payment.state.label}.", REFUSED)
    return payment


def _is_waiting(payment: Payment) -> bool:
    return payment.state in outcome.VERDICTS or payment.state is State.RELEASING


def _waiting(payment: Payment) -> dict[str, Any]:
    releasing = payment.state is State.RELEASING
    return {
        "id": payment.id,
        "operation": payment.operation,
        "state": payment.state.label,
        "verdict": outcome.VERDICTS.get(payment.state, "KO"),
        "tries": payment.activation_tries if releasing else payment.outcome_tries,
        "exhausted": payment.ladder_exhausted,
        "last_try": payment.outcome_sent.utc if payment.outcome_sent else None,
        "reason": payment.reason,
    }


# --- what they share -----------------------------------------------------------------------------


def _payments(settings_file: Path | None) -> Mapping[str, Payment]:
    settings = terminal_settings.load(settings_file)
    return JournalReader(Path(settings.terminal.state_dir) / "journal").payments()


def _named(payments: Mapping[str, Payment], name: str) -> Payment:
    for payment in payments.values():
        if name in (payment.id, payment.operation):
            return payment
    raise UserError(f"There is no payment {name!r}: `pos-terminal cases list` and `outbox list` show them.", REFUSED)


def _go_on(here: Station, payment: Payment) -> Done:
    here.background.try_now(payment)
    payment = here.journal.payments[payment.id]
    line = f"{payment.name}  {payment.state.label:<16} {standing(payment, texts(payment.language))}"
    return Done(UNCERTAIN if payment.is_open or payment.needs_person else 0, line)


# What a terminal can be asked to do, by the command's name.
DEEDS: Mapping[str, Callable[..., Done]] = {"cases rule": _rule, "outbox retry": _retry, "outbox reset": _reset}


def _do(name: str, arguments: Mapping[str, str], *, profile: str | None, settings_file: Path | None) -> int:
    """Let the running terminal do it; where none runs, be one for that long."""
    settings = terminal_settings.load(settings_file)
    done = ask(Path(settings.terminal.state_dir), name, arguments)
    if done is None:
        console = nobody(settings)
        with station(settings, profile, console) as here, in_words(here, console):
            done = DEEDS[name](here, **arguments)
    click.echo(done.text, err=done.is_error)
    return done.code
