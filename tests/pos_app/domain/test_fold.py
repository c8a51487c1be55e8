"""What each event tells about its payment."""

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.domain import events as e
from pos_app.domain.fold import Record, apply, fold, learn
from pos_app.domain.payment import Payment
from pos_app.domain.states import State

NOW = e.Stamp("2026-11-21T09:00:00.000+00:00", "boot-1", 1000.0)
CARD = e.Card("00", "result-1", "00000001", 12700)


def notice_read(*, verify: bool = True) -> e.NoticeRead:
    return e.NoticeRead("301000000000012373", "77777777777", 12550, "qr_code", verify=verify, operation="2026-000001")


def after(*events: e.Event) -> Payment:
    return fold(Record(seq, "P1", NOW, event) for seq, event in enumerate(events, 1))["P1"]


ACTIVATED = (
    notice_read(),
    e.NoticeVerified(12550, "Comune di Prova"),
    e.BaselineTaken("00000001", "", totals=0),
    e.CustomerConfirmed(12550, 150, trial=True),
    e.ActivationIntended("k1", "body", 1800),
    e.ActivationAccepted("token", 12550, "77777777777", "01000000000012373"),
)


@pytest.mark.parametrize(("verify", "state"), [(True, State.VERIFYING), (False, State.CONFIRMING)])
def test_whether_to_verify_comes_with_the_notice_itself(verify: bool, state: State) -> None:  # noqa: FBT001
    assert apply(Payment("P1"), NOW, notice_read(verify=verify)).state is state


def test_a_charge_is_open_from_its_start_to_its_verdict() -> None:
    started = after(*ACTIVATED, e.ChargeStarted(1, 12700, "2026-000001"))
    assert started.charge_open
    assert not started.proven_not_charged
    assert started.holds_reader
    declined = apply(started, NOW, e.CardDeclined("TRANSAZIONE RIFIUTATA"))
    assert declined.proven_not_charged
    assert not declined.holds_reader


def test_an_approval_is_money_until_it_is_reversed() -> None:
    approved = after(*ACTIVATED, e.ChargeStarted(1, 12700, "x"), e.CardApproved(CARD))
    assert approved.was_charged
    told = (e.OutcomeIntended("OK", "k2", "b"), e.RivalPaymentFound("PPT_PAGAMENTO_DUPLICATO"))
    refunding = approved
    for event in (*told, e.ReversalStarted("000001"), e.ReversalApproved(CARD)):
        refunding = apply(refunding, NOW, event)
    assert refunding.reversed
    assert refunding.proven_not_charged
    assert refunding.state is State.PRINTING


def test_a_late_approval_of_another_charge_on_a_closed_payment_needs_a_person_until_one_chose() -> None:
    closed = after(notice_read(), e.NoticeRefused("PAA_PAGAMENTO_SCADUTO", "EXPIRED_NOTICE"), e.LateCardApproval(CARD))
    assert closed.needs_person
    assert closed.holds_reader
    assert not closed.proven_not_charged
    ruled = apply(closed, NOW, e.CaseClosed("Anna", "refunded", "scontrino visto"))
    assert not ruled.needs_person
    assert not ruled.holds_reader


def test_a_late_approval_after_a_decline_is_the_charge() -> None:
    declined = after(*ACTIVATED, e.ChargeStarted(1, 12700, "x"), e.CardDeclined("rifiutata"), e.LateCardApproval(CARD))
    assert declined.card == CARD
    assert declined.state is State.REPORTING_OK


def test_an_answered_refusal_wants_a_new_key_and_an_unanswered_one_does_not() -> None:
    reporting = after(
        *ACTIVATED, e.ChargeStarted(1, 12700, "x"), e.CardApproved(CARD), e.OutcomeIntended("OK", "k", "b")
    )
    unanswered = apply(reporting, NOW, e.OutcomeUnanswered("nessuna risposta"))
    assert not unanswered.new_key_due
    blocked = apply(unanswered, NOW, e.OutcomeBlocked("PPT_ERRORE_IDEMPOTENZA", at_once=True))
    assert blocked.new_key_due
    assert blocked.send_at_once
    again = apply(apply(blocked, NOW, e.OutcomeIntended("OK", "k2", "b2")), NOW, e.OutcomeBlocked("X", at_once=True))
    assert not again.send_at_once, "at once only once"


def test_a_payment_holds_its_notice_from_activation_to_its_end() -> None:
    confirming = after(*ACTIVATED[:3])
    assert not confirming.holds_notice
    assert after(*ACTIVATED).holds_notice


def test_a_changed_total_is_remembered_as_agreed() -> None:
    raised = after(
        *ACTIVATED[:-1], e.ActivationAccepted("token", 13000, "77777777777", "x"), e.AmountAccepted(13000, 200)
    )
    assert raised.confirmed == raised.total == 13200


def test_a_lock_is_counted_from_the_last_request_that_may_have_opened_it() -> None:
    later = e.Stamp("2026-11-21T09:05:00.000+00:00", "boot-1", 1300.0)
    restart = e.Stamp("2026-11-21T09:06:00.000+00:00", "boot-1", 1360.0)
    asked = after(*ACTIVATED[:-1])
    assert asked.activation_latest == asked.activation_sent == NOW
    assert apply(asked, restart, e.TerminalRestarted()).activation_latest == restart
    unanswered = apply(asked, later, e.ActivationUnanswered("nessuna risposta"))
    assert (unanswered.activation_sent, unanswered.activation_latest) == (NOW, later)
    assert apply(unanswered, restart, e.TerminalRestarted()).activation_latest == restart
    accepted = apply(unanswered, restart, ACTIVATED[-1])
    assert (accepted.activation_sent, accepted.activation_latest) == (NOW, restart)


@given(st.sampled_from(e.Event.__subclasses__()).flatmap(st.from_type))
def test_an_event_tells_nothing_but_what_a_payment_can_know(event: e.Event) -> None:
    try:
        learned = learn(Payment("P1"), NOW, event)
    except ValueError:  # a notice that is none, a print that ended in no way there is
        return
    assert set(vars(learned)) == {field.name for field in fields(Payment)}
