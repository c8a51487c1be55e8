"""Idempotency keys at the Node: pagopa.md 5."""

from typing import TYPE_CHECKING, Any

import pytest

from pos_app.sandbox.ec_calls import EcReply
from pos_app.sandbox.xmltree import fingerprint

if TYPE_CHECKING:
    from tests.pos_app.sandbox.conftest import Rules

KEY = "70000000001_Ab3dE6gH9j"
OTHER_KEY = "70000000001_0000000000"


@pytest.mark.parametrize("version", [1, 2])
def test_the_same_activation_again_gets_the_same_token_and_no_second_session(rules: "Rules", version: int) -> None:
    first = rules.till.activate(version=version, key=KEY)
    again = rules.till.activate(version=version, key=KEY)
    assert fingerprint(again.element) == fingerprint(first.element)
    assert len(rules.sessions()) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"amount": "125.51"},
        {"dueDate": "2026-12-30"},
        {"dueDate": None},
        {"paymentNote": "altra causale"},
        {"paymentNote": None},
        {"expirationTime": "300001"},
        {"expirationTime": None},
        {"number": "301000000000020057"},
        {"creditor": "88888888888", "number": "301000000000010050"},
    ],
)
def test_another_body_under_the_key_is_refused(rules: "Rules", changed: dict[str, Any]) -> None:
    fields: dict[str, Any] = {"dueDate": "2026-12-31", "paymentNote": "causale", "expirationTime": "300000"}
    token = rules.till.activate(key=KEY, **fields).token
    answer = rules.till.activate(key=KEY, **{**fields, **changed})
    assert answer.fault == "PPT_ERRORE_IDEMPOTENZA"
    assert rules.till.activate(key=KEY, **fields).token == token


@pytest.mark.parametrize("key", [None, OTHER_KEY])
def test_another_key_or_none_finds_the_session_open(rules: "Rules", key: str | None) -> None:
    rules.till.activate(key=KEY)
    assert rules.till.activate(key=key).fault == "PPT_PAGAMENTO_IN_CORSO"


def test_a_key_counts_per_primitive(rules: "Rules") -> None:
    token = rules.till.activate(key=KEY).token
    assert rules.till.outcome(token, key=KEY).ok


def test_a_key_counts_per_psp(rules: "Rules") -> None:
    rules.till.activate(key=KEY)
    assert rules.till.as_rival().activate(key=KEY).fault == "PPT_PAGAMENTO_IN_CORSO"


def test_a_key_is_as_good_as_new_when_its_validity_is_over(rules: "Rules") -> None:
    rules.configure(idempotency_seconds=60, cancel_job="manual")
    rules.till.activate(key=KEY)
    rules.sandbox.advance(60)
    assert rules.till.activate(key=KEY).fault == "PPT_PAGAMENTO_IN_CORSO"


def test_an_activations_key_lives_no_longer_than_its_token(rules: "Rules") -> None:
    first = rules.till.activate(key=KEY, expirationTime="2000").token
    rules.sandbox.advance(2)
    rules.sandbox.node.cancel_expired()
    second = rules.till.activate(key=KEY, expirationTime="2000")
    assert second.ok
    assert second.token != first


def test_an_outcome_ends_the_validity_of_its_activations_key(rules: "Rules") -> None:
    first = rules.till.activate(key=KEY).token
    rules.till.outcome(first, "KO")
    second = rules.till.activate(key=KEY)
    assert second.ok
    assert second.token != first


def test_after_an_outcome_ok_the_activation_repeated_is_a_duplicate(rules: "Rules") -> None:
    rules.till.outcome(rules.till.activate(key=KEY).token)
    assert rules.till.activate(key=KEY).fault == "PPT_PAGAMENTO_DUPLICATO"


def test_a_wrong_password_is_kept_so_that_the_mended_body_is_refused(rules: "Rules") -> None:
    assert rules.till.with_head(password="pwdpwdpwf").activate(key=KEY).fault == "PPT_AUTENTICAZIONE"
    assert rules.till.activate(key=KEY).fault == "PPT_ERRORE_IDEMPOTENZA"
    assert rules.till.activate(key=OTHER_KEY).ok


def test_an_unknown_psp_is_kept_under_the_name_that_it_gave(rules: "Rules") -> None:
    stranger = rules.till.with_head(idPSP="12345")
    assert stranger.activate(key=KEY).fault == "PPT_PSP_SCONOSCIUTO"
    psps = [{"id": "12345", "fiscal_code": "12345", "name": "Nuovo"}]
    channels = [{"id": "70000000001_01", "psp": "12345", "broker": "70000000001", "password": "pwdpwdpwd"}]
    rules.configure(psps=psps, channels=channels, psp_brokers=[{"id": "70000000001"}], terminals=[])
    assert stranger.activate(key=KEY, amount="1.00").fault == "PPT_ERRORE_IDEMPOTENZA"
    assert stranger.activate(key=KEY).fault == "PPT_PSP_SCONOSCIUTO"


def test_a_session_in_progress_is_kept_for_the_key_that_met_it(rules: "Rules") -> None:
    token = rules.till.activate().token
    assert rules.till.activate(key=KEY).fault == "PPT_PAGAMENTO_IN_CORSO"
    rules.till.outcome(token, "KO")
    assert rules.till.activate(key=KEY).fault == "PPT_PAGAMENTO_IN_CORSO"
    assert rules.till.activate(key=OTHER_KEY).ok


@pytest.mark.parametrize(
    "problem",
    [
        "PPT_STAZIONE_INT_PA_ERRORE_RESPONSE",
        "PPT_STAZIONE_INT_PA_TIMEOUT",
        "PPT_STAZIONE_INT_PA_IRRAGGIUNGIBILE",
        "PPT_STAZIONE_INT_PA_SERVIZIO_NONATTIVO",
    ],
)
def test_a_creditor_that_failed_is_not_kept(rules: "Rules", problem: str) -> None:
    rules.ec = lambda _call: EcReply(problem=problem, sentence="guasto")
    assert rules.till.activate(key=KEY).fault == problem
    rules.ec = rules.honest_ec
    assert rules.till.activate(key=KEY).ok


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("verdict", ["OK", "KO"])
def test_the_same_outcome_again_gets_the_same_ok(rules: "Rules", version: int, verdict: str) -> None:
    token = rules.till.activate().token
    for _ in range(3):
        assert rules.till.outcome(token, verdict, version=version, key=KEY).ok
    assert len([word for word in rules.sessions()[0].history if word in ("PAID", "FAILED")]) == 1


def test_an_outcome_under_the_key_with_other_details_is_refused(rules: "Rules") -> None:
    token = rules.till.activate().token
    assert rules.till.outcome(token, key=KEY).ok
    assert rules.till.outcome(token, "KO", key=KEY).fault == "PPT_ERRORE_IDEMPOTENZA"


@pytest.mark.parametrize("key", [None, OTHER_KEY])
def test_an_outcome_without_the_key_is_already_acquired(rules: "Rules", key: str | None) -> None:
    token = rules.till.activate().token
    rules.till.outcome(token, key=KEY)
    assert rules.till.outcome(token, key=key).fault == "PPT_ESITO_GIA_ACQUISITO"


def test_an_outcomes_key_expires_into_already_acquired(rules: "Rules") -> None:
    token = rules.till.activate().token
    rules.till.outcome(token, key=KEY)
    rules.sandbox.advance(1800)
    assert rules.till.outcome(token, key=KEY).fault == "PPT_ESITO_GIA_ACQUISITO"


def test_an_outcome_by_another_psp_under_the_key_finds_no_token(rules: "Rules") -> None:
    token = rules.till.activate().token
    rules.till.outcome(token, key=KEY)
    assert rules.till.as_rival().outcome(token, key=KEY).fault == "PPT_TOKEN_SCONOSCIUTO"


def test_the_late_answer_stays_the_same_under_its_key(rules: "Rules") -> None:
    token = rules.till.activate().token
    rules.sandbox.advance(1801)
    assert rules.till.outcome(token, key=KEY).fault == "PPT_TOKEN_SCADUTO"
    assert rules.till.outcome(token, key=KEY).fault == "PPT_TOKEN_SCADUTO"
    assert rules.till.outcome(token, key=OTHER_KEY).fault == "PPT_ESITO_GIA_ACQUISITO"


def test_kept_answers_do_not_pile_up_beyond_their_validity(rules: "Rules") -> None:
    for count in range(40):
        rules.sandbox.advance(601)
        rules.till.outcome(f"unknown{count}", key=f"70000000001_{count:010d}")
    assert len(rules.sandbox.store.answers) <= 4
