"""The Node's checks in its own order (pagopa.md 5), and what it makes of a creditor's answer (pagopa.md 2.5, 3.2)."""

from typing import TYPE_CHECKING, Any

import pytest

from pos_app.psp import wire
from pos_app.sandbox.ec_calls import EcCall, EcReply
from pos_app.sandbox.faultcodes import Fault
from pos_app.sandbox.shapes import plain
from pos_app.sandbox.soap import CREDITOR, NODE, Misread

if TYPE_CHECKING:
    from tests.pos_app.sandbox.conftest import Rules

WRONG_HEADS = [
    ({"idPSP": "nobody"}, "PPT_PSP_SCONOSCIUTO"),
    ({"idPSP": "50000000009"}, "PPT_PSP_DISABILITATO"),
    ({"idBrokerPSP": "nobody"}, "PPT_INTERMEDIARIO_PSP_SCONOSCIUTO"),
    ({"idBrokerPSP": "50000000009"}, "PPT_INTERMEDIARIO_PSP_DISABILITATO"),
    ({"idChannel": "nobody"}, "PPT_CANALE_SCONOSCIUTO"),
    ({"idChannel": "70000000001_09"}, "PPT_CANALE_DISABILITATO"),
    ({"idBrokerPSP": "40000000001"}, "PPT_AUTORIZZAZIONE"),
    ({"idChannel": "40000000001_01"}, "PPT_AUTORIZZAZIONE"),
    ({"password": "wrongwrong"}, "PPT_AUTENTICAZIONE"),
]
WRONG_PLACES = [
    ("10000000000", "301000000000012373", "PPT_DOMINIO_SCONOSCIUTO"),
    ("99999999999", "301000000000010050", "PPT_DOMINIO_DISABILITATO"),
    ("77777777777", "300456789012345678", "PPT_STAZIONE_INT_PA_SCONOSCIUTA"),
    ("77777777777", "011456789012345678", "PPT_STAZIONE_INT_PA_SCONOSCIUTA"),
    ("77777777777", "511456789012345678", "PPT_STAZIONE_INT_PA_SCONOSCIUTA"),
    ("77777777777", "309000000000010091", "PPT_STAZIONE_INT_PA_DISABILITATA"),
    ("77777777777", "310000000000010038", "PPT_INTERMEDIARIO_PA_DISABILITATO"),
]


@pytest.mark.parametrize(("head", "code"), WRONG_HEADS)
def test_who_calls_is_checked_on_every_primitive(rules: "Rules", head: dict[str, str], code: str) -> None:
    token = rules.till.activate().token
    wrong = rules.till.with_head(**head)
    answers = [wrong.verify(), wrong.activate(), wrong.activate(version=1), wrong.outcome(token)]
    answers.append(wrong.outcome(token, version=1))
    assert {answer.fault for answer in answers} == {code}
    assert {answer.text("fault/id") for answer in answers} == {"NodoDeiPagamentiSPC"}
    assert all(answer.description for answer in answers)
    assert rules.sessions()[0].history == ("PAYING",)


def test_the_broker_that_is_not_the_channels_is_named_as_the_mistake(rules: "Rules") -> None:
    answer = rules.till.with_head(idBrokerPSP="40000000001").activate()
    assert answer.description == "Configurazione intermediario-canale non corretta"


def test_only_a_channel_that_pays_at_the_psp_may_activate(rules: "Rules") -> None:
    ecommerce = rules.till.with_head(idChannel="70000000001_02")
    assert ecommerce.verify().ok
    answer = ecommerce.activate()
    assert (answer.fault, answer.description) == (
        "PPT_AUTORIZZAZIONE",
        "Il canale non è di tipo 'ATTIVATO_PRESSO_PSP'",
    )


@pytest.mark.parametrize(("creditor", "number", "code"), WRONG_PLACES)
def test_where_the_notice_is_kept_is_checked(rules: "Rules", creditor: str, number: str, code: str) -> None:
    assert rules.till.verify(number, creditor).fault == code
    assert rules.till.activate(number, creditor).fault == code
    assert rules.asked == []


ORDER: list[dict[str, Any]] = [
    {"head": {"idPSP": "nobody"}},
    {"head": {"idBrokerPSP": "nobody"}},
    {"head": {"idChannel": "nobody"}},
    {"head": {"password": "wrongwrong"}},
    {"creditor": "10000000000"},
]


@pytest.mark.parametrize("first", range(len(ORDER)))
def test_of_several_mistakes_the_first_in_the_nodes_order_is_told(rules: "Rules", first: int) -> None:
    codes = [
        "PPT_PSP_SCONOSCIUTO",
        "PPT_INTERMEDIARIO_PSP_SCONOSCIUTO",
        "PPT_CANALE_SCONOSCIUTO",
        "PPT_AUTENTICAZIONE",
        "PPT_DOMINIO_SCONOSCIUTO",
    ]
    head: dict[str, str] = {}
    for mistake in ORDER[first:]:
        head.update(mistake.get("head", {}))
    assert rules.till.with_head(**head).activate(creditor="10000000000").fault == codes[first]


def test_the_station_comes_before_the_position(rules: "Rules") -> None:
    rules.till.activate()
    stations = [{**each, "enabled": False} for each in plain(rules.sandbox.registry)["stations"]]
    rules.configure(stations=stations)
    assert rules.till.activate().fault == "PPT_STAZIONE_INT_PA_DISABILITATA"


def test_the_checks_come_before_the_idempotency_key(rules: "Rules") -> None:
    key = rules.till.new_key()
    rules.till.activate(key=key)
    assert rules.till.with_head(password="wrongwrong").activate(key=key).fault == "PPT_AUTENTICAZIONE"


@pytest.mark.parametrize(
    ("number", "station"),
    [
        ("301000000000012373", "77777777777_01"),
        ("302000000000010090", "77777777777_02"),
        ("012000000000012345", "77777777777_20"),
        ("123456789012345678", "77777777777_21"),
        ("212345678901234544", "77777777777_22"),
    ],
)
def test_the_aux_digit_and_the_code_after_it_lead_to_the_station(rules: "Rules", number: str, station: str) -> None:
    assert rules.till.verify(number).ok
    assert rules.asked[0].station.id == station


@pytest.mark.parametrize(
    ("number", "operation"),
    [("301000000000012373", "paGetPaymentV2"), ("302000000000010090", "paGetPayment")],
)
@pytest.mark.parametrize("version", [1, 2])
def test_the_station_decides_which_paGetPayment_is_asked(  # noqa: N802 - the primitive's own name
    rules: "Rules", number: str, operation: str, version: int
) -> None:
    assert rules.till.activate(number, version=version).ok
    assert [call.operation.name for call in rules.asked] == [operation]


def test_the_question_to_the_creditor_carries_what_the_psp_said(rules: "Rules") -> None:
    rules.till.activate(amount="120.00", dueDate="2026-12-01", paymentNote="nota")
    asked = rules.asked[0].request
    names = ("idPA", "idBrokerPA", "idStation", "amount", "paymentNote", "transferType", "dueDate")
    assert [asked.findtext(name) for name in names] == [
        "77777777777",
        "77777777777",
        "77777777777_01",
        "120.00",
        "nota",
        None,
        "2026-12-01",
    ]
    assert rules.asked[0].timeout == 7


def test_the_psps_transfer_type_is_put_in_by_the_node(rules: "Rules") -> None:
    post = rules.till.with_head(idPSP="60000000001", idBrokerPSP="60000000001", idChannel="60000000001_01")
    answer = post.activate()
    assert rules.asked[0].request.findtext("transferType") == "POSTAL"
    assert answer.text("transferList/transfer/IBAN") == "IT45R0760103200000000001016"


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("expired", "PAA_PAGAMENTO_SCADUTO"),
        ("revoked", "PAA_PAGAMENTO_ANNULLATO"),
        ("unknown", "PAA_PAGAMENTO_SCONOSCIUTO"),
        ("paid", "PAA_PAGAMENTO_DUPLICATO"),
        ("in_progress", "PAA_PAGAMENTO_IN_CORSO"),
    ],
)
def test_a_creditors_refusal_is_relayed_with_its_own_fault(rules: "Rules", state: str, code: str) -> None:
    rules.put(number := "301000000000000144", state=state)
    for answer in (rules.till.verify(number), rules.till.activate(number)):
        assert answer.fault == "PPT_ERRORE_EMESSO_DA_PAA"
        assert answer.text("fault/id") == "77777777777"
        assert answer.text("fault/originalFaultCode") == code
        assert answer.text("fault/originalFaultString")
        assert answer.text("fault/originalDescription")


def test_a_broker_without_extended_faults_gets_the_creditors_error_in_the_description(rules: "Rules") -> None:
    rules.put(number := "301000000000000144", state="expired")
    answer = rules.till.as_rival().verify(number)
    assert answer.fault == "PPT_ERRORE_EMESSO_DA_PAA"
    assert answer.text("fault/originalFaultCode") is None
    assert "PAA_PAGAMENTO_SCADUTO" in answer.description


def test_an_unknown_code_of_a_creditor_passes_through_unchanged(rules: "Rules") -> None:
    fault = Fault("PAA_STRANO_ASSAI", "mai visto", "77777777777")
    rules.ec = lambda call: EcReply(CREDITOR.refusal(call.operation, fault))
    assert rules.till.activate().text("fault/originalFaultCode") == "PAA_STRANO_ASSAI"


def spoilt(rules: "Rules", spoil: Any) -> None:
    """From now on the creditor's answer is changed by `spoil` before the Node sees it."""

    def ec(call: EcCall) -> EcReply:
        element = rules.sandbox.creditor.handle(call.operation, call.request)
        spoil(element)
        return EcReply(element)

    rules.ec = ec


def set_text(path: str, value: str) -> Any:
    def spoil(element: Any) -> None:
        element.find(path).text = value

    return spoil


def drop(path: str) -> Any:
    def spoil(element: Any) -> None:
        found = element.find(path)
        found.getparent().remove(found)

    return spoil


@pytest.mark.parametrize(
    "spoil",
    [
        set_text("data/paymentAmount", "125.51"),
        set_text("data/transferList/transfer/IBAN", "IT45R0760103200000000001015"),
        set_text("data/transferList/transfer/fiscalCodePA", "10000000000"),
        set_text("data/transferList/transfer/fiscalCodePA", "99999999999"),
        set_text("data/transferList/transfer/transferAmount", "125.5"),
        drop("data/creditorReferenceId"),
        drop("data/transferList/transfer"),
        drop("data"),
    ],
)
def test_a_creditors_answer_that_does_not_add_up_is_refused(rules: "Rules", spoil: Any) -> None:
    spoilt(rules, spoil)
    assert rules.till.activate().fault == "PPT_STAZIONE_INT_PA_ERRORE_RESPONSE"
    assert rules.sessions() == ()


@pytest.mark.parametrize("name", ["paymentList", "paymentDescription", "fiscalCodePA", "companyName"])
def test_a_verify_answer_must_have_everything_but_the_office(rules: "Rules", name: str) -> None:
    spoilt(rules, drop(name))
    assert rules.till.verify().fault == "PPT_STAZIONE_INT_PA_ERRORE_RESPONSE"


@pytest.mark.parametrize("version", [1, 2])
def test_a_revenue_stamp_cannot_be_activated_at_a_psps_till(rules: "Rules", version: int) -> None:
    answer = rules.till.activate("301000000000090013", version=version)
    assert (answer.fault, answer.description) == ("PPT_SEMANTICA", "Pagamento non attivabile")
    assert rules.position("301000000000090013") == "INSERTED"


def test_what_breaks_the_schema_is_named_in_the_schemas_words(rules: "Rules") -> None:
    with pytest.raises(Misread) as caught:
        rules.till.activate(number="12345")
    assert caught.value.code == "PPT_SINTASSI_EXTRAXSD"
    assert "noticeNumber" in caught.value.description


@pytest.mark.parametrize("amount", ["10", "10.1", "10,00", "-1.00", "1000000000.00"])
def test_an_amount_without_exactly_two_decimals_breaks_the_schema(rules: "Rules", amount: str) -> None:
    with pytest.raises(Misread, match="amount"):
        rules.till.activate(amount=amount)


def test_a_wrong_soap_action_is_refused_by_its_own_code(rules: "Rules") -> None:
    request = wire.OPERATIONS["verifyPaymentNotice"]
    body = wire.envelope(CREDITOR.request(request, []))
    with pytest.raises(Misread) as caught:
        NODE.open(body, '"activatePaymentNotice"')
    assert caught.value.code == "PPT_SOAPACTION_ERRATA"
