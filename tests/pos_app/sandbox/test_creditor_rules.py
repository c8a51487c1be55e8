"""The creditor institution of the current model: pagopa.md 2.5, 2.6."""

from typing import TYPE_CHECKING, Any

import pytest

from pos_app.sandbox.registry_entries import is_postal
from pos_app.sandbox.soap import CREDITOR, PA_OPERATIONS
from pos_app.sandbox.xmltree import Element, text

if TYPE_CHECKING:
    from tests.pos_app.sandbox.conftest import Rules

NUMBER = "301000000000000144"
BANK, POSTAL = "IT76K0300203280284975661141", "IT45R0760103200000000001016"


def ask(rules: "Rules", name: str, number: str = NUMBER, **extra: Any) -> Element:
    """Ask the EC, and hold its answer to the schema."""
    head = {"idPA": "77777777777", "idBrokerPA": "77777777777", "idStation": "77777777777_01"}
    head.update({key: extra.pop(key) for key in list(extra) if key in head})
    qr_code = [("fiscalCode", extra.pop("creditor", "77777777777")), ("noticeNumber", number)]
    items: Any = [*head.items(), ("qrCode", qr_code), *extra.items()]
    request = CREDITOR.request(PA_OPERATIONS[name], items)
    assert CREDITOR.schema_error(request) is None
    answer = rules.sandbox.creditor.handle(PA_OPERATIONS[name], request)
    assert CREDITOR.schema_error(answer) is None
    return answer


def fault(answer: Element) -> str | None:
    return text(answer, "fault/faultCode")


@pytest.mark.parametrize("name", ["paGetPayment", "paGetPaymentV2"])
def test_asking_for_a_payment_is_a_read_and_locks_nothing(rules: "Rules", name: str) -> None:
    rules.put(NUMBER)
    first, second = ask(rules, name), ask(rules, name)
    assert text(first, "outcome") == text(second, "outcome") == "OK"


@pytest.mark.parametrize("name", ["paGetPayment", "paGetPaymentV2"])
def test_the_creditors_own_amount_wins_over_the_one_it_is_asked_for(rules: "Rules", name: str) -> None:
    rules.put(NUMBER, amount=10000, actualised_amount=10350)
    assert text(ask(rules, name, amount="100.00"), "data/paymentAmount") == "103.50"
    assert text(ask(rules, name), "data/transferList/transfer/transferAmount") == "103.50"


def test_what_a_first_transfer_gains_by_actualising_the_others_do_not(rules: "Rules") -> None:
    transfers = [{"fiscal_code": "77777777777", "amount": 9000}, {"fiscal_code": "88888888888", "amount": 1000}]
    rules.put(NUMBER, amount=10000, actualised_amount=10350, transfers=transfers)
    amounts = [each.findtext("transferAmount") for each in ask(rules, "paGetPaymentV2").iterfind("data/transferList/*")]
    assert amounts == ["93.50", "10.00"]


def test_retention_date_and_last_payment_are_answered(rules: "Rules") -> None:
    rules.put(NUMBER)
    answer = ask(rules, "paGetPaymentV2")
    assert text(answer, "data/retentionDate") == "2026-12-31T23:59:59"
    assert text(answer, "data/lastPayment") == "true"


def test_anybody_else_is_answered_the_bank_account(rules: "Rules") -> None:
    rules.put(NUMBER)
    assert text(ask(rules, "paGetPaymentV2"), "data/transferList/transfer/IBAN") == BANK


def test_postal_is_answered_the_account_of_the_data_matrix(rules: "Rules") -> None:
    rules.put(NUMBER)
    answer = ask(rules, "paGetPaymentV2", transferType="POSTAL")
    assert text(answer, "data/transferList/transfer/IBAN") == POSTAL


def test_postal_is_answered_postal_accounts_wherever_there_are_any(rules: "Rules") -> None:
    transfers = [
        {"fiscal_code": "77777777777", "amount": 5000, "iban": BANK, "postal_iban": POSTAL},
        {"fiscal_code": "88888888888", "amount": 3000},
        {"fiscal_code": "66666666666", "amount": 2000},
    ]
    rules.put(NUMBER, amount=10000, transfers=transfers)
    answer = ask(rules, "paGetPaymentV2", transferType="POSTAL")
    ibans = [each.findtext("IBAN") or "" for each in answer.iterfind("data/transferList/transfer")]
    assert [is_postal(iban) for iban in ibans] == [True, True, False]


def test_a_revenue_stamp_needs_the_second_version(rules: "Rules") -> None:
    rules.put(NUMBER, amount=1600, transfers=[{"fiscal_code": "77777777777", "amount": 1600, "stamp_duty": True}])
    assert fault(ask(rules, "paGetPayment")) == "PAA_SEMANTICA"
    stamped = ask(rules, "paGetPaymentV2")
    assert stamped.find("data/transferList/transfer/richiestaMarcaDaBollo") is not None
    assert stamped.find("data/transferList/transfer/IBAN") is None


@pytest.mark.parametrize("count", range(1, 6))
def test_one_to_five_transfers_are_numbered_from_one(rules: "Rules", count: int) -> None:
    rules.put(NUMBER, amount=count * 100, transfers=[{"fiscal_code": "77777777777", "amount": 100}] * count)
    numbers = [each.findtext("idTransfer") for each in ask(rules, "paGetPaymentV2").iterfind("data/transferList/*")]
    assert numbers == [str(number) for number in range(1, count + 1)]


@pytest.mark.parametrize(
    ("head", "code"),
    [
        ({"idPA": "10000000000"}, "PAA_ID_DOMINIO_ERRATO"),
        ({"idStation": "88888888888_01"}, "PAA_STAZIONE_INT_ERRATA"),
        ({"idBrokerPA": "88888888888"}, "PAA_ID_INTERMEDIARIO_ERRATO"),
        ({"creditor": "88888888888"}, "PAA_ID_DOMINIO_ERRATO"),
    ],
)
def test_a_question_for_somebody_else_is_refused(rules: "Rules", head: dict[str, str], code: str) -> None:
    rules.put(NUMBER)
    assert fault(ask(rules, "paVerifyPaymentNotice", **head)) == code


def test_a_notice_that_it_never_issued_is_unknown(rules: "Rules") -> None:
    assert fault(ask(rules, "paVerifyPaymentNotice", "301000000009999999")) == "PAA_PAGAMENTO_SCONOSCIUTO"
