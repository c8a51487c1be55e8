"""Payment sessions and their histories at the Node: pagopa.md 1.2, 2.4, 3.3."""

from typing import TYPE_CHECKING

import pytest

from pos_app.sandbox.ec_calls import EcCall, EcReply
from pos_app.sandbox.faultcodes import Fault
from pos_app.sandbox.soap import CREDITOR

if TYPE_CHECKING:
    from tests.pos_app.sandbox.conftest import Answer, Rules

PAID = ("PAYING", "PAID", "NOTICE_GENERATED", "NOTICE_SENT", "NOTIFIED")
LATE_PAID = ("PAYING", "CANCELLED", "PAID", "NOTICE_GENERATED", "NOTICE_SENT", "NOTIFIED")


def expire(rules: "Rules") -> None:
    """The token's time passes, and the cancel job runs."""
    rules.sandbox.advance(1801)
    rules.sandbox.node.cancel_expired()


@pytest.mark.parametrize("version", [1, 2])
def test_a_notice_is_verified_activated_and_paid(rules: "Rules", version: int) -> None:
    assert rules.till.verify().text("paymentList/paymentOptionDescription/amount") == "125.50"
    activated = rules.till.activate(version=version)
    assert activated.text("totalAmount") == "125.50"
    assert activated.text("creditorReferenceId") == "01000000000012373"
    assert rules.position() == "PAYING"
    assert rules.till.outcome(activated.token, version=version).ok
    assert rules.position() == "PAID"
    assert rules.deliver() == [True]
    assert rules.sessions()[0].history == PAID
    assert rules.position() == "NOTIFIED"


def test_verify_changes_nothing(rules: "Rules") -> None:
    first, second = rules.till.verify(), rules.till.verify()
    assert first.ok
    assert second.ok
    assert rules.sessions() == ()
    assert rules.position() == "INSERTED"


def test_an_activation_locks_the_notice_for_everybody(rules: "Rules") -> None:
    assert rules.till.activate().ok
    assert rules.till.activate().fault == "PPT_PAGAMENTO_IN_CORSO"
    assert rules.till.verify().fault == "PPT_PAGAMENTO_IN_CORSO"
    assert rules.till.as_rival().activate().fault == "PPT_PAGAMENTO_IN_CORSO"


def test_a_paid_notice_is_a_duplicate_for_verify_and_activate(rules: "Rules") -> None:
    rules.till.outcome(rules.till.activate().token)
    assert rules.till.verify().fault == "PPT_PAGAMENTO_DUPLICATO"
    assert rules.till.activate().fault == "PPT_PAGAMENTO_DUPLICATO"


def test_an_outcome_ko_frees_the_notice_at_once(rules: "Rules") -> None:
    assert rules.till.outcome(rules.till.activate().token, "KO").ok
    assert rules.sessions()[0].history == ("PAYING", "FAILED")
    assert rules.position() == "INSERTED"
    assert rules.till.activate().ok


def test_expiry_alone_cancels_nothing_until_the_job_has_run(rules: "Rules") -> None:
    rules.configure(cancel_job="manual")
    token = rules.till.activate().token
    rules.sandbox.advance(1801)
    assert rules.till.activate().fault == "PPT_PAGAMENTO_IN_CORSO"
    assert rules.till.outcome(token).ok
    assert rules.sessions()[0].history[:2] == ("PAYING", "PAID")


def test_a_ko_between_the_deadline_and_the_job_is_accepted(rules: "Rules") -> None:
    rules.configure(cancel_job="manual")
    token = rules.till.activate().token
    rules.sandbox.advance(1801)
    assert rules.till.outcome(token, "KO").ok
    assert rules.sessions()[0].history == ("PAYING", "FAILED")


def test_the_cancel_job_frees_the_notice(rules: "Rules") -> None:
    rules.till.activate()
    expire(rules)
    assert rules.sessions()[0].history == ("PAYING", "CANCELLED")
    assert rules.position() == "INSERTED"
    assert rules.till.activate().ok


def test_the_cancel_job_runs_by_itself_when_it_is_auto(rules: "Rules") -> None:
    rules.till.activate()
    rules.sandbox.advance(1801)
    assert rules.till.activate().ok
    assert [session.status for session in rules.sessions()] == ["CANCELLED", "PAYING"]


def test_the_cancel_job_leaves_a_running_token_alone(rules: "Rules") -> None:
    rules.till.activate()
    rules.sandbox.advance(1799)
    assert rules.sandbox.node.cancel_expired() == 0


def test_a_shorter_token_expires_sooner(rules: "Rules") -> None:
    rules.till.activate(expirationTime="2000")
    rules.sandbox.advance(2)
    assert rules.sandbox.node.cancel_expired() == 1


@pytest.mark.parametrize("expiration", ["0", "-1000"])
def test_a_token_of_no_life_is_allowed_and_over_at_once(rules: "Rules", expiration: str) -> None:
    assert rules.till.activate(expirationTime=expiration).ok
    assert rules.sandbox.node.cancel_expired() == 1


def test_a_token_longer_than_the_platform_allows_is_refused(rules: "Rules") -> None:
    rules.configure(token_seconds=600)
    answer = rules.till.activate(expirationTime="900000")
    assert answer.fault == "PPT_AUTORIZZAZIONE"
    assert answer.description == "expirationTime deve essere <= 600000"


def test_a_late_ok_with_no_rival_is_answered_ko_and_pays_all_the_same(rules: "Rules") -> None:
    token = rules.till.activate().token
    expire(rules)
    assert rules.till.outcome(token).fault == "PPT_TOKEN_SCADUTO"
    rules.deliver()
    assert rules.sessions()[0].history == LATE_PAID
    assert rules.position() == "NOTIFIED"


@pytest.mark.parametrize("rival_paid", [False, True])
def test_a_late_ok_with_a_rival_is_a_duplicate_and_changes_nothing(rules: "Rules", *, rival_paid: bool) -> None:
    token = rules.till.activate().token
    expire(rules)
    rival = rules.till.as_rival()
    rival_token = rival.activate().token
    if rival_paid:
        assert rival.outcome(rival_token).ok
    before = rules.position()
    assert rules.till.outcome(token).fault == "PPT_PAGAMENTO_DUPLICATO"
    assert rules.sessions()[0].history == ("PAYING", "CANCELLED")
    assert rules.position() == before


def test_a_late_ok_after_a_rival_that_gave_up_pays(rules: "Rules") -> None:
    token = rules.till.activate().token
    expire(rules)
    rival = rules.till.as_rival()
    rival.outcome(rival.activate().token, "KO")
    assert rules.till.outcome(token).fault == "PPT_TOKEN_SCADUTO"
    assert rules.position() == "PAID"


def test_a_late_ko_alone_fails_the_session(rules: "Rules") -> None:
    token = rules.till.activate().token
    expire(rules)
    assert rules.till.outcome(token, "KO").fault == "PPT_TOKEN_SCADUTO_KO"
    assert rules.sessions()[0].history == ("PAYING", "CANCELLED", "FAILED")
    assert rules.position() == "INSERTED"


def test_a_late_ko_beside_a_rival_leaves_the_session_cancelled(rules: "Rules") -> None:
    token = rules.till.activate().token
    expire(rules)
    rules.till.as_rival().activate()
    assert rules.till.outcome(token, "KO").fault == "PPT_TOKEN_SCADUTO_KO"
    assert rules.sessions()[0].history == ("PAYING", "CANCELLED")
    assert rules.position() == "PAYING"


@pytest.mark.parametrize(("first", "second", "word"), [
    ("OK", "OK", "concorde"),
    ("OK", "KO", "discorde"),
    ("KO", "KO", "concorde"),
    ("KO", "OK", "discorde"),
])  # fmt: skip
def test_a_second_outcome_is_told_what_was_stored(rules: "Rules", first: str, second: str, word: str) -> None:
    token = rules.till.activate().token
    rules.till.outcome(token, first)
    answer = rules.till.outcome(token, second)
    assert answer.fault == "PPT_ESITO_GIA_ACQUISITO"
    assert answer.description.startswith(f"Esito {word}: {{")
    assert f'"outcome":"{first}"' in answer.description


def test_the_stored_outcome_is_told_as_sorted_json_with_a_two_decimal_fee(rules: "Rules") -> None:
    token = rules.till.activate().token
    rules.till.outcome(token)
    assert rules.till.outcome(token).description == (
        'Esito concorde: {"applicationDate":"2026-11-21","fee":1.50,"outcome":"OK",'
        '"payerEntityUniqueIdentifierValue":"ANONIMO","paymentChannel":"frontOffice","paymentMethod":"creditCard",'
        f'"paymentToken":"{token}","transferDate":"2026-11-23"}}'
    )


def test_a_late_outcome_that_counted_is_acquired_for_the_next(rules: "Rules") -> None:
    token = rules.till.activate().token
    expire(rules)
    rules.till.outcome(token)
    assert rules.till.outcome(token).fault == "PPT_ESITO_GIA_ACQUISITO"


def test_an_unknown_token_is_said_to_be_unknown(rules: "Rules") -> None:
    assert rules.till.outcome("0123456789").fault == "PPT_TOKEN_SCONOSCIUTO"


def test_another_psps_token_is_as_unknown_as_none(rules: "Rules") -> None:
    token = rules.till.activate().token
    assert rules.till.as_rival().outcome(token).fault == "PPT_TOKEN_SCONOSCIUTO"
    assert rules.sessions()[0].history == ("PAYING",)


def test_several_tokens_at_once_are_refused_at_a_channel_that_pays_at_the_psp(rules: "Rules") -> None:
    tokens = [rules.till.activate().token, rules.till.activate("301000000000020057").token]
    listed = [("paymentToken", token) for token in tokens]
    answer = rules.till.send("sendPaymentOutcomeV2", [("paymentTokens", listed), ("outcome", "KO")])
    assert answer.fault == "PPT_SEMANTICA"
    assert answer.description == "Outcome non accettabile per token multipli attivati presso il PSP"
    assert rules.position() == "PAYING"


def test_the_total_comes_from_the_creditor_and_not_from_the_request(rules: "Rules") -> None:
    rules.put(number := "301000000000000144", amount=4200, verify_amount=4300, actualised_amount=4350)
    assert rules.till.verify(number).text("paymentList/paymentOptionDescription/amount") == "43.00"
    assert rules.till.activate(number, amount="42.00").text("totalAmount") == "43.50"


def test_of_two_activations_at_the_same_moment_one_wins(rules: "Rules") -> None:
    meanwhile: list[Answer] = []

    def ec_that_takes_its_time(call: EcCall) -> EcReply:
        meanwhile.append(rules.till.as_rival().activate())
        return rules.honest_ec(call)

    rules.ec = ec_that_takes_its_time
    assert rules.till.activate().ok
    assert [answer.fault for answer in meanwhile] == ["PPT_ATTIVAZIONE_IN_CORSO"]
    assert len(rules.sessions()) == 1


def test_a_failed_activation_leaves_the_notice_free(rules: "Rules") -> None:
    rules.ec = lambda _call: EcReply(problem="PPT_STAZIONE_INT_PA_TIMEOUT", sentence="7 s")
    assert rules.till.activate().fault == "PPT_STAZIONE_INT_PA_TIMEOUT"
    rules.ec = rules.honest_ec
    assert rules.till.activate().ok


def test_the_node_answers_in_the_creditors_stead_when_it_stands_in(rules: "Rules") -> None:
    rules.put(number := "301000000000000144", standin=True)
    rules.ec = lambda call: EcReply(CREDITOR.refusal(call.operation, Fault("PAA_SYSTEM_ERROR", "giù")))
    assert rules.till.verify(number).text("standin") == "true"
    activated = rules.till.activate(number)
    assert activated.text("standin") == "true"
    assert rules.asked == []
    rules.ec = rules.honest_ec
    rules.till.outcome(activated.token)
    rules.deliver()
    assert rules.asked[-1].request.findtext("receipt/standIn") == "true"
