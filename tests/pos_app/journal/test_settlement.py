"""What finance gets of each payment."""

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from pos_app.domain import events as e
from pos_app.journal.errors import JournalLocked
from pos_app.journal.journal import Journal
from pos_app.journal.reader import JournalReader
from pos_app.journal.settlement import Line, lines, month_to_read, write_csv, write_json
from pos_app.testing.clock import VirtualClock

Open = Callable[[], Journal]

CARD = e.Card(
    "00", "result", "00000001", 12700, "4242", "bancomat", "chip", "A1B2C3", "000123", "000000000456", "88105"
)
APPROVED = e.CardApproved(CARD)
OK = e.OutcomeIntended("OK", "70000000001_0000000002", "<outcome/>")
KO = e.OutcomeIntended("KO", "70000000001_0000000003", "<outcome/>")
LATE = e.OutcomeRecordedLate("PPT_TOKEN_SCADUTO")
TODAY = date(2026, 11, 21)


def told(folder: Path, first: date = TODAY, last: date = TODAY) -> list[Line]:
    return lines(JournalReader(folder).records_since(month_to_read(first)), first, last)


def pay(journal: Journal, clock: VirtualClock, payment_id: str, *events: e.Event) -> None:
    for event in events:
        clock.advance(1)
        journal.append(payment_id, event)


def test_a_paid_notice_has_all_that_settlement_needs(
    journal: Journal, folder: Path, clock: VirtualClock, until_charged: tuple[e.Event, ...]
) -> None:
    unanswered = e.OutcomeUnanswered("silence")
    pay(journal, clock, "P1", *until_charged, APPROVED, OK, unanswered, e.OutcomeAccepted())
    assert told(folder) == [
        Line(
            day="2026-11-21",
            operation="2026-000001",
            payment_id="P1",
            notice_number="301000000000012373",
            payee="77777777777",
            payee_name="Comune di Esempio",
            iuv="01000000000012373",
            token="token-1",
            amount=12550,
            fee=150,
            total=12700,
            method="bancomat",
            card_kind="bancomat",
            card_last4="4242",
            stan="000123",
            online_id="000000000456",
            authorisation_code="A1B2C3",
            acquirer_id="88105",
            reader_id="00000001",
            charged=True,
            charged_at="2026-11-21T09:00:07.000+00:00",
            reversed=False,
            outcome="OK",
            outcome_first_sent_at="2026-11-21T09:00:09.000+00:00",
            outcome_answered_at="2026-11-21T09:00:11.000+00:00",
            outcome_answer="accepted",
            standin=False,
            fdr_hint="0",
            state="PRINTING",
            needs_person=False,
            trial=False,
        )
    ]


@pytest.mark.parametrize(
    ("standin", "answer", "hint"),
    [(False, e.OutcomeAccepted(), "0"), (True, e.OutcomeAccepted(), "4"), (False, LATE, "9"), (True, LATE, "8")],
)
def test_the_hint_is_the_settlement_reports_code(
    *,
    journal: Journal,
    folder: Path,
    clock: VirtualClock,
    until_charged: tuple[e.Event, ...],
    standin: bool,
    answer: e.Event,
    hint: str,
) -> None:
    *before, _, charge = until_charged
    accepted = e.ActivationAccepted("token-1", 12550, "77777777777", "01000000000012373", standin=standin)
    pay(journal, clock, "P1", *before, accepted, charge, APPROVED, OK, answer)
    assert [line.fdr_hint for line in told(folder)] == [hint]


REVERSED = (e.RivalPaymentFound("PPT_PAGAMENTO_DUPLICATO"), e.ReversalStarted("000123"), e.ReversalApproved(CARD))


@pytest.mark.parametrize(
    ("events", "outcome"),
    [
        ((), ""),
        ((APPROVED,), ""),
        ((APPROVED, OK), "OK"),
        ((APPROVED, OK, *REVERSED), "OK"),
        ((APPROVED, OK, e.OutcomeRefused("PPT_SEMANTICA")), "OK"),
        ((e.CardDeclined("no"), e.CustomerCancelled(), KO, e.OutcomeAccepted()), "KO"),
        ((e.CardDeclined("no"), e.CustomerCancelled(), KO, e.OutcomeRecordedLate("PPT_TOKEN_SCADUTO_KO")), "KO"),
    ],
)
def test_there_is_no_hint_where_nothing_is_settled_or_the_money_went_back(
    *,
    journal: Journal,
    folder: Path,
    clock: VirtualClock,
    until_charged: tuple[e.Event, ...],
    events: tuple[e.Event, ...],
    outcome: str,
) -> None:
    pay(journal, clock, "P1", *until_charged, *events)
    (line,) = told(folder)
    assert (line.fdr_hint, line.outcome) == ("", outcome)


def test_a_trial_is_told_as_one_and_has_no_hint(
    journal: Journal, folder: Path, clock: VirtualClock, until_charged: tuple[e.Event, ...]
) -> None:
    trial = tuple(
        e.CustomerConfirmed(12550, 150, trial=True) if isinstance(event, e.CustomerConfirmed) else event
        for event in until_charged
    )
    pay(journal, clock, "P1", *trial, APPROVED, OK, e.OutcomeAccepted())
    (line,) = told(folder)
    assert (line.trial, line.fdr_hint) == (True, "")


def test_a_notice_that_was_never_activated_is_no_matter_of_settlement(
    journal: Journal, folder: Path, clock: VirtualClock, notice_read: e.NoticeRead
) -> None:
    pay(journal, clock, "P1", notice_read, e.NoticeRefused("PAA_PAGAMENTO_DUPLICATO", "paid"))
    assert told(folder) == []


def test_a_payment_belongs_to_the_day_of_its_charge_in_rome(
    journal: Journal, folder: Path, clock: VirtualClock, until_charged: tuple[e.Event, ...]
) -> None:
    clock.jump(13 * 3600 + 59 * 60 + 56)  # 23:59:56 in Rome; the charge comes seven seconds later
    pay(journal, clock, "P1", *until_charged, APPROVED)
    assert told(folder) == []
    assert [line.day for line in told(folder, date(2026, 11, 22), date(2026, 11, 22))] == ["2026-11-22"]


def test_an_outcome_that_was_answered_next_month_is_in_the_report_of_its_day(
    open_journal: Open, folder: Path, clock: VirtualClock, until_charged: tuple[e.Event, ...]
) -> None:
    with open_journal() as journal:
        pay(journal, clock, "P1", *until_charged, APPROVED, OK)
        clock.advance(20 * 86400)
        journal.roll()
        pay(journal, clock, "P1", LATE)
        pay(journal, clock, "P2", *until_charged, APPROVED, OK)
    assert [(line.payment_id, line.fdr_hint) for line in told(folder)] == [("P1", "9")]
    december = date(2026, 12, 1), date(2026, 12, 31)
    assert [line.payment_id for line in told(folder, *december)] == ["P2"]


def test_only_a_journal_that_verifies_is_exported(
    open_journal: Open, folder: Path, clock: VirtualClock, until_charged: tuple[e.Event, ...]
) -> None:
    with open_journal() as journal:
        pay(journal, clock, "P1", *until_charged)
    data = (folder / "2026-11.db").read_bytes()
    (folder / "2026-11.db").write_bytes(data.replace(b"token-1", b"token-2"))
    with pytest.raises(JournalLocked, match="Record 6"):
        told(folder)


def test_both_forms_say_the_same(
    journal: Journal, folder: Path, clock: VirtualClock, until_charged: tuple[e.Event, ...]
) -> None:
    pay(journal, clock, "P1", *until_charged, APPROVED, OK, e.OutcomeAccepted())
    as_csv, as_json = io.StringIO(), io.StringIO()
    write_csv(told(folder), as_csv)
    write_json(told(folder), as_json)
    (row,) = csv.DictReader(io.StringIO(as_csv.getvalue()))
    (entry,) = json.loads(as_json.getvalue())
    assert row == {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in entry.items()}
    assert row["stan"] == "000123"


def test_a_name_that_a_spreadsheet_would_compute_stays_a_name(
    journal: Journal, folder: Path, clock: VirtualClock, until_charged: tuple[e.Event, ...]
) -> None:
    *before, _, charge = until_charged
    accepted = e.ActivationAccepted("token-1", 12550, "77777777777", "01000000000012373", "=1+1")
    pay(journal, clock, "P1", *before, accepted, charge)
    out = io.StringIO()
    write_csv(told(folder), out)
    assert ",'=1+1," in out.getvalue()
