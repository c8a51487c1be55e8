"""`pos-terminal pay` as its user runs it."""

import json
from pathlib import Path

import pytest

from pos_app.testing.command import CODE, Command, Control

DATA = Path(__file__).parents[2] / "data"
PICTURE = DATA / "notice_photo.jpg"


def test_a_photographed_notice_is_paid_reported_and_receipted(connected: Command, control: Control) -> None:
    done = connected("pay", "--profile", "simulator", "--image", PICTURE, "--yes", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["verdict"] == "paid"
    assert report["total"] == 12700
    assert report["trial"] is True
    notice = control("GET", "/control/notices/77777777777/301000000000012373")
    assert notice["position"] == "NOTIFIED"
    assert [session["token"] for session in notice["sessions"]] == [report["token"]]
    for picture in map(Path, report["receipts"]):
        assert picture.read_bytes().startswith(b"\x89PNG")
    receipt = Path(report["receipts"][0]).with_suffix(".txt").read_text()
    for owed in ("PROVA - SENZA VALORE", "Comune di Prova", "EUR 127,00", report["token"], "01000000000012373"):
        assert owed in receipt


def test_what_went_over_the_wire_is_the_contract(connected: Command, control: Control) -> None:
    first = connected("pay", "--profile", "simulator", "--code", CODE, "--yes")
    assert first.returncode == 0, first.stderr
    calls = control("GET", "/control/calls?at=psp")["calls"]
    assert [call["operation"] for call in calls] == [
        "verifyPaymentNotice",
        "activatePaymentNoticeV2",
        "sendPaymentOutcomeV2",
    ]
    activate, outcome = calls[1]["request"], calls[2]["request"]
    for part in ("<touchPoint>POS</touchPoint>", "<paymentMethod>CP</paymentMethod>", "<expirationTime>1800000<"):
        assert part in activate
    for part in ("<outcome>OK</outcome>", "<fee>1.50</fee>", "frontOffice", "ANONIMO", "<paymentMethod>creditCard<"):
        assert part in outcome


def test_the_embedded_sandbox_needs_nothing_and_remembers(tmp_path: Path) -> None:
    connected = Command(tmp_path / "own")
    assert connected("pay", "--profile", "simulator", "--code", CODE, "--yes").returncode == 0
    again = connected("pay", "--profile", "simulator", "--code", CODE, "--yes")
    assert again.returncode == 3
    assert "già pagato" in again.stderr


def test_typed_digits_pay_too(connected: Command) -> None:
    typed = ("--notice", "3010 0000 0000 0123 73", "--creditor", "77777777777", "--amount", "12550")
    assert connected("pay", "--profile", "simulator", *typed, "--yes").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--image", DATA / "no_code.jpg"), "Nessun codice"),
        (("--image", DATA / "two_notices.jpg"), "avvisi diversi"),
        (("--image", DATA / "wifi_code.jpg"), "Wi-Fi"),
        (("--image", "/nowhere/notice.jpg"), "notice.jpg"),
        (("--code", "https://example.org"), "indirizzo web"),
        (("--code", CODE.replace("12550", "125,50")), "centesimi"),
        (("--notice", "123", "--creditor", "77777777777", "--amount", "1"), "18 cifre"),
    ],
)
def test_a_bad_notice_is_one_sentence_and_calls_nobody(
    connected: Command, control: Control, arguments: tuple[object, ...], sentence: str
) -> None:
    done = connected("pay", "--profile", "simulator", *arguments, "--yes")
    assert done.returncode == 3
    assert sentence in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert control("GET", "/control/calls")["calls"] == []
    assert not connected.state_dir.exists()


def test_naming_the_notice_twice_is_wrong_usage(connected: Command) -> None:
    assert connected("pay", "--code", CODE, "--image", PICTURE).returncode == 2
    assert connected("pay", "--notice", "1").returncode == 2


def test_wrong_settings_and_profiles_exit_with_five_and_every_mistake(connected: Command, tmp_path: Path) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text('[terminal]\nlanguage = "xx"\n[psp]\ntoken_seconds = 5\n')
    done = connected("pay", "--settings", settings, "--code", CODE, "--yes")
    assert done.returncode == 5
    assert "language" in done.stderr
    assert "token_seconds" in done.stderr
    assert connected("pay", "--profile", "no-such-terminal", "--code", CODE, "--yes").returncode == 5


def test_a_psp_that_is_not_there_refuses_nothing_and_charges_nothing(connected: Command) -> None:
    connected.environ["POS_TERMINAL__PSP__URL"] = "http://127.0.0.1:9/psp"
    done = connected("pay", "--profile", "simulator", "--code", CODE, "--yes")
    assert done.returncode == 3
    assert "nessun addebito" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("kind", ["http_500", "garbage", "soap_fault", "truncated", "http_401"])
def test_a_psp_that_answers_rubbish_to_verify_charges_nothing(connected: Command, control: Control, kind: str) -> None:
    control("POST", "/control/faults", {"operation": "verifyPaymentNotice", "at": "psp", "kind": kind})
    done = connected("pay", "--profile", "simulator", "--code", CODE, "--yes")
    assert done.returncode == 3
    assert "nessun addebito" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_refused_notice_is_said_in_words(connected: Command, control: Control) -> None:
    control("PUT", "/control/notices/77777777777/301000000000012373", {"amount": 12550, "state": "expired"})
    done = connected("pay", "--profile", "simulator", "--code", CODE, "--yes")
    assert done.returncode == 3
    assert "scaduto" in done.stderr


def test_a_raised_total_needs_its_own_consent(connected: Command, control: Control) -> None:
    path = "/control/notices/77777777777/301000000000012373"
    raised = {"amount": 12550, "actualised_amount": 13000, "verify_amount": 12550}
    control("PUT", path, raised)
    refused = connected("pay", "--profile", "simulator", "--code", CODE, "--yes", "--json")
    assert refused.returncode == 3
    assert json.loads(refused.stdout)["outcome"] == "KO"
    agreed = connected("pay", "--profile", "simulator", "--code", CODE, "--yes", "--accept-changed-amount", "--json")
    assert agreed.returncode == 0
    assert json.loads(agreed.stdout)["total"] == 13150


def test_a_declined_card_leaves_the_notice_payable(connected: Command, control: Control, tmp_path: Path) -> None:
    script = tmp_path / "decline.toml"
    script.write_text('[[payment]]\nanswer = "decline"\n')
    profile = tmp_path / "declining.toml"
    profile.write_text(
        'name = "declining"\ndescription = "x"\n[card_reader]\ndriver = "ecr17"\n'
        f'port = "double:{script}"\n[scanner]\ndriver = "images"\n[printer]\ndriver = "escpos"\nport = "double:"\n'
    )
    done = connected("pay", "--profile", profile, "--code", CODE, "--yes", "--json")
    assert done.returncode == 3, done.stderr
    report = json.loads(done.stdout)
    assert report["outcome"] == "KO"
    assert control("GET", "/control/notices/77777777777/301000000000012373")["position"] == "INSERTED"
    slip = Path(report["receipts"][0]).with_suffix(".txt").read_text()
    assert "Nessun addebito" in slip


def test_no_secret_is_in_the_journal_or_on_a_stream(connected: Command) -> None:
    done = connected("pay", "--profile", "simulator", "--code", CODE, "--yes")
    stored = b"".join(path.read_bytes() for path in connected.state_dir.rglob("*.db*") if "doubles" not in path.parts)
    for secret in ("pwdpwdpwd",):
        assert secret.encode() not in stored
        assert secret not in done.stdout + done.stderr


def test_the_journal_can_be_read_by_others(connected: Command) -> None:
    connected("pay", "--profile", "simulator", "--code", CODE, "--yes")
    listed = json.loads(connected("journal", "list", "--json").stdout)
    assert [payment["state"] for payment in listed] == ["CLOSED"]
    shown = json.loads(connected("journal", "show", listed[0]["operation"], "--json").stdout)
    assert shown[0]["event"] == "NoticeRead"
    assert connected("journal", "verify").returncode == 0
    assert connected("journal", "show", "nobody").returncode == 3
    (connected.state_dir / "journal" / "head").unlink()
    assert connected("journal", "verify").returncode == 6
    assert connected("pay", "--profile", "simulator", "--code", CODE, "--yes").returncode == 6
