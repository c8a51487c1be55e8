"""Payments with an EC of the old model, as the Node's own tests have them: pagopa.md 1.3."""

from typing import TYPE_CHECKING

import pytest

from pos_app.sandbox.ec_calls import EcCall, EcReply
from pos_app.sandbox.faultcodes import Fault
from pos_app.sandbox.legacy_soap import LEGACY_CREDITOR, path, read_head, unpack
from pos_app.sandbox.xmltree import Element

if TYPE_CHECKING:
    from tests.pos_app.sandbox.conftest import Rules

NUMBER = "305000000000010024"
REFERENCE = "05000000000010024"
ENDED = ("PAID", "NOTICE_GENERATED", "NOTICE_STORED")


def expire(rules: "Rules") -> None:
    rules.sandbox.advance(1801)
    rules.sandbox.node.cancel_expired()


def activate(rules: "Rules", *, rpt: bool = True) -> str:
    """A session; its RPT has reached the Node, or is on its way."""
    token = rules.till.activate(NUMBER, amount="33.00").token
    assert token
    if rpt:
        assert rules.tell_rpts() == ["OK"]
    return token


def history(rules: "Rules", token: str) -> tuple[str, ...]:
    session = rules.sandbox.store.sessions.get(token)
    assert session is not None
    return session.history


def told(rt: Element) -> tuple[str | None, str | None, str | None]:
    """What an RT says: its code, the amount, and the outcome of the single payment."""
    single = path("datiPagamento", "datiSingoloPagamento", "esitoSingoloPagamento")
    names = (path("datiPagamento", "codiceEsitoPagamento"), path("datiPagamento", "importoTotalePagato"), single)
    code, amount, outcome = (rt.findtext(name) for name in names)
    return code, amount, outcome


@pytest.mark.parametrize("version", [1, 2])
def test_the_psp_sees_no_difference(rules: "Rules", version: int) -> None:
    verified = rules.till.verify(NUMBER)
    assert verified.text("paymentList/paymentOptionDescription/amount") == "33.00"
    assert verified.text("companyName") == "Comune di Prova"
    activated = rules.till.activate(NUMBER, amount="33.00", version=version)
    assert activated.text("totalAmount") == "33.00"
    assert activated.text("creditorReferenceId") == REFERENCE
    assert activated.text("fiscalCodePA") == "77777777777"
    assert activated.text("transferList/transfer/IBAN") == "IT76K0300203280284975661141"
    assert rules.till.outcome(activated.token, version=version).ok
    assert rules.till.verify(NUMBER).fault == "PPT_PAGAMENTO_DUPLICATO"
    assert [call.operation.name for call in rules.asked] == ["paaVerificaRPT", "paaAttivaRPT"]


def test_the_token_is_the_ccp_of_the_header_the_rpt_and_the_rt(rules: "Rules") -> None:
    token = activate(rules)
    assert rules.asked[-1].header is not None
    head = read_head(rules.asked[-1].header)
    assert (head.ccp, head.reference, head.creditor) == (token, REFERENCE, "77777777777")
    occurrence = rules.sandbox.store.occurrences.get(token)
    assert occurrence is not None
    rules.till.outcome(token)
    assert rules.deliver() == [True]
    sent = rules.asked[-1]
    assert sent.operation.name == "paaInviaRT"
    assert sent.header is not None
    assert read_head(sent.header).ccp == token
    rt = unpack(sent.request.findtext("rt") or "", "RT")
    assert rt.findtext(path("datiPagamento", "CodiceContestoPagamento")) == token
    assert rt.findtext(path("datiPagamento", "identificativoUnivocoVersamento")) == REFERENCE
    receipt = rules.sandbox.store.receipts_of(token)[0]
    assert receipt.token == token


def test_a_payment_with_its_rpt_ends_in_a_stored_notice_and_a_positive_rt(rules: "Rules") -> None:
    token = activate(rules)
    assert history(rules, token) == ("PAYING", "PAYING_RPT")
    assert rules.position(NUMBER) == "PAYING"
    rules.till.outcome(token)
    assert history(rules, token) == ("PAYING", "PAYING_RPT", *ENDED)
    assert rules.position(NUMBER) == "PAID"
    assert [told(rt) for rt in rules.rts()] == [("0", "33.00", "ESEGUITO")]


def test_the_rt_carries_the_fee_and_what_the_rpt_said(rules: "Rules") -> None:
    token = activate(rules)
    rules.till.outcome(token)
    rt = rules.rts()[0]
    expected = {
        path("dominio", "identificativoStazioneRichiedente"): "77777777777_05",
        path("riferimentoMessaggioRichiesta"): token,
        path("istitutoAttestante", "denominazioneAttestante"): "Banca di Prova",
        path("enteBeneficiario", "denominazioneBeneficiario"): "Comune di Prova",
        path("soggettoPagatore", "anagraficaPagatore"): "Mario Rossi",
        path("datiPagamento", "datiSingoloPagamento", "commissioniApplicatePSP"): "1.50",
        path("datiPagamento", "datiSingoloPagamento", "identificativoUnivocoRiscossione"): token,
        path("datiPagamento", "datiSingoloPagamento", "causaleVersamento"): "Ente con il modello RPT",
    }
    assert {name: rt.findtext(name) for name in expected} == expected


def test_an_ok_before_the_rpt_waits_for_it(rules: "Rules") -> None:
    token = activate(rules, rpt=False)
    assert rules.till.outcome(token).ok
    assert history(rules, token) == ("PAYING", "PAID_NORPT")
    assert rules.position(NUMBER) == "PAID"
    assert rules.rts() == []
    assert rules.tell_rpts() == ["OK"]
    assert history(rules, token) == ("PAYING", "PAID_NORPT", *ENDED)
    assert [told(rt) for rt in rules.rts()] == [("0", "33.00", "ESEGUITO")]


def test_a_ko_with_its_rpt_ends_in_a_negative_rt(rules: "Rules") -> None:
    token = activate(rules)
    assert rules.till.outcome(token, "KO").ok
    assert history(rules, token) == ("PAYING", "PAYING_RPT", "FAILED")
    assert rules.position(NUMBER) == "INSERTED"
    assert [told(rt) for rt in rules.rts()] == [("1", "0.00", "SENDPAYMENTOUTCOME:KO")]


def test_a_ko_before_the_rpt_gets_its_negative_rt_when_the_rpt_comes(rules: "Rules") -> None:
    token = activate(rules, rpt=False)
    rules.till.outcome(token, "KO")
    assert history(rules, token) == ("PAYING", "FAILED_NORPT")
    assert rules.rts() == []
    assert rules.tell_rpts() == ["OK"]
    assert history(rules, token) == ("PAYING", "FAILED_NORPT", "FAILED")
    assert [told(rt) for rt in rules.rts()] == [("1", "0.00", "SENDPAYMENTOUTCOME:KO")]


def test_an_expiry_with_its_rpt_ends_in_a_negative_rt(rules: "Rules") -> None:
    token = activate(rules)
    expire(rules)
    assert history(rules, token) == ("PAYING", "PAYING_RPT", "CANCELLED")
    assert [told(rt) for rt in rules.rts()] == [("1", "0.00", "BATCH_ANNULLAMENTO:TOKEN_SCADUTO")]
    assert rules.till.activate(NUMBER).ok


def test_an_expiry_before_the_rpt_gets_its_negative_rt_when_the_rpt_comes(rules: "Rules") -> None:
    token = activate(rules, rpt=False)
    expire(rules)
    assert history(rules, token) == ("PAYING", "CANCELLED_NORPT")
    assert rules.tell_rpts() == ["OK"]
    assert history(rules, token) == ("PAYING", "CANCELLED_NORPT", "CANCELLED")
    assert [told(rt) for rt in rules.rts()] == [("1", "0.00", "BATCH_ANNULLAMENTO:TOKEN_SCADUTO")]


def test_a_late_ko_without_an_rpt_fails_the_payment(rules: "Rules") -> None:
    token = activate(rules, rpt=False)
    expire(rules)
    assert rules.till.outcome(token, "KO").fault == "PPT_TOKEN_SCADUTO_KO"
    assert history(rules, token) == ("PAYING", "CANCELLED_NORPT", "FAILED_NORPT")


def test_a_late_ok_whose_rpt_never_came_waits_for_it(rules: "Rules") -> None:
    token = activate(rules, rpt=False)
    expire(rules)
    assert rules.till.outcome(token).fault == "PPT_TOKEN_SCADUTO"
    assert history(rules, token) == ("PAYING", "CANCELLED_NORPT", "PAID_NORPT")
    rules.tell_rpts()
    assert history(rules, token) == ("PAYING", "CANCELLED_NORPT", "PAID_NORPT", *ENDED)
    assert [told(rt)[0] for rt in rules.rts()] == ["0"]


def test_a_late_ok_whose_rpt_was_answered_negatively_is_asked_for_anew_under_a_second_ccp(rules: "Rules") -> None:
    token = activate(rules)
    expire(rules)
    assert rules.till.outcome(token).fault == "PPT_TOKEN_SCADUTO"
    assert history(rules, token) == ("PAYING", "PAYING_RPT", "CANCELLED", "PAID_NORPT")
    assert rules.deliver() == [True]
    assert rules.ask_anew() == 1
    assert rules.asked[-1].operation.name == "paaAttivaRPT"
    assert rules.asked[-1].header is not None
    assert read_head(rules.asked[-1].header).ccp == f"{token}-v2"
    assert rules.tell_rpts() == ["OK"]
    assert rules.deliver() == [True]
    assert history(rules, token)[-3:] == ENDED
    assert [told(rt)[0] for rt in rules.rts()] == ["1", "0"]
    position = rules.sandbox.store.positions.get(f"77777777777/{NUMBER}")
    assert position is not None
    assert position.notice.state == "paid"
    assert rules.ask_anew() == 0


def test_nobody_at_the_second_asking_means_it_is_asked_once_more(rules: "Rules") -> None:
    token = activate(rules)
    expire(rules)
    rules.till.outcome(token)
    rules.ec = lambda _call: EcReply(problem="PPT_STAZIONE_INT_PA_TIMEOUT", sentence="7 s")
    assert rules.ask_anew() == 1
    assert rules.ask_anew() == 0
    rules.ec = rules.honest_ec
    rules.sandbox.advance(60)
    assert rules.ask_anew() == 1
    assert rules.tell_rpts() == ["OK"]
    assert history(rules, token)[-1] == "NOTICE_STORED"


def test_a_late_ok_with_a_rival_changes_nothing(rules: "Rules") -> None:
    token = activate(rules)
    expire(rules)
    assert rules.till.as_rival().activate(NUMBER).ok
    assert rules.till.outcome(token).fault == "PPT_PAGAMENTO_DUPLICATO"
    assert history(rules, token)[-1] == "CANCELLED"


def _timed_out(_call: EcCall) -> EcReply:
    return EcReply(problem="PPT_STAZIONE_INT_PA_TIMEOUT", sentence="7 s")


def _empty(call: EcCall) -> EcReply:
    return EcReply(LEGACY_CREDITOR.answer(call.operation))


def _refused(call: EcCall) -> EcReply:
    return EcReply(LEGACY_CREDITOR.refusal(call.operation, Fault("PAA_SYSTEM_ERROR", "giù", "77777777777")))


@pytest.mark.parametrize(
    ("spoilt", "code"),
    [
        (_timed_out, "PPT_STAZIONE_INT_PA_TIMEOUT"),
        (_empty, "PPT_STAZIONE_INT_PA_ERRORE_RESPONSE"),
        (_refused, "PPT_ERRORE_EMESSO_DA_PAA"),
    ],
)
def test_an_activation_that_the_ec_answers_badly_fails_yet_its_rpt_is_taken(
    rules: "Rules", spoilt: object, code: str
) -> None:
    def ec(call: EcCall) -> EcReply:
        rules.honest_ec(call)  # it has done its part, only the answer is no good
        return spoilt(call)  # type: ignore[operator, no-any-return]

    rules.ec = ec
    assert rules.till.activate(NUMBER).fault == code
    assert rules.sessions(NUMBER) == ()
    assert rules.position(NUMBER) == "INSERTED"
    rules.ec = rules.honest_ec
    assert rules.tell_rpts() == ["OK"]
    assert [told(rt) for rt in rules.rts()] == [("1", "0.00", "ERRORE IN FASE DI ATTIVAZIONE")]
    assert rules.till.activate(NUMBER).ok


def test_an_rpt_quicker_than_the_answer_that_promised_it_is_not_lost(rules: "Rules") -> None:
    def hasty(call: EcCall) -> EcReply:
        answer = rules.honest_ec(call)
        assert rules.tell_rpts() == ["OK"]
        return answer

    rules.ec = hasty
    token = activate(rules, rpt=False)
    assert history(rules, token) == ("PAYING", "PAYING_RPT")


def test_an_account_that_the_node_does_not_know_is_the_old_models_own_fault_code(rules: "Rules") -> None:
    strange = {"fiscal_code": "77777777777", "amount": 3300, "iban": "IT11X0000000000000000000000"}
    rules.put(NUMBER, amount=3300, transfers=[strange])
    assert rules.till.verify(NUMBER).ok
    assert rules.till.activate(NUMBER).fault == "PPT_IBAN_NON_CENSITO"


def test_one_iuv_sees_many_ccps_and_one_positive_rt(rules: "Rules") -> None:
    for _ in range(2):
        rules.till.outcome(activate(rules), "KO")
    rules.till.outcome(activate(rules))
    assert rules.deliver() == [True, True, True]
    codes = [told(rt)[0] for rt in rules.rts()]
    ccps = {rt.findtext(path("datiPagamento", "CodiceContestoPagamento")) for rt in rules.rts()}
    assert codes == ["1", "1", "0"]
    assert len(ccps) == 3


def test_the_rt_comes_again_until_the_ec_takes_it(rules: "Rules") -> None:
    token = activate(rules)
    rules.till.outcome(token)
    rules.ec = _refused
    assert rules.deliver() == [False]
    rules.ec = rules.honest_ec
    assert rules.deliver() == []
    rules.sandbox.advance(3600)
    assert rules.deliver() == [True]


def test_a_late_rpt_comes_after_its_delay(rules: "Rules") -> None:
    rules.put(NUMBER, amount=3300, rpt="late", rpt_delay=120)
    token = activate(rules, rpt=False)
    assert rules.tell_rpts() == []
    rules.sandbox.advance(120)
    assert rules.tell_rpts() == ["OK"]
    assert history(rules, token) == ("PAYING", "PAYING_RPT")


def test_an_rpt_that_never_comes_leaves_the_payment_without(rules: "Rules") -> None:
    rules.put(NUMBER, amount=3300, rpt="never")
    token = activate(rules, rpt=False)
    rules.till.outcome(token)
    rules.sandbox.advance(86_400)
    assert rules.tell_rpts() == []
    assert history(rules, token) == ("PAYING", "PAID_NORPT")
    assert rules.till.verify(NUMBER).fault == "PPT_PAGAMENTO_DUPLICATO"
