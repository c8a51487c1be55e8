"""`cases` and `outbox` as finance and technicians use them."""

import json

from pos_app.testing.command import CODE, Command, Control

NOTICE = "/control/notices/77777777777/301000000000012373"


def fault(control: Control, **more: object) -> None:
    control("POST", "/control/faults", {"operation": "sendPaymentOutcomeV2", "at": "psp", **more})


def test_a_refused_outcome_is_a_case_that_is_ruled_with_a_reason(connected: Command, control: Control) -> None:
    fault(control, kind="ko", fault_code="PPT_TOKEN_SCONOSCIUTO", when="before")
    paid = connected("pay", "--profile", "simulator", "--code", CODE, "--yes")
    assert paid.returncode == 4
    (case,) = json.loads(connected("cases", "list", "--json").stdout)
    assert case["verdicts"] == ["refunded", "settled", "resend"]
    assert "PPT_TOKEN_SCONOSCIUTO" in connected("cases", "show", case["operation"]).stdout
    rule = ("cases", "rule", case["operation"], "--profile", "simulator", "--operator", "Anna")
    wrong = connected(*rule, "--verdict", "not-charged", "--reason", "x")
    assert wrong.returncode == 3
    assert "allowed: refunded, settled, resend" in wrong.stderr
    sent = connected(*rule, "--verdict", "resend", "--reason", "il PSP ha corretto")
    assert sent.returncode == 0, sent.stderr
    assert control("GET", NOTICE)["position"] == "NOTIFIED"
    assert json.loads(connected("cases", "list", "--json").stdout) == []


def test_an_unsent_outcome_is_listed_and_sent_when_asked(connected: Command, control: Control) -> None:
    fault(control, kind="lost_request", times=20)
    process = connected.start("pay", "--profile", "simulator", "--code", CODE, "--yes")
    while "OutcomeUnanswered" not in connected("journal", "show", "2026-000001").stdout:
        assert process.poll() is None
    process.kill()
    process.communicate()
    (item,) = json.loads(connected("outbox", "list", "--json").stdout)
    assert (item["verdict"], item["tries"]) == ("OK", 1)
    assert connected("outbox", "retry", item["id"], "--profile", "simulator").returncode == 4
    control("DELETE", "/control/faults")
    done = connected("outbox", "reset", item["id"], "--operator", "Anna", "--profile", "simulator")
    assert done.returncode == 0, done.stderr
    assert json.loads(connected("outbox", "list", "--json").stdout) == []
    assert control("GET", NOTICE)["position"] == "NOTIFIED"


def test_what_is_not_there_is_said_in_a_sentence(connected: Command) -> None:
    assert connected("pay", "--profile", "simulator", "--code", CODE, "--yes").returncode == 0
    for arguments in (
        ("cases", "show", "nobody"),
        ("cases", "show", "2026-000001"),
        ("outbox", "retry", "2026-000001", "--profile", "simulator"),
    ):
        done = connected(*arguments)
        assert done.returncode == 3, done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
