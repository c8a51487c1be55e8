"""The control API, each call of it: sandbox.md, "Control API"."""

from typing import TYPE_CHECKING, Any

import pytest

from pos_app.sandbox.control_http import is_loopback

if TYPE_CHECKING:
    from tests.pos_app.sandbox.conftest import Http

PLACE = "77777777777/301000000000012373"
NEW = "301000000000000144"


def test_the_registry_is_shown_and_replaced_as_a_whole(http_sandbox: "Http") -> None:
    registry = http_sandbox.control("GET", "registry").json
    registry["token_seconds"] = 60
    assert http_sandbox.control("PUT", "registry", registry).status == 200
    assert http_sandbox.control("GET", "registry").json["token_seconds"] == 60
    assert http_sandbox.till.activate(expirationTime="61000").fault == "PPT_AUTORIZZAZIONE"


def test_a_wrong_registry_is_refused_by_path_and_changes_nothing(http_sandbox: "Http") -> None:
    before = http_sandbox.control("GET", "registry").json
    wrong = {**before, "stations": [{**before["stations"][0], "aux_digit": 7}]}
    reply = http_sandbox.control("PUT", "registry", wrong)
    assert reply.status == 400
    assert reply.json == {"error": "stations[0].aux_digit must be one of 0, 1, 2, 3, not 7"}
    assert http_sandbox.control("GET", "registry").json == before


def test_a_notice_needs_nothing_but_an_amount(http_sandbox: "Http") -> None:
    reply = http_sandbox.control("PUT", f"notices/77777777777/{NEW}", {"amount": 990})
    assert reply.status == 200
    shown = http_sandbox.notice(NEW)
    assert shown == reply.json
    assert (shown["position"], shown["sessions"], shown["receipts"]) == ("INSERTED", [], [])
    assert shown["notice"]["state"] == "payable"
    assert shown["notice"]["debtor"]["name"]
    assert shown["notice"]["due_date"]
    assert http_sandbox.till.activate(NEW).text("totalAmount") == "9.90"


def test_a_notice_put_during_a_session_changes_the_creditors_position_and_not_the_session(http_sandbox: "Http") -> None:
    token = http_sandbox.till.activate().token
    http_sandbox.control("PUT", f"notices/{PLACE}", {"amount": 1, "state": "revoked"})
    shown = http_sandbox.notice()
    assert shown["notice"]["amount"] == 1
    assert [(each["token"], each["amount"]) for each in shown["sessions"]] == [(token, 12550)]
    assert http_sandbox.till.outcome(token).ok
    assert http_sandbox.notice()["position"] == "NOTIFIED"


def test_a_notice_that_is_not_there_is_404(http_sandbox: "Http") -> None:
    reply = http_sandbox.control("GET", "notices/77777777777/301000000009999999")
    assert (reply.status, reply.json) == (404, {"error": "77777777777/301000000009999999: no such notice"})


MISTAKES: list[tuple[str, str, Any, int, str]] = [
    ("GET", "nothing", None, 404, "GET /control/nothing: no such call"),
    ("DELETE", "clock", None, 405, "DELETE /control/clock: no such call"),
    ("PUT", f"notices/{PLACE}", {"amount": 1, "colour": "red"}, 400, "colour: unknown field"),
    ("PUT", "notices/123/301000000000012373", {"amount": 1}, 400, "fiscal_code must be 11 digits"),
    (
        "POST",
        "faults",
        {"operation": "x", "at": "psp", "kind": "timeout"},
        400,
        "operation: 'x' is no operation of psp",
    ),
    ("POST", "faults", {"operation": "paSendRT", "at": "node", "kind": "timeout"}, 400, "no operation of node"),
    ("POST", "faults", {"operation": "verifyPaymentNotice", "at": "psp", "kind": "x"}, 400, "kind must be one of"),
    ("POST", "rivals/" + PLACE, {"step": "steal"}, 400, "step must be one of activate, pay, release, not 'steal'"),
    ("POST", "rivals/" + PLACE, {"step": "release"}, 409, "the other till has not activated this notice"),
    ("POST", "clock", {"advance": -1}, 400, "advance must be from 0 seconds"),
    ("POST", "clock", {"back": 1}, 400, "back: unknown field"),
    ("GET", "calls?since=yesterday", None, 400, "since must be the seq of a call, not 'yesterday'"),
    ("GET", "calls?at=moon", None, 400, "at must be one of psp, node, ec, not 'moon'"),
    ("GET", "calls?colour=red", None, 400, "colour: unknown parameter"),
    ("GET", "calls?operation=steal", None, 400, "operation: 'steal' is no operation"),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake[-1])
def test_every_mistake_is_answered_4xx_and_named(http_sandbox: "Http", mistake: tuple[str, str, Any, int, str]) -> None:
    method, path, body, status, sentence = mistake
    before = http_sandbox.notice()
    reply = http_sandbox.control(method, path, body)
    assert reply.status == status
    assert list(reply.json) == ["error"]
    assert sentence in reply.json["error"]
    assert http_sandbox.notice() == before


def test_a_body_that_is_no_json_is_named(http_sandbox: "Http") -> None:
    reply = http_sandbox.request("POST", "/control/clock", b"{advance: 1}")
    assert reply.status == 400
    assert reply.json["error"].startswith("the body is not JSON")


def test_the_clock_is_the_sandboxs_own(http_sandbox: "Http") -> None:
    before = http_sandbox.control("GET", "clock").json
    after = http_sandbox.control("POST", "clock", {"advance": 1801}).json
    assert (before["offset"], after["offset"]) == (0, 1801)
    assert after["now"] > before["now"]


def test_the_clock_does_not_run_away(http_sandbox: "Http") -> None:
    replies = [http_sandbox.control("POST", "clock", {"advance": 3660 * 86_400}) for _ in range(12)]
    assert replies[-1].status == 400
    assert "reset it first" in replies[-1].json["error"]
    assert http_sandbox.till.verify().ok


def test_time_passing_runs_the_cancel_job_when_it_is_auto(http_sandbox: "Http") -> None:
    http_sandbox.till.activate()
    http_sandbox.control("POST", "clock", {"advance": 1801})
    assert http_sandbox.notice()["sessions"][0]["history"] == ["PAYING", "CANCELLED"]


def test_the_cancel_job_can_be_asked_for(http_sandbox: "Http") -> None:
    registry = http_sandbox.control("GET", "registry").json
    http_sandbox.control("PUT", "registry", {**registry, "cancel_job": "manual"})
    http_sandbox.till.activate()
    http_sandbox.control("POST", "clock", {"advance": 1801})
    assert http_sandbox.notice()["position"] == "PAYING"
    assert http_sandbox.control("POST", "jobs/cancel-expired").json == {"cancelled": 1}
    assert http_sandbox.control("POST", "jobs/cancel-expired").json == {"cancelled": 0}
    assert http_sandbox.notice()["position"] == "INSERTED"


def test_receipts_that_were_refused_can_be_sent_when_their_time_has_come(http_sandbox: "Http") -> None:
    refusal = {"operation": "paSendRTV2", "at": "ec", "kind": "ko", "fault_code": "PAA_SYSTEM_ERROR", "times": 2}
    http_sandbox.control("POST", "faults", refusal)
    http_sandbox.till.outcome(http_sandbox.till.activate().token)
    shown = http_sandbox.notice()
    assert (shown["position"], shown["receipts"][0]["outcome"], shown["receipts"][0]["tries"]) == ("PAID", "KO", 1)
    assert http_sandbox.control("POST", "jobs/send-receipts").json == {"sent": 0, "refused": 0}
    http_sandbox.control("POST", "clock", {"advance": 3600})
    assert http_sandbox.notice()["receipts"][0]["tries"] == 2
    http_sandbox.control("POST", "clock", {"advance": 3600})
    assert http_sandbox.notice()["position"] == "NOTIFIED"


def test_a_rival_takes_the_notice_pays_it_or_lets_it_go(http_sandbox: "Http") -> None:
    rival = f"rivals/{PLACE}"
    taken = http_sandbox.control("POST", rival, {"step": "activate"}).json
    assert taken["outcome"] == "OK"
    assert taken["token"]
    assert http_sandbox.till.activate().fault == "PPT_PAGAMENTO_IN_CORSO"
    assert http_sandbox.control("POST", rival, {"step": "release"}).json["outcome"] == "OK"
    token = http_sandbox.till.activate().token
    refused = http_sandbox.control("POST", rival, {"step": "pay"}).json
    assert (refused["outcome"], refused["fault_code"]) == ("KO", "PPT_PAGAMENTO_IN_CORSO")
    http_sandbox.control("POST", "clock", {"advance": 1801})
    assert http_sandbox.control("POST", rival, {"step": "pay"}).json["outcome"] == "OK"
    assert http_sandbox.till.outcome(token).fault == "PPT_PAGAMENTO_DUPLICATO"
    shown = http_sandbox.notice()
    assert [each["history"][-1] for each in shown["sessions"]] == ["FAILED", "CANCELLED", "NOTIFIED"]


def test_totals_count_what_happened(http_sandbox: "Http") -> None:
    http_sandbox.till.outcome(http_sandbox.till.activate().token)
    http_sandbox.till.outcome(http_sandbox.till.activate("301000000000020057").token, "KO")
    http_sandbox.till.activate("301000000000020057")
    assert http_sandbox.control("GET", "totals").json == {
        "outcomes_ok": 1,
        "outcomes_ko": 1,
        "open_sessions": 1,
        "receipts_delivered": 1,
        "amount_paid": 12550,
        "fees": 150,
    }


def test_calls_are_kept_with_their_xml_and_can_be_chosen_from(http_sandbox: "Http") -> None:
    http_sandbox.till.verify()
    http_sandbox.till.activate()
    whole = http_sandbox.control("GET", "calls").json
    assert whole["dropped"] == 0
    assert [call["seq"] for call in whole["calls"]] == [1, 2, 3, 4, 5, 6]
    assert set(whole["calls"][0]) == {
        "seq",
        "at",
        "operation",
        "received_at",
        "request",
        "response",
        "http_status",
        "fault",
    }
    assert [call["seq"] for call in http_sandbox.calls("?at=ec&operation=paGetPaymentV2")] == [6]
    assert [call["seq"] for call in http_sandbox.calls("?since=4")] == [5, 6]
    assert "<paymentToken>" in http_sandbox.calls("?since=4&at=node")[0]["response"]


def test_reset_puts_everything_back(http_sandbox: "Http") -> None:
    registry = http_sandbox.control("GET", "registry").json
    before = http_sandbox.notice()
    http_sandbox.till.outcome(http_sandbox.till.activate().token)
    http_sandbox.control("PUT", "registry", {**registry, "token_seconds": 60})
    http_sandbox.control("PUT", f"notices/77777777777/{NEW}", {"amount": 990})
    http_sandbox.control("POST", "clock", {"advance": 5})
    http_sandbox.control("POST", "faults", {"operation": "verifyPaymentNotice", "at": "psp", "kind": "http_500"})
    assert http_sandbox.control("POST", "reset").json == {}
    assert http_sandbox.notice() == before
    assert http_sandbox.control("GET", "registry").json == registry
    assert http_sandbox.control("GET", f"notices/77777777777/{NEW}").status == 404
    assert http_sandbox.control("GET", "clock").json["offset"] == 0
    assert http_sandbox.calls() == []
    assert http_sandbox.till.verify().ok


@pytest.mark.parametrize(
    ("client", "allowed"),
    [
        (("127.0.0.1", 1), True),
        (("127.8.8.8", 1), True),
        (("::1", 1), True),
        (("::ffff:127.0.0.1", 1), True),
        (("192.168.1.7", 1), False),
        (("::ffff:10.0.0.1", 1), False),
        (("unix", 1), False),
        (None, False),
    ],
)
def test_only_this_machine_may_control(client: tuple[str, int] | None, *, allowed: bool) -> None:
    assert is_loopback(client) is allowed
