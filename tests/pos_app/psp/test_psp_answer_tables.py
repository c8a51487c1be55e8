"""Both answer tables of architecture.md, row by row, over a real connection."""

from collections.abc import Callable
from typing import Any

import pytest

from pos_app.domain import events
from pos_app.domain.notice import NoticeCode
from pos_app.psp.account import PspAccount
from pos_app.psp.client import SoapPspClient
from pos_app.psp.contract import OutcomeAnswer, OutcomeDetails
from pos_app.psp.transport import HttpTransport

Example = Callable[[str], bytes]
DETAILS = OutcomeDetails("creditCard", 150, "2026-11-21", "2026-11-23")
CONFIGURATION = [
    "PPT_AUTENTICAZIONE", "PPT_AUTORIZZAZIONE", "PPT_PSP_SCONOSCIUTO", "PPT_PSP_DISABILITATO",
    "PPT_INTERMEDIARIO_PSP_SCONOSCIUTO", "PPT_INTERMEDIARIO_PSP_DISABILITATO",
    "PPT_CANALE_SCONOSCIUTO", "PPT_CANALE_DISABILITATO",
]  # fmt: skip


@pytest.fixture(params=[1, 2], ids=["V1", "V2"])
def client(request: pytest.FixtureRequest, account: PspAccount, transport: HttpTransport) -> SoapPspClient:
    head = (account.id, account.broker_id, account.channel_id, account.password)
    return SoapPspClient(PspAccount(*head, api_version=request.param), transport)


@pytest.fixture
def wrapper(client: SoapPspClient) -> str:
    return "V2Response" if client._account.api_version == 2 else "Res"


def ko(wrapper: str, code: str, description: str = "d", more: str = "") -> str:
    return _response(
        wrapper,
        f"<outcome>KO</outcome><fault><faultCode>{code}</faultCode><faultString>s</faultString>"
        f"<id>NodoDeiPagamentiSPC</id><description>{description}</description>{more}</fault>",
    )


def _response(wrapper: str, content: str) -> str:
    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<n:{wrapper} xmlns:n="http://pagopa-api.pagopa.gov.it/node/nodeForPsp.xsd">{content}</n:{wrapper}>'
        "</s:Body></s:Envelope>"
    )


SOAP_FAULT = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>'
    "<faultcode>s:Server</faultcode><faultstring>broken</faultstring></s:Fault></s:Body></s:Envelope>"
)

# --- activate ----------------------------------------------------------------------------------


@pytest.fixture
def activated(wrapper: str) -> Callable[..., str]:
    def answer(**changes: str | None) -> str:
        fields: dict[str, str | None] = {
            "outcome": "OK",
            "totalAmount": "125.50",
            "paymentDescription": "TARI 2026",
            "fiscalCodePA": "15376371009",
            "companyName": "Comune di Prova",
            "officeName": "Tributi",
            "paymentToken": "9f1c2d3e4b5a60718293a4b5c6d7e8f9",
            "creditorReferenceId": "01202611210004276",
            "standin": "true",
        }
        content = "".join(f"<{k}>{v}</{k}>" for k, v in {**fields, **changes}.items() if v is not None)
        return _response(f"activatePaymentNotice{wrapper}", content)

    return answer


@pytest.fixture
def activate(client: SoapPspClient, backend: Any, notice: NoticeCode, activation: str) -> Callable[..., events.Event]:
    def call(answer: str, *, repeated: bool, status: int = 200) -> events.Event:
        backend.answers(answer, status=status)
        return client.activate(notice, activation, repeated=repeated, timeout=5)

    return call


both_calls = pytest.mark.parametrize("repeated", [False, True], ids=["first", "repeat"])


@both_calls
def test_an_activation_with_token_total_and_our_notice_is_accepted(
    *, activate: Callable[..., events.Event], activated: Callable[..., str], repeated: bool
) -> None:
    assert activate(activated(), repeated=repeated) == events.ActivationAccepted(
        token="9f1c2d3e4b5a60718293a4b5c6d7e8f9",
        amount=12550,
        creditor="15376371009",
        iuv="01202611210004276",
        company_name="Comune di Prova",
        office_name="Tributi",
        description="TARI 2026",
        standin=True,
    )


def test_p17_a_changed_total_is_reported_as_it_is(
    activate: Callable[..., events.Event], activated: Callable[..., str]
) -> None:
    accepted = activate(activated(totalAmount="130.00"), repeated=False)
    assert isinstance(accepted, events.ActivationAccepted)
    assert accepted.amount == 13000


@both_calls
@pytest.mark.parametrize(
    "changes",
    [
        {"paymentToken": None}, {"paymentToken": "  "}, {"totalAmount": None}, {"creditorReferenceId": None},
        {"creditorReferenceId": "01202611210004277"}, {"fiscalCodePA": None}, {"fiscalCodePA": "01199250158"},
    ],
)  # fmt: skip
def test_p15_an_ok_without_token_or_total_or_of_another_notice_is_unanswered(
    *,
    activate: Callable[..., events.Event],
    activated: Callable[..., str],
    changes: dict[str, str | None],
    repeated: bool,
) -> None:
    answer = activate(activated(**changes), repeated=repeated)
    assert isinstance(answer, events.ActivationUnanswered)
    assert "activate" in answer.reason


PERHAPS_OURS = ["PPT_PAGAMENTO_IN_CORSO", "PPT_ATTIVAZIONE_IN_CORSO", "PPT_SYSTEM_ERROR"]


@pytest.mark.parametrize("code", PERHAPS_OURS)
def test_p18_p19_a_payment_under_way_is_a_refusal_at_first_and_maybe_ours_on_a_repeat(
    activate: Callable[..., events.Event], wrapper: str, code: str
) -> None:
    answer = ko(f"activatePaymentNotice{wrapper}", code)
    assert isinstance(activate(answer, repeated=False), events.ActivationRefused)
    assert isinstance(activate(answer, repeated=True), events.ActivationUnanswered)


@both_calls
@pytest.mark.parametrize("code", ["PPT_PAGAMENTO_DUPLICATO", "PPT_ERRORE_IDEMPOTENZA", "PAA_PAGAMENTO_IN_CORSO", "X"])
def test_any_other_ko_to_activate_is_a_refusal(
    *, activate: Callable[..., events.Event], wrapper: str, code: str, repeated: bool
) -> None:
    answer = activate(ko(f"activatePaymentNotice{wrapper}", code, "perché"), repeated=repeated)
    assert isinstance(answer, events.ActivationRefused)
    assert (answer.code, answer.description) == (code, "perché")


def test_a_refusal_tells_the_creditors_own_code(activate: Callable[..., events.Event], wrapper: str) -> None:
    more = (
        "<originalFaultCode>PAA_PAGAMENTO_SCADUTO</originalFaultCode>"
        "<originalDescription>scaduto il 31/10/2026</originalDescription>"
    )
    answer = activate(ko(f"activatePaymentNotice{wrapper}", "PPT_ERRORE_EMESSO_DA_PAA", more=more), repeated=False)
    assert answer == events.ActivationRefused(
        "PPT_ERRORE_EMESSO_DA_PAA", "EXPIRED_NOTICE", "PAA_PAGAMENTO_SCADUTO", "scaduto il 31/10/2026"
    )


@both_calls
@pytest.mark.parametrize("status", [200, 500])
def test_p24_a_soap_fault_to_activate_is_unanswered(
    *, activate: Callable[..., events.Event], repeated: bool, status: int
) -> None:
    answer = activate(SOAP_FAULT, repeated=repeated, status=status)
    assert answer == events.ActivationUnanswered("A soap:Fault came instead of an answer.")


@both_calls
@pytest.mark.parametrize("status", [202, 401, 403, 404, 503])
def test_another_status_than_200_to_activate_is_unanswered(
    *, activate: Callable[..., events.Event], activated: Callable[..., str], repeated: bool, status: int
) -> None:
    assert isinstance(activate(activated(), repeated=repeated, status=status), events.ActivationUnanswered)


@both_calls
def test_even_an_ok_under_status_500_does_not_count(
    *, activate: Callable[..., events.Event], activated: Callable[..., str], repeated: bool
) -> None:
    answer = activate(activated(), repeated=repeated, status=500)
    assert answer == events.ActivationUnanswered("HTTP 500 came with the answer OK.")


def test_a_ko_under_status_500_does_not_count_but_its_code_is_told(
    activate: Callable[..., events.Event], wrapper: str
) -> None:
    answer = activate(ko(f"activatePaymentNotice{wrapper}", "PPT_DOMINIO_SCONOSCIUTO"), repeated=False, status=500)
    assert answer == events.ActivationUnanswered("HTTP 500 came with the answer PPT_DOMINIO_SCONOSCIUTO.")


# --- sendPaymentOutcome ------------------------------------------------------------------------


@pytest.fixture
def send(client: SoapPspClient, backend: Any, key: str) -> Callable[..., OutcomeAnswer]:
    def call(verdict: str, answer: str, *, status: int = 200) -> OutcomeAnswer:
        backend.answers(answer, status=status)
        body = client.outcome_body(token="9f1c", key=key, details=DETAILS if verdict == "OK" else None)
        return client.send_outcome(body, verdict=verdict, timeout=5)

    return call


def refused(code: str, description: str = "d") -> events.OutcomeRefused:
    return events.OutcomeRefused(code, description)


def blocked(code: str, description: str = "d", *, at_once: bool = False) -> events.OutcomeBlocked:
    return events.OutcomeBlocked(code, description, at_once)


both_verdicts = pytest.mark.parametrize("verdict", ["OK", "KO"])
CONCORDE = 'Esito concorde: {"applicationDate":"2026-11-21","fee":"1.50","outcome":"OK"}'
DISCORDE = 'Esito discorde: {"outcome":"KO"}'
STATE = "Outcome non accettabile per stato pagamento"
ALREADY = "PPT_ESITO_GIA_ACQUISITO"


@both_verdicts
def test_a_recorded_outcome_is_accepted(send: Callable[..., OutcomeAnswer], wrapper: str, verdict: str) -> None:
    answer = _response(f"sendPaymentOutcome{wrapper}", "<outcome>OK</outcome>")
    assert send(verdict, answer) == events.OutcomeAccepted()


@pytest.mark.parametrize(
    ("code", "description", "sent_ok", "sent_ko"),
    [
        (ALREADY, CONCORDE, events.OutcomeAccepted(), events.OutcomeAccepted()),
        (ALREADY, DISCORDE, *[events.OutcomeDiscordant(ALREADY, DISCORDE)] * 2),
        (ALREADY, "d", *[refused(ALREADY)] * 2),
        (ALREADY, "Non Esito concorde", *[refused(ALREADY, "Non Esito concorde")] * 2),
        ("PPT_TOKEN_SCADUTO", "d", events.OutcomeRecordedLate("PPT_TOKEN_SCADUTO"), refused("PPT_TOKEN_SCADUTO")),
        (
            "PPT_TOKEN_SCADUTO_KO",
            "d",
            refused("PPT_TOKEN_SCADUTO_KO"),
            events.OutcomeRecordedLate("PPT_TOKEN_SCADUTO_KO"),
        ),
        ("PPT_PAGAMENTO_DUPLICATO", "d", *[events.RivalPaymentFound("PPT_PAGAMENTO_DUPLICATO")] * 2),
        *[(code, "d", *[blocked(code)] * 2) for code in CONFIGURATION],
        ("PPT_ERRORE_IDEMPOTENZA", "d", *[blocked("PPT_ERRORE_IDEMPOTENZA", at_once=True)] * 2),
        ("PPT_SEMANTICA", STATE, *[blocked("PPT_SEMANTICA", STATE, at_once=True)] * 2),
        ("PPT_SEMANTICA", "d", *[refused("PPT_SEMANTICA")] * 2),
        *[
            (code, "d", *[refused(code)] * 2)
            for code in (
                "PPT_TOKEN_SCONOSCIUTO",
                "PPT_PAGAMENTO_SCONOSCIUTO",
                "PPT_SINTASSI_XSD",
                "PPT_SINTASSI_EXTRAXSD",
                "PPT_NEVER_HEARD_OF",
                "PAA_PAGAMENTO_DUPLICATO",
            )
        ],
    ],
)
def test_a_ko_to_an_outcome_means_what_the_table_says(
    *,
    send: Callable[..., OutcomeAnswer],
    wrapper: str,
    code: str,
    description: str,
    sent_ok: OutcomeAnswer,
    sent_ko: OutcomeAnswer,
) -> None:
    answer = ko(f"sendPaymentOutcome{wrapper}", code, description)
    assert send("OK", answer) == sent_ok
    assert send("KO", answer) == sent_ko


@both_verdicts
@pytest.mark.parametrize("status", [401, 403])
def test_a_terminal_that_is_not_let_in_is_blocked(
    send: Callable[..., OutcomeAnswer], verdict: str, status: int
) -> None:
    answer = send(verdict, "", status=status)
    assert isinstance(answer, events.OutcomeBlocked)
    assert (answer.code, answer.at_once) == (f"HTTP {status}", False)


@both_verdicts
@pytest.mark.parametrize("status", [200, 500])
def test_p24_a_soap_fault_to_an_outcome_is_unanswered(
    send: Callable[..., OutcomeAnswer], verdict: str, status: int
) -> None:
    assert isinstance(send(verdict, SOAP_FAULT, status=status), events.OutcomeUnanswered)


@both_verdicts
def test_a_system_error_does_not_say_whether_the_outcome_is_there(
    send: Callable[..., OutcomeAnswer], wrapper: str, verdict: str
) -> None:
    answer = send(verdict, ko(f"sendPaymentOutcome{wrapper}", "PPT_SYSTEM_ERROR"))
    assert isinstance(answer, events.OutcomeUnanswered)
    assert answer.reason.startswith("PPT_SYSTEM_ERROR")


@both_verdicts
@pytest.mark.parametrize("status", [202, 404, 429, 500, 502, 503])
def test_even_an_accepted_outcome_under_another_status_than_200_does_not_count(
    send: Callable[..., OutcomeAnswer], wrapper: str, verdict: str, status: int
) -> None:
    answer = _response(f"sendPaymentOutcome{wrapper}", "<outcome>OK</outcome>")
    assert isinstance(send(verdict, answer, status=status), events.OutcomeUnanswered)


@both_verdicts
@pytest.mark.parametrize(
    "content",
    [
        "<outcome>BOH</outcome>",
        "<outcome>ok</outcome>",
        "",
        "<outcome/>",
        "<outcome>KO</outcome>",
        "<outcome>KO</outcome><fault><faultCode/><faultString/><id/></fault>",
        "<outcome>OK</outcome><fault><faultCode>X</faultCode><faultString/><id/></fault>",
        "<outcome>OK</outcome><outcome>OK</outcome>",
        "<outcome>OK</outcome><outcome>KO</outcome>",
        "<n:outcome>OK</n:outcome>",
        "<outcome>OK</outcome><n:outcome>KO</n:outcome>",
        "<outcome xmlns:x='http://www.w3.org/2001/XMLSchema-instance' x:nil='true'/>",
    ],
)
def test_p13_p14_an_answer_that_does_not_say_one_known_outcome_is_unanswered(
    send: Callable[..., OutcomeAnswer], wrapper: str, verdict: str, content: str
) -> None:
    answer = send(verdict, _response(f"sendPaymentOutcome{wrapper}", content))
    assert isinstance(answer, events.OutcomeUnanswered)
