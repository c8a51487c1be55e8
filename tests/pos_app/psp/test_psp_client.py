"""The client against a backend that misbehaves: always an event, and never more than what is certain (P7-P15)."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.domain import events
from pos_app.domain.notice import NoticeCode, read_typed
from pos_app.psp.account import PspAccount
from pos_app.psp.client import SoapPspClient
from pos_app.psp.contract import OutcomeDetails, PspClient
from pos_app.psp.endpoint import Endpoint
from pos_app.psp.transport import Answer, HttpTransport

Example = Callable[[str], bytes]
EXAMPLE = Path(__file__).parents[2] / "data" / "pagopa-examples" / "activatePaymentNoticeV2Response.xml"
KEY = "97249640588_Ab3dE6gH9j"


def test_the_soap_client_is_a_psp_client(client: SoapPspClient) -> None:
    honoured: PspClient = client
    assert honoured is client


# --- verify ------------------------------------------------------------------------------------


def test_verify_tells_what_is_due_and_to_whom(
    client: SoapPspClient, backend: Any, notice: NoticeCode, example: Example
) -> None:
    backend.answers(example("verifyPaymentNoticeRes"))
    assert client.verify(notice, timeout=5) == events.NoticeVerified(
        amount=12550,
        company_name="Comune di Prova",
        office_name="Tributi",
        description="TARI 2026",
        due_date="2026-12-31",
        payment_note="TARI 2026",
        standin=False,
    )


def test_verify_does_without_what_is_optional(
    client: SoapPspClient, backend: Any, notice: NoticeCode, example: Example
) -> None:
    text = example("verifyPaymentNoticeRes").decode()
    for name in (
        "dueDate",
        "paymentNote",
        "paymentDescription",
        "fiscalCodePA",
        "companyName",
        "officeName",
        "standin",
    ):
        head, _, rest = text.partition(f"<{name}>")
        text = head + rest.partition(f"</{name}>")[2]
    backend.answers(text)
    assert client.verify(notice, timeout=5) == events.NoticeVerified(amount=12550)


def test_verify_takes_a_due_date_with_a_time_zone(
    client: SoapPspClient, backend: Any, notice: NoticeCode, example: Example
) -> None:
    backend.answers(example("verifyPaymentNoticeRes").replace(b"2026-12-31", b"2026-12-31+01:00"))
    verified = client.verify(notice, timeout=5)
    assert isinstance(verified, events.NoticeVerified)
    assert verified.due_date == "2026-12-31"


@pytest.mark.parametrize("day", [b"12026-12-31", b"-2026-12-31"])
def test_a_due_date_that_the_schema_allows_and_nobody_can_mean_is_left_out_quietly(
    *,
    client: SoapPspClient,
    backend: Any,
    notice: NoticeCode,
    example: Example,
    day: bytes,
    caplog: pytest.LogCaptureFixture,
) -> None:
    backend.answers(example("verifyPaymentNoticeRes").replace(b"2026-12-31", day))
    verified = client.verify(notice, timeout=5)
    assert isinstance(verified, events.NoticeVerified)
    assert verified.due_date == ""
    assert "Traceback" not in caplog.text


def test_a_notice_that_is_refused_says_whose_fault_it_is(
    client: SoapPspClient, backend: Any, notice: NoticeCode, example: Example
) -> None:
    backend.answers(example("verifyPaymentNoticeRes-KO"))
    assert client.verify(notice, timeout=5) == events.NoticeRefused(
        "PPT_ERRORE_EMESSO_DA_PAA", "EXPIRED_NOTICE", "PAA_PAGAMENTO_SCADUTO", "scaduto il 31/10/2026"
    )


def test_a_refusal_that_talks_without_end_is_cut(
    client: SoapPspClient, backend: Any, notice: NoticeCode, example: Example
) -> None:
    document = example("verifyPaymentNoticeRes-KO")
    document = document.replace(b"PPT_ERRORE_EMESSO_DA_PAA", b"X" * 1000).replace(b"scaduto il", b"y" * 10_000)
    backend.answers(document)
    refused = client.verify(notice, timeout=5)
    assert refused == events.NoticeRefused("X" * 64, "UNEXPECTED_ERROR", "PAA_PAGAMENTO_SCADUTO", "y" * 500)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<fiscalCodePA>15376371009", b"<fiscalCodePA>01199250158"),
        (b"<amount>125.50", b"<amount>0.00"),
        (b"<amount>125.50", b"<amount>125.5"),
        (b"<outcome>OK", b"<outcome>YES"),
        (b"2026-12-31", b"31/12/2026"),
    ],
)
def test_an_answer_to_verify_that_cannot_be_right_is_no_answer(
    *, client: SoapPspClient, backend: Any, notice: NoticeCode, example: Example, old: bytes, new: bytes
) -> None:
    document = example("verifyPaymentNoticeRes")
    assert old in document
    backend.answers(document.replace(old, new))
    assert isinstance(client.verify(notice, timeout=5), events.VerificationUnanswered)


def test_an_ok_to_verify_without_an_amount_is_no_answer(
    client: SoapPspClient, backend: Any, notice: NoticeCode, example: Example
) -> None:
    text = example("verifyPaymentNoticeRes").decode()
    backend.answers(text[: text.index("<paymentList>")] + text[text.index("<paymentDescription>") :])
    answer = client.verify(notice, timeout=5)
    assert answer == events.VerificationUnanswered("The answer to verify says OK without an amount.")


@pytest.mark.parametrize("status", [401, 403, 404, 500, 503])
def test_another_status_to_verify_is_no_answer(
    client: SoapPspClient, backend: Any, notice: NoticeCode, example: Example, status: int
) -> None:
    backend.answers(example("verifyPaymentNoticeRes"), status=status)
    assert isinstance(client.verify(notice, timeout=5), events.VerificationUnanswered)


# --- every way not to answer -------------------------------------------------------------------

Misbehave = Callable[[Any, Example], None]

MISBEHAVIOUR: dict[str, Misbehave] = {
    "P2 hangs": lambda backend, _: backend.hangs(),
    "P3 resets": lambda backend, _: backend.resets(),
    "P7 202 empty": lambda backend, _: backend.answers(b"", status=202),
    "P7 200 empty": lambda backend, _: backend.answers(b""),
    "P8 captive portal": lambda backend, _: backend.answers("<html><p>Login</p></html>", media="text/html"),
    "P8 html as xml": lambda backend, _: backend.answers("<html><p>Login</p></html>"),
    "P9 truncated": lambda backend, example: backend.answers(example("sendPaymentOutcomeV2Response")[:-30]),
    "P10 drips": lambda backend, example: backend.drips(example("sendPaymentOutcomeV2Response"), every=0.05),
    "P11 many elements": lambda backend, _: backend.answers(b"<a>" + b"<b/>" * 200_000 + b"</a>"),
    "P12 DTD": lambda backend, example: backend.answers(
        example("sendPaymentOutcomeV2Response").replace(b"<soapenv:Envelope", b"<!DOCTYPE x><soapenv:Envelope", 1)
    ),
    "P12 entity": lambda backend, example: backend.answers(
        example("sendPaymentOutcomeV2Response")
        .replace(b"<soapenv:Envelope", b'<!DOCTYPE x [<!ENTITY y "OK">]><soapenv:Envelope', 1)
        .replace(b">OK<", b">&y;<")
    ),
    "P13 two bodies": lambda backend, example: backend.answers(
        example("sendPaymentOutcomeV2Response").replace(b"</soapenv:Body>", b"</soapenv:Body><soapenv:Body/>")
    ),
    "P13 another operation": lambda backend, example: backend.answers(example("verifyPaymentNoticeRes")),
    "P13 its own request": lambda backend, example: backend.answers(example("sendPaymentOutcomeV2Request")),
    "P13 the other version": lambda backend, example: backend.answers(
        example("sendPaymentOutcomeV2Response").replace(b"V2Response", b"Res")
    ),
    "P13 another namespace": lambda backend, example: backend.answers(
        example("sendPaymentOutcomeV2Response").replace(b"nodeForPsp.xsd", b"other.xsd")
    ),
    "P14 unknown outcome": lambda backend, example: backend.answers(
        example("sendPaymentOutcomeV2Response").replace(b">OK<", b">BOH<")
    ),
}
misbehaving = pytest.mark.parametrize("misbehave", MISBEHAVIOUR.values(), ids=MISBEHAVIOUR.keys())


@misbehaving
def test_no_usable_answer_to_an_outcome_is_unanswered(
    client: SoapPspClient, backend: Any, example: Example, misbehave: Misbehave
) -> None:
    misbehave(backend, example)
    body = client.outcome_body(token="9f1c", key=KEY, details=None)
    answer = client.send_outcome(body, verdict="KO", timeout=0.4)
    assert isinstance(answer, events.OutcomeUnanswered)
    assert answer.reason.endswith(".")


@misbehaving
def test_no_usable_answer_to_activate_is_unanswered(
    *, client: SoapPspClient, backend: Any, example: Example, notice: NoticeCode, activation: str, misbehave: Misbehave
) -> None:
    misbehave(backend, example)
    answer = client.activate(notice, activation, repeated=False, timeout=0.4)
    assert isinstance(answer, events.ActivationUnanswered)


def test_p1_a_backend_that_is_not_there_is_unanswered(account: PspAccount, notice: NoticeCode, backend: Any) -> None:
    url = backend.url
    backend.close()
    client = SoapPspClient(account, HttpTransport(Endpoint(url)))
    answer = client.verify(notice, timeout=5)
    assert answer == events.VerificationUnanswered("The PSP cannot be reached: nothing was sent.")


def test_p4_p5_a_repeat_is_the_same_to_the_byte(
    client: SoapPspClient, backend: Any, notice: NoticeCode, example: Example, activation: str
) -> None:
    backend.resets()
    first = client.activate(notice, activation, repeated=False, timeout=5)
    backend.answers(example("activatePaymentNoticeV2Response"))
    second = client.activate(notice, activation, repeated=True, timeout=5)
    assert isinstance(first, events.ActivationUnanswered)
    assert isinstance(second, events.ActivationAccepted)
    lost, repeated = backend.received
    assert lost.body == repeated.body
    assert lost.head == repeated.head


# --- what a later SANP version may add ---------------------------------------------------------


@pytest.mark.parametrize(
    "place",
    ["</nfp:activatePaymentNoticeV2Response>", "<creditorReferenceId>", "</transfer>", "<totalAmount>", "<IBAN>"],
)
@pytest.mark.parametrize(
    "extra", ["<novelty>x</novelty>", "<novelty><outcome>KO</outcome></novelty>", "<z:n xmlns:z='z'/>"]
)
def test_an_element_of_a_later_version_does_not_stop_the_till(
    *,
    client: SoapPspClient,
    backend: Any,
    notice: NoticeCode,
    example: Example,
    activation: str,
    place: str,
    extra: str,
) -> None:
    document = example("activatePaymentNoticeV2Response").decode()
    assert place in document
    backend.answers(document.replace(place, extra + place))
    plain = SoapPspClient(client._account, Replies(document.encode()))
    expected = plain.activate(notice, activation, repeated=False, timeout=5)
    assert isinstance(expected, events.ActivationAccepted)
    assert client.activate(notice, activation, repeated=False, timeout=5) == expected


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<totalAmount>125.50<", "<totalAmount>125.50<novelty/>0<"),
        ("<totalAmount>125.50<", "<totalAmount>1<novelty/>25.50<"),
        ("<totalAmount>125.50<", "<totalAmount>125.50</totalAmount><totalAmount>1.00<"),
        ("</transferList>", "</transferList><totalAmount>1.00</totalAmount>"),
        ("<outcome>OK</outcome>", "<novelty>OK</novelty>"),
        ("<outcome>OK</outcome>", "<novelty/>"),
        ("<paymentToken>9f1c2d3e4b5a60718293a4b5c6d7e8f9</paymentToken>", "<paymentTokens>9f1c</paymentTokens>"),
    ],
)
def test_nothing_else_is_tolerated(
    *, client: SoapPspClient, backend: Any, notice: NoticeCode, example: Example, activation: str, old: str, new: str
) -> None:
    document = example("activatePaymentNoticeV2Response").decode()
    assert old in document
    backend.answers(document.replace(old, new))
    assert isinstance(client.activate(notice, activation, repeated=False, timeout=5), events.ActivationUnanswered)


# --- any bytes ---------------------------------------------------------------------------------


class Replies:
    """A transport that always brings the same answer."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def post(self, data: bytes, *, soap_action: str, timeout: float) -> Answer:
        return Answer(self.data)


@given(st.data())
def test_any_spoilt_answer_is_an_event_and_an_acceptance_only_with_our_notice(data: st.DataObject) -> None:
    document = EXAMPLE.read_bytes()
    start = data.draw(st.integers(0, len(document)))
    end = data.draw(st.integers(start, min(len(document), start + 40)))
    spoilt = document[:start] + data.draw(st.binary(max_size=12)) + document[end:]
    notice = read_typed("301202611210004276", "15376371009", "12550")
    client = SoapPspClient(PspAccount("PSP", "97249640588", "97249640588_01", "pwdpwdpwd"), Replies(spoilt))
    body = client.activation_body(notice, amount=12550, key=KEY, token_seconds=1800)
    answer = client.activate(notice, body, repeated=False, timeout=1)
    if isinstance(answer, events.ActivationAccepted):
        assert (answer.creditor, answer.iuv) == ("15376371009", "01202611210004276")
        assert answer.token


def test_one_client_serves_several_threads(
    client: SoapPspClient, backend: Any, notice: NoticeCode, example: Example
) -> None:
    backend.answers(example("verifyPaymentNoticeRes"))
    answers: list[object] = []

    def work() -> None:
        for _ in range(10):
            client.outcome_body(token="9f1c", key=KEY, details=OutcomeDetails("other", 0, "2026-11-21", "2026-11-23"))
            answers.append(client.verify(notice, timeout=10))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(answers) == 40
    assert set(map(type, answers)) == {events.NoticeVerified}
