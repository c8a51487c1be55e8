"""nodoInviaRPT at the Node, and the EC of the old model asked directly: pagopa.md 1.3, 2.8."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree

from pos_app.sandbox.legacy_records import PromisedRpt
from pos_app.sandbox.legacy_soap import (
    LEGACY_CREDITOR,
    NODE_FOR_PA,
    DocumentError,
    Head,
    pack,
    path,
    unpack,
)
from pos_app.sandbox.xmltree import Element, to_text

if TYPE_CHECKING:
    from tests.pos_app.sandbox.conftest import Rules

NUMBER = "305000000000010024"
HEAD = Head("77777777777", "77777777777_05", "77777777777", "05000000000010024", "una-prova")


def promised(rules: "Rules") -> PromisedRpt:
    """An RPT that the EC is about to send."""
    rules.till.activate(NUMBER, amount="33.00")
    return next(iter(rules.sandbox.store.promised))


def fault(answer: Element) -> str | None:
    return answer.findtext("fault/faultCode")


def changed(owed: PromisedRpt, **texts: str) -> PromisedRpt:
    """The same nodoInviaRPT, its elements changed; a name of the RPT changes it inside."""
    request = etree.fromstring(owed.xml)
    rpt = unpack(request.findtext("rpt") or "", "RPT")
    for name, value in texts.items():
        found = request.find(name)
        for each in [found] if found is not None else rpt.iter(path(name)):
            each.text = value
    packed = request.find("rpt")
    assert packed is not None
    if "rpt" not in texts:
        packed.text = pack(rpt)
    return replace(owed, xml=to_text(request))


def test_the_node_takes_an_rpt_and_answers_ok_with_redirect_0(rules: "Rules") -> None:
    answer = rules.tell(promised(rules))
    assert [(child.tag, child.text) for child in answer] == [("esito", "OK"), ("redirect", "0")]


def test_the_node_is_the_psp_of_the_rpt(rules: "Rules") -> None:
    request = etree.fromstring(promised(rules).xml)
    assert request.findtext("identificativoPSP") == "15376371009"
    assert request.findtext("identificativoCanale") == "15376371009_01"
    rpt = unpack(request.findtext("rpt") or "", "RPT")
    assert rpt.findtext(path("datiVersamento", "tipoVersamento")) == "PO"


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        ({"identificativoPSP": "70000000001"}, "PPT_PSP_SCONOSCIUTO"),
        ({"identificativoIntermediarioPSP": "70000000001"}, "PPT_INTERMEDIARIO_PSP_SCONOSCIUTO"),
        ({"identificativoCanale": "70000000001_01"}, "PPT_CANALE_SCONOSCIUTO"),
        ({"codiceContestoPagamento": "altro"}, "PPT_SEMANTICA"),
        ({"identificativoUnivocoVersamento": "1"}, "PPT_SEMANTICA"),
        ({"identificativoDominio": "88888888888"}, "PPT_SEMANTICA"),
        ({"tipoVersamento": "CP"}, "PPT_SEMANTICA"),
        ({"importoTotaleDaVersare": "34.00"}, "PPT_SEMANTICA"),
        ({"importoTotaleDaVersare": "34"}, "PPT_SINTASSI_XSD"),
        ({"rpt": "bm9uIMOoIFhNTA=="}, "PPT_SINTASSI_XSD"),
    ],
)
def test_an_rpt_that_does_not_fit_is_refused_and_changes_nothing(
    rules: "Rules", texts: dict[str, str], code: str
) -> None:
    owed = promised(rules)
    assert fault(rules.tell(changed(owed, **texts))) == code
    assert rules.sessions(NUMBER)[0].history == ("PAYING",)
    assert fault(rules.tell(owed)) is None


def test_a_ccp_of_n_a_is_refused(rules: "Rules") -> None:
    owed = replace(promised(rules), ccp="n/a")
    assert fault(rules.tell(owed)) == "PPT_SEMANTICA"


def test_an_rpt_that_nobody_asked_for_is_refused(rules: "Rules") -> None:
    assert fault(rules.tell(replace(promised(rules), ccp="un-altro"))) == "PPT_SEMANTICA"


def test_an_rpt_told_twice_is_a_duplicate(rules: "Rules") -> None:
    owed = promised(rules)
    rules.tell(owed)
    assert fault(rules.tell(owed)) == "PPT_RPT_DUPLICATA"


@pytest.mark.parametrize(
    ("head", "code"),
    [
        ({"creditor": "10000000000"}, "PPT_DOMINIO_SCONOSCIUTO"),
        ({"broker": "10000000000"}, "PPT_INTERMEDIARIO_PA_SCONOSCIUTO"),
        ({"station": "10000000000_01"}, "PPT_STAZIONE_INT_PA_SCONOSCIUTA"),
        ({"broker": "88888888888"}, "PPT_AUTORIZZAZIONE"),
    ],
)
def test_a_sender_that_the_registry_does_not_know_is_refused(rules: "Rules", head: dict[str, str], code: str) -> None:
    owed = promised(rules)
    operation = NODE_FOR_PA.operations["nodoInviaRPT"]
    answer = rules.sandbox.node.take_rpt(operation, replace(HEAD, ccp=owed.ccp, **head), etree.fromstring(owed.xml))
    assert fault(answer) == code


def ask(rules: "Rules", name: str, head: Head = HEAD, **content: Any) -> Element:
    """Ask the EC, and hold its answer to the schema; what it holds inside."""
    operation = LEGACY_CREDITOR.operations[name]
    items: Any = {
        "paaVerificaRPT": [("identificativoPSP", "15376371009")],
        "paaAttivaRPT": [
            ("identificativoPSP", "15376371009"),
            ("datiPagamentoPSP", [("importoSingoloVersamento", "33.00")]),
            ("identificativoIntermediarioPSP", "15376371009"),
            ("identificativoCanalePSP", "15376371009_01"),
        ],
        "paaInviaRT": [("tipoFirma", "0"), ("rt", content.get("rt"))],
    }[name]
    request = LEGACY_CREDITOR.request(operation, items)
    assert LEGACY_CREDITOR.schema_error(request) is None
    answer = rules.sandbox.legacy_creditor.handle(operation, head, request)
    assert LEGACY_CREDITOR.schema_error(answer) is None
    assert [str(child.tag) for child in answer] == [f"{name}Risposta"]
    return answer[0]


def test_the_ec_answers_amount_account_and_description(rules: "Rules") -> None:
    rules.put(NUMBER, amount=3300, verify_amount=3400, actualised_amount=3500, description="TARI")
    for name, amount in (("paaVerificaRPT", "34.00"), ("paaAttivaRPT", "35.00")):
        due = ask(rules, name).find("datiPagamentoPA")
        assert due is not None
        assert due.findtext("importoSingoloVersamento") == amount
        assert due.findtext("ibanAccredito") == "IT76K0300203280284975661141"
        assert due.findtext("causaleVersamento") == "TARI"


def test_a_verification_promises_no_rpt(rules: "Rules") -> None:
    ask(rules, "paaVerificaRPT")
    assert len(rules.sandbox.store.promised) == 0


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
@pytest.mark.parametrize("name", ["paaVerificaRPT", "paaAttivaRPT"])
def test_a_position_that_cannot_be_paid_is_refused_with_fault_before_esito(
    rules: "Rules", name: str, state: str, code: str
) -> None:
    rules.put(NUMBER, state=state)
    answer = ask(rules, name)
    assert [str(child.tag) for child in answer] == ["fault", "esito"]
    assert fault(answer) == code
    answered = rules.till.verify(NUMBER) if name == "paaVerificaRPT" else rules.till.activate(NUMBER)
    assert (answered.fault, answered.text("fault/originalFaultCode")) == ("PPT_ERRORE_EMESSO_DA_PAA", code)


@pytest.mark.parametrize(
    ("head", "code"),
    [
        ({"creditor": "10000000000"}, "PAA_ID_DOMINIO_ERRATO"),
        ({"station": "88888888888_01"}, "PAA_STAZIONE_INT_ERRATA"),
        ({"broker": "88888888888"}, "PAA_ID_INTERMEDIARIO_ERRATO"),
    ],
)
def test_a_header_for_somebody_else_is_refused(rules: "Rules", head: dict[str, str], code: str) -> None:
    assert fault(ask(rules, "paaVerificaRPT", replace(HEAD, **head))) == code


def test_a_notice_of_the_application_code_is_found_by_its_iuv(rules: "Rules") -> None:
    stations = [
        {**each, "model": "legacy"} if each["id"] == "77777777777_20" else each for each in _plain(rules)["stations"]
    ]
    rules.configure(stations=stations)
    assert rules.till.activate("012000000000012345").text("creditorReferenceId") == "000000000012345"
    assert rules.tell_rpts() == ["OK"]


def _plain(rules: "Rules") -> Any:
    from pos_app.sandbox.shapes import plain  # noqa: PLC0415

    return plain(rules.sandbox.registry)


def test_an_rt_told_twice_is_a_duplicate_to_the_ec(rules: "Rules") -> None:
    token = rules.till.activate(NUMBER).token
    rules.tell_rpts()
    rules.till.outcome(token)
    rt = pack(rules.rts()[0])
    head = replace(HEAD, ccp=token)
    assert fault(ask(rules, "paaInviaRT", head, rt=rt)) is None
    assert fault(ask(rules, "paaInviaRT", head, rt=rt)) == "PAA_RT_DUPLICATA"
    assert rules.deliver() == [True]


def test_a_negative_rt_leaves_the_position_to_be_paid(rules: "Rules") -> None:
    token = rules.till.activate(NUMBER).token
    rules.tell_rpts()
    rules.till.outcome(token, "KO")
    assert rules.deliver() == [True]
    position = rules.sandbox.store.positions.get(f"77777777777/{NUMBER}")
    assert position is not None
    assert position.notice.state == "payable"


def test_an_rt_that_is_none_is_refused(rules: "Rules") -> None:
    assert fault(ask(rules, "paaInviaRT", rt="bm9uIMOoIFhNTA==")) == "PAA_SINTASSI_XSD"


def test_an_rpt_is_no_rt() -> None:
    with pytest.raises(DocumentError, match="RT"):
        unpack(pack(etree.Element(path("RPT"))), "RT")
