"""Receipts from the Node to every creditor institution of the transfer list: pagopa.md 2.5, 7."""

from typing import TYPE_CHECKING

import pytest
from lxml import etree

from pos_app.sandbox.ec_calls import EcCall, EcReply
from pos_app.sandbox.faultcodes import Fault
from pos_app.sandbox.soap import CREDITOR, PA_OPERATIONS

if TYPE_CHECKING:
    from tests.pos_app.sandbox.conftest import Rules

THREE_CREDITORS = "302000000000010090"


def pay(rules: "Rules", number: str = "301000000000012373") -> str:
    token = rules.till.activate(number, paymentNote="carrello 7").token
    assert rules.till.outcome(token).ok
    return token


def refusing(rules: "Rules", *creditors: str, code: str = "PAA_SYSTEM_ERROR") -> None:
    """From now on these ECs refuse their receipts."""

    def ec(call: EcCall) -> EcReply:
        if call.station.creditor in creditors and "receipt" in {child.tag for child in call.request}:
            return EcReply(CREDITOR.refusal(call.operation, Fault(code, "no", call.station.creditor)))
        return rules.honest_ec(call)

    rules.ec = ec


def states(rules: "Rules", token: str) -> list[tuple[str, int, bool]]:
    return [(each.ec, each.tries, each.delivered) for each in rules.sandbox.store.receipts_of(token)]


def test_the_receipt_says_what_was_paid_by_whom_and_how(rules: "Rules") -> None:
    token = pay(rules)
    rules.deliver()
    call = rules.asked[-1]
    assert call.operation.name == "paSendRTV2"
    assert call.timeout == 15
    expected = {
        "idPA": "77777777777",
        "idStation": "77777777777_01",
        "receipt/receiptId": token,
        "receipt/noticeNumber": "301000000000012373",
        "receipt/fiscalCode": "77777777777",
        "receipt/outcome": "OK",
        "receipt/creditorReferenceId": "01000000000012373",
        "receipt/paymentAmount": "125.50",
        "receipt/debtor/fullName": "Mario Rossi",
        "receipt/idPSP": "70000000001",
        "receipt/pspFiscalCode": "70000000001",
        "receipt/PSPCompanyName": "Banca di Prova",
        "receipt/idChannel": "70000000001_01",
        "receipt/channelDescription": "frontOffice",
        "receipt/payer/uniqueIdentifier/entityUniqueIdentifierValue": "ANONIMO",
        "receipt/paymentMethod": "creditCard",
        "receipt/paymentNote": "carrello 7",
        "receipt/fee": "1.50",
        "receipt/paymentDateTime": "2026-11-21T10:15:30Z",
        "receipt/applicationDate": "2026-11-21",
        "receipt/transferDate": "2026-11-23",
        "receipt/standIn": "false",
    }
    assert {path: call.request.findtext(path) for path in expected} == expected


def test_without_a_payment_channel_the_receipt_says_na(rules: "Rules") -> None:
    token = rules.till.activate().token
    details = [
        ("paymentMethod", "cash"),
        ("fee", "0.00"),
        ("applicationDate", "2026-11-21"),
        ("transferDate", "2026-11-23"),
    ]
    rules.till.outcome(token, details=details)
    rules.deliver()
    assert rules.asked[-1].request.findtext("receipt/channelDescription") == "NA"


def test_an_outcome_without_details_still_makes_a_valid_receipt(rules: "Rules") -> None:
    rules.till.outcome(rules.till.activate().token, details=None)
    assert rules.deliver() == [True]


def test_every_creditor_of_the_transfer_list_gets_the_same_receipt(rules: "Rules") -> None:
    token = pay(rules, THREE_CREDITORS)
    assert rules.deliver() == [True, True, True]
    sent = rules.asked[-3:]
    assert [call.request.findtext("idPA") for call in sent] == ["77777777777", "88888888888", "66666666666"]
    assert {call.request.findtext("receipt/fiscalCode") for call in sent} == {"77777777777"}
    assert {call.request.findtext("receipt/receiptId") for call in sent} == {token}
    assert [call.operation.name for call in sent] == ["paSendRT", "paSendRTV2", "paSendRT"]
    assert rules.position(THREE_CREDITORS) == "NOTIFIED"


@pytest.mark.parametrize("api", [1, 2])
@pytest.mark.parametrize(
    ("number", "get_payment", "receipt"),
    [
        ("301000000000012373", "paGetPaymentV2", "paSendRTV2"),
        ("302000000000010090", "paGetPayment", "paSendRT"),
        ("303000000000010037", "paGetPaymentV2", "paSendRT"),
        ("304000000000010077", "paGetPayment", "paSendRTV2"),
    ],
)
def test_every_pair_of_station_versions_is_paid_by_either_api(
    rules: "Rules", api: int, number: str, get_payment: str, receipt: str
) -> None:
    token = rules.till.activate(number, version=api).token
    assert rules.till.outcome(token, version=api).ok
    rules.deliver()
    names = [call.operation.name for call in rules.asked if call.station.creditor == "77777777777"]
    assert names == [get_payment, receipt]
    assert rules.position(number) == "NOTIFIED"


def test_no_receipt_follows_a_ko_an_expiry_or_a_refusal(rules: "Rules") -> None:
    rules.till.outcome(rules.till.activate().token, "KO")
    rules.till.activate("301000000000040071")
    rules.till.activate("301000000000020057")
    rules.sandbox.advance(1801)
    rules.sandbox.node.cancel_expired()
    assert rules.deliver() == []
    assert len(rules.sandbox.store.receipts) == 0


def test_a_receipt_closes_the_position_at_the_creditor(rules: "Rules") -> None:
    pay(rules)
    rules.deliver()
    position = rules.sandbox.store.positions.get("77777777777/301000000000012373")
    assert position is not None
    assert position.notice.state == "paid"


def test_a_receipt_told_twice_is_a_duplicate_to_the_creditor_and_delivered_to_the_node(rules: "Rules") -> None:
    token = pay(rules)
    rules.deliver()
    receipt = rules.sandbox.store.receipts_of(token)[0]
    answer = rules.sandbox.creditor.handle(PA_OPERATIONS["paSendRTV2"], etree.fromstring(receipt.xml))
    assert answer.findtext("fault/faultCode") == "PAA_RECEIPT_DUPLICATA"
    refusing(rules, "77777777777", code="PAA_RECEIPT_DUPLICATA")
    other = pay(rules, "301000000000020057")
    rules.deliver()
    assert states(rules, other)[0] == ("77777777777", 1, True)


def test_one_creditor_refuses_and_the_others_are_closed(rules: "Rules") -> None:
    refusing(rules, "88888888888")
    token = pay(rules, THREE_CREDITORS)
    rules.deliver()
    assert states(rules, token) == [("77777777777", 1, True), ("88888888888", 1, False), ("66666666666", 1, True)]
    assert rules.position(THREE_CREDITORS) == "PAID"
    assert rules.sessions(THREE_CREDITORS)[0].status == "NOTICE_SENT"
    rules.ec = rules.honest_ec
    rules.sandbox.advance(3599)
    assert rules.deliver() == []
    rules.sandbox.advance(1)
    assert rules.deliver() == [True]
    assert states(rules, token)[1] == ("88888888888", 2, True)
    assert rules.position(THREE_CREDITORS) == "NOTIFIED"


def test_a_refused_receipt_is_tried_forty_eight_times_an_hour_apart(rules: "Rules") -> None:
    refusing(rules, "77777777777")
    token = pay(rules)
    for _ in range(60):
        rules.deliver()
        rules.sandbox.advance(3600)
    assert states(rules, token) == [("77777777777", 48, False)]
    assert rules.sessions()[0].history == ("PAYING", "PAID", "NOTICE_GENERATED", "NOTICE_SENT")


def test_a_creditor_that_does_not_answer_gets_the_receipt_later(rules: "Rules") -> None:
    rules.ec = lambda call: (
        rules.honest_ec(call)
        if call.operation.name.startswith("paGet")
        else EcReply(problem="PPT_STAZIONE_INT_PA_TIMEOUT", sentence="15 s")
    )
    token = pay(rules)
    assert rules.deliver() == [False]
    assert states(rules, token) == [("77777777777", 1, False)]
