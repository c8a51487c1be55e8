"""verificaBollettino, Poste's own way to a notice: pagopa.md 2.4, sandbox.md "Registry"."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.pos_app.sandbox.conftest import Answer, Rules, Till

NUMBER = "301000000000012373"
ACCOUNT = "000000001016"


def post(rules: "Rules") -> "Till":
    return rules.till.with_head(idPSP="60000000001", idBrokerPSP="60000000001", idChannel="60000000001_01")


def ask(till: "Till", account: str = ACCOUNT, number: str = NUMBER) -> "Answer":
    return till.send("verificaBollettino", [("ccPost", account), ("noticeNumber", number)])


def test_poste_finds_the_notice_by_the_account_of_its_slip(rules: "Rules") -> None:
    answer = ask(post(rules))
    assert answer.text("paymentBollettinoList/paymentOptionDescription/amount") == "125.50"
    assert answer.text("paymentBollettinoList/paymentOptionDescription/allCCP") == "true"
    assert (answer.text("fiscalCodePA"), answer.text("noticeNumber")) == ("77777777777", NUMBER)
    assert rules.position() == "INSERTED"


def test_a_creditor_without_a_postal_account_among_the_transfers_is_not_all_postal(rules: "Rules") -> None:
    answer = ask(post(rules), number="302000000000010090")
    assert answer.text("paymentBollettinoList/paymentOptionDescription/allCCP") == "false"


def test_nobody_but_poste_may_ask(rules: "Rules") -> None:
    assert ask(rules.till).fault == "PPT_AUTORIZZAZIONE"


def test_an_unknown_account_is_a_code_that_is_not_recognised(rules: "Rules") -> None:
    answer = ask(post(rules), account="999999999999")
    assert (answer.fault, answer.description) == ("PPT_SEMANTICA", "Codifica non riconosciuta")


@pytest.mark.parametrize("number", ["713014851147176400", "313019441991132400"])
def test_a_number_that_leads_to_no_station_is_told_as_such(rules: "Rules", number: str) -> None:
    assert ask(post(rules), number=number).fault == "PPT_STAZIONE_INT_PA_SCONOSCIUTA"


def test_a_notice_in_progress_or_paid_is_told_as_such(rules: "Rules") -> None:
    token = rules.till.activate().token
    assert ask(post(rules)).fault == "PPT_PAGAMENTO_IN_CORSO"
    rules.till.outcome(token)
    assert ask(post(rules)).fault == "PPT_PAGAMENTO_DUPLICATO"
