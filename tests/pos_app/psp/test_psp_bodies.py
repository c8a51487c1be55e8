"""The journaled body and the bytes that are sent are each other, but for the password (reliability.md N2)."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from pos_app.domain.money import LARGEST_WIRE_AMOUNT, to_wire
from pos_app.domain.notice import NoticeCode, read_typed
from pos_app.psp import wire
from pos_app.psp.account import PspAccount
from pos_app.psp.bodies import BodyError, checked, with_password, without_password
from pos_app.psp.client import SoapPspClient
from pos_app.psp.contract import OutcomeDetails, idempotency_key
from pos_app.psp.transport import Answer

KEY = "97249640588_Ab3dE6gH9j"


class Recorder:
    """A transport that keeps what it was given and answers nothing useful."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def post(self, data: bytes, *, soap_action: str, timeout: float) -> Answer:
        self.sent.append(data)
        return Answer(b"")


texts = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=35)
passwords = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=8, max_size=15)
keys = st.builds(
    idempotency_key,
    st.from_regex(r"[a-zA-Z0-9]{2,18}", fullmatch=True),
    st.from_regex(r"[a-zA-Z0-9]{10}", fullmatch=True),
)
accounts = st.builds(PspAccount, texts, texts, texts, passwords, st.sampled_from((1, 2)))
notices = st.builds(
    read_typed,
    st.from_regex(r"[0-3][0-9]{17}", fullmatch=True),
    st.from_regex(r"[0-9]{11}", fullmatch=True),
    st.integers(1, 99_999_999),
)
amounts = st.integers(0, LARGEST_WIRE_AMOUNT)
dates = st.dates(date(2020, 1, 1), date(2100, 1, 1)).map(date.isoformat)
details = st.none() | st.builds(
    OutcomeDetails, st.sampled_from(("bancomat", "creditCard", "other")), amounts, dates, dates
)


def client_of(account: PspAccount) -> tuple[SoapPspClient, Recorder]:
    recorder = Recorder()
    return SoapPspClient(account, recorder), recorder


@given(accounts, notices, amounts, keys, st.integers(1, 1800))
def test_every_activation_is_valid_and_comes_back_from_the_journal_unchanged(
    account: PspAccount, notice: NoticeCode, amount: int, key: str, seconds: int
) -> None:
    client, recorder = client_of(account)
    body = client.activation_body(notice, amount=amount, key=key, token_seconds=seconds)
    client.activate(notice, body, repeated=False, timeout=1)
    client.activate(notice, body, repeated=True, timeout=1)
    first, second = recorder.sent
    assert first == second
    assert without_password(first.decode()) == body
    operation, request = checked(first)
    assert request.findtext("amount") == to_wire(amount)
    assert request.findtext("expirationTime") == str(seconds * 1000)
    assert request.findtext("password") == account.password
    assert operation.name == {1: "activatePaymentNotice", 2: "activatePaymentNoticeV2"}[account.api_version]


@given(accounts, texts, keys, details)
def test_every_outcome_is_valid_and_comes_back_from_the_journal_unchanged(
    account: PspAccount, token: str, key: str, told: OutcomeDetails | None
) -> None:
    client, recorder = client_of(account)
    body = client.outcome_body(token=token, key=key, details=told)
    client.send_outcome(body, verdict="KO" if told is None else "OK", timeout=1)
    (sent,) = recorder.sent
    assert without_password(sent.decode()) == body
    _, request = checked(sent)
    assert [element.text for element in request.iter("paymentToken")] == [token]
    assert request.findtext("outcome") == ("KO" if told is None else "OK")
    assert request.findtext("details/fee") == (None if told is None else to_wire(told.fee))


@given(passwords)
def test_a_password_goes_in_and_out_without_a_trace(password: str) -> None:
    body = f"<x><idChannel>97249640588_01</idChannel><after>{'è'}</after></x>"
    sent = with_password(body, password)
    assert without_password(sent.decode()) == body
    assert etree.fromstring(sent).findtext("password") == password


# --- what an activation and an outcome say ------------------------------------------------------


def test_an_activation_names_point_of_sale_and_card_and_always_a_life(
    client: SoapPspClient, notice: NoticeCode, example: Callable[[str], bytes]
) -> None:
    body = client.activation_body(notice, amount=12550, key=KEY, token_seconds=300)
    _, request = checked(with_password(body, "pwdpwdpwd"))
    expected = wire.open_envelope(example("activatePaymentNoticeV2Request"))
    assert [(e.tag, (e.text or "").strip()) for e in request.iter()] == [
        (e.tag, (e.text or "").strip()) for e in expected.iter()
    ]


def test_an_outcome_ok_has_the_details_that_sanp_wants(client: SoapPspClient) -> None:
    body = client.outcome_body(
        token="9f1c", key=KEY, details=OutcomeDetails("bancomat", 150, "2026-11-21", "2026-11-23")
    )
    _, request = checked(with_password(body, "pwdpwdpwd"))
    told = request.find("details")
    assert told is not None
    assert {element.tag: element.text for element in told.iter() if not len(element)} == {
        "paymentMethod": "bancomat",
        "paymentChannel": "frontOffice",
        "fee": "1.50",
        "entityUniqueIdentifierType": "F",
        "entityUniqueIdentifierValue": "ANONIMO",
        "fullName": "ANONIMO",
        "applicationDate": "2026-11-21",
        "transferDate": "2026-11-23",
    }


def test_an_outcome_ko_has_no_details(client: SoapPspClient) -> None:
    body = client.outcome_body(token="9f1c", key=KEY, details=None)
    assert "<outcome>KO</outcome>" in body
    assert "details" not in body


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": "97249640588_short"}, {"amount": -1}, {"amount": LARGEST_WIRE_AMOUNT + 1}, {"amount": 1.5},
        {"token_seconds": 0}, {"token_seconds": -1}, {"token_seconds": 1801},
    ],
)  # fmt: skip
def test_an_activation_that_would_break_the_schema_is_refused(
    client: SoapPspClient, notice: NoticeCode, wrong: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        client.activation_body(notice, **{"amount": 12550, "key": KEY, "token_seconds": 1800, **wrong})


@pytest.mark.parametrize(
    "wrong",
    [
        {"token": ""}, {"token": "x" * 36}, {"token": "a\x00b"}, {"key": "x"},
        {"details": OutcomeDetails("gold", 0, "2026-11-21", "2026-11-23")},
        {"details": OutcomeDetails("other", -1, "2026-11-21", "2026-11-23")},
        {"details": OutcomeDetails("other", 0, "2026-02-30", "2026-11-23")},
        {"details": OutcomeDetails("other", 0, "2026-11-21", "")},
    ],
)  # fmt: skip
def test_an_outcome_that_would_break_the_schema_is_refused(client: SoapPspClient, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        client.outcome_body(**{"token": "9f1c", "key": KEY, "details": None, **wrong})


# --- bodies that must not be sent ---------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    ["", "<x/>", "<idChannel>a</idChannel><password>b</password>", "<idChannel>a</idChannel><idChannel>b</idChannel>"],
)
def test_a_body_without_one_place_for_the_password_is_not_sent(body: str) -> None:
    with pytest.raises(BodyError):
        with_password(body, "pwdpwdpwd")


@pytest.mark.parametrize("text", ["<x/>", "<idChannel>a</idChannel>", "<idChannel>a</idChannel><password>b"])
def test_a_request_without_a_password_is_not_journaled(text: str) -> None:
    with pytest.raises(BodyError):
        without_password(text)


def test_a_journaled_body_of_another_notice_is_not_sent(client: SoapPspClient, backend: Any, activation: str) -> None:
    other = read_typed("302000100000009407", "15376371009", 100)
    answer = client.activate(other, activation, repeated=True, timeout=1)
    assert "not sent" in getattr(answer, "reason", "")
    assert backend.connections == 0


def test_a_journaled_outcome_of_the_other_verdict_is_not_sent(client: SoapPspClient, backend: Any) -> None:
    body = client.outcome_body(token="9f1c", key=KEY, details=None)
    answer = client.send_outcome(body, verdict="OK", timeout=1)
    assert "not sent" in getattr(answer, "reason", "")
    assert backend.connections == 0


def test_a_body_of_no_operation_is_not_sent() -> None:
    data = f'<e:Envelope xmlns:e="{wire.SOAP}"><e:Body><stranger/></e:Body></e:Envelope>'.encode()
    with pytest.raises(BodyError, match="none of the operations"):
        checked(data)


@pytest.mark.parametrize("spoil", [lambda b: b[:-9], lambda b: b.replace("125.50", "125.5"), lambda _: "gone"])
def test_a_spoilt_body_is_not_sent(
    client: SoapPspClient, backend: Any, notice: NoticeCode, activation: str, spoil: Callable[[str], str]
) -> None:
    answer = client.activate(notice, spoil(activation), repeated=True, timeout=1)
    assert type(answer).__name__ == "ActivationUnanswered"
    assert backend.connections == 0


def test_a_body_of_the_first_version_goes_to_the_first_version(
    account: PspAccount, client: SoapPspClient, backend: Any, notice: NoticeCode, example: Callable[[str], bytes]
) -> None:
    old = SoapPspClient(PspAccount(account.id, account.broker_id, account.channel_id, account.password, 1), Recorder())
    body = old.activation_body(notice, amount=12550, key=KEY, token_seconds=1800)
    backend.answers(example("activatePaymentNoticeV2Response").replace(b"V2Response", b"Res"))
    client.activate(notice, body, repeated=True, timeout=5)
    assert backend.received[0].header("SOAPAction") == '"activatePaymentNotice"'


# --- keys and accounts --------------------------------------------------------------------------


def test_a_key_is_the_psps_fiscal_code_and_ten_random_characters() -> None:
    assert idempotency_key("97249640588", "Ab3dE6gH9j") == KEY


@pytest.mark.parametrize(
    ("fiscal_code", "random10"),
    [("", "Ab3dE6gH9j"), ("9", "Ab3dE6gH9j"), ("9" * 19, "Ab3dE6gH9j"), ("97249640588", "Ab3dE6gH9"),
     ("97249640588", "Ab3dE6gH9jk"), ("97249640588", "Ab3dE6gH9_"), ("PSP-1", "Ab3dE6gH9j"),
     ("9724964058è", "Ab3dE6gH9j"),
     ("97249640588", "Ab3dE6gH9\n")],
)  # fmt: skip
def test_what_cannot_be_a_key_is_refused(fiscal_code: str, random10: str) -> None:
    with pytest.raises(ValueError, match="idempotency key"):
        idempotency_key(fiscal_code, random10)


@pytest.mark.parametrize(
    "wrong",
    [{"id": ""}, {"broker_id": "x" * 36}, {"channel_id": "a\nb"}, {"password": "short"}, {"password": "x" * 16},
     {"password": "pwd\x00pwdpwd"}, {"api_version": 3}],
)  # fmt: skip
def test_an_account_that_no_call_could_use_is_refused(wrong: dict[str, Any]) -> None:
    good = {"id": "a", "broker_id": "b", "channel_id": "c", "password": "pwdpwdpwd"}
    with pytest.raises(ValueError, match="The PSP's") as caught:
        PspAccount(**{**good, **wrong})
    assert wrong.get("password", "no password") not in str(caught.value)
