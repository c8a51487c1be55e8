"""The bridge: a PSP's call of the current model carried to an EC of the old one (pagopa.md 1.3).

The PSP sees no difference. The payment token is made before the EC is asked, because it is the CCP under which the EC
is asked; the answer is one amount to one account.
"""

from collections.abc import Generator

from lxml import etree

from pos_app.domain.money import from_wire, to_wire
from pos_app.domain.notice import NoticeNumber
from pos_app.sandbox.ec_calls import EcCall, EcReply
from pos_app.sandbox.faultcodes import refused
from pos_app.sandbox.legacy_creditor import NODE_AS_CHANNEL, NODE_AS_PSP
from pos_app.sandbox.legacy_records import Occurrence
from pos_app.sandbox.legacy_soap import LEGACY_CREDITOR, Head, head_for, path
from pos_app.sandbox.node_answers import bad_answer, relayed
from pos_app.sandbox.node_checks import Party, Place
from pos_app.sandbox.node_world import NodeWorld
from pos_app.sandbox.records import PaidTransfer, PaymentData, Subject
from pos_app.sandbox.registry import Registry
from pos_app.sandbox.registry_entries import Station, is_postal
from pos_app.sandbox.soap import CREDITOR, PA_OPERATIONS
from pos_app.sandbox.xmltree import Element, Item, need, text, truth

UNKNOWN_DEBTOR = Subject("F", "ANONIMO", "ANONIMO")  # an EC of the old model names the debtor in the RPT
_LONGEST_DESCRIPTION = 140


def ask_verify(world: NodeWorld, caller: Party, where: Place) -> Generator[EcCall, EcReply, Element]:
    """paaVerificaRPT; its answer in the words of paVerifyPaymentNotice."""
    head = head_for(where.station, _reference(where), world.new_token())
    request: list[Item] = [("identificativoPSP", NODE_AS_PSP)]
    reply = yield _call(world, where.station, "paaVerificaRPT", head, request)
    found = _payment(_judged(reply, caller, where), where)
    option = [
        ("amount", to_wire(found.amount)),
        ("options", "EQ"),
        ("detailDescription", found.description),
        ("allCCP", truth(value=is_postal(found.transfers[0].iban or ""))),
    ]
    return CREDITOR.answer(
        PA_OPERATIONS["paVerifyPaymentNotice"],
        [
            ("paymentList", [("paymentOptionDescription", option)]),
            ("paymentDescription", found.description),
            ("fiscalCodePA", where.creditor.fiscal_code),
            ("companyName", found.company_name),
        ],
    )


def ask_payment(
    world: NodeWorld, caller: Party, where: Place, amount: str, token: str
) -> Generator[EcCall, EcReply, PaymentData]:
    """PaaAttivaRPT under the CCP `token`; the answer checked. The occurrence is noted before the EC is asked."""
    occurrence = Occurrence(
        token, token, where.creditor.fiscal_code, where.station.id, _reference(where), caller.psp.id
    )
    world.store.occurrences.put(token, occurrence)
    reply = yield asking(world, where.station, occurrence, amount)
    payment = _payment(_judged(reply, caller, where), where)
    _check_account(world.registry(), payment)
    return payment


def asking(world: NodeWorld, station: Station, occurrence: Occurrence, amount: str) -> EcCall:
    """PaaAttivaRPT for an occurrence; `amount` is what the PSP has in mind."""
    request: list[Item] = [
        ("identificativoPSP", NODE_AS_PSP),
        ("datiPagamentoPSP", [("importoSingoloVersamento", amount)]),
        ("identificativoIntermediarioPSP", NODE_AS_PSP),
        ("identificativoCanalePSP", NODE_AS_CHANNEL),
    ]
    head = head_for(station, occurrence.reference, occurrence.ccp)
    return _call(world, station, "paaAttivaRPT", head, request)


def _call(world: NodeWorld, station: Station, name: str, head: Head, request: list[Item]) -> EcCall:
    operation = LEGACY_CREDITOR.operations[name]
    body = LEGACY_CREDITOR.request(operation, request)
    return EcCall(operation, station, body, world.registry().ec_timeout_seconds, head.element)


def _reference(where: Place) -> str:
    return NoticeNumber(where.notice_number).iuv


def _judged(reply: EcReply, caller: Party, where: Place) -> Element:
    """The datiPagamentoPA of a good answer. Raises Refused."""
    if reply.element is None:
        raise refused(reply.problem, reply.sentence, kept=False)
    broken = LEGACY_CREDITOR.schema_error(reply.element)
    if broken is not None:
        raise bad_answer(broken)
    told = reply.element[0]
    if need(told, "esito") == "KO":
        raise relayed(told.find("fault"), caller, where)
    due = told.find("datiPagamentoPA")
    if due is None:
        raise bad_answer("Nella risposta manca datiPagamentoPA")
    return due


def _payment(due: Element, where: Place) -> PaymentData:
    amount = from_wire(need(due, "importoSingoloVersamento"))
    if amount == 0:
        raise bad_answer("L'importo della risposta è 0.00")
    named = text(due, f"enteBeneficiario/{path('denominazioneBeneficiario')}")
    description = _description(due)
    transfer = PaidTransfer(
        id=1,
        amount=amount,
        fiscal_code=where.creditor.fiscal_code,
        company_name=where.creditor.name,
        iban=need(due, "ibanAccredito"),
        remittance=description,
        category=None,
    )
    return PaymentData(
        reference=_reference(where),
        amount=amount,
        due_date="",
        description=description,
        company_name=named or where.creditor.name,
        office_name=None,
        debtor=UNKNOWN_DEBTOR,
        transfers=(transfer,),
    )


def _description(due: Element) -> str:
    """The causale, whole or in pieces."""
    whole = text(due, "causaleVersamento")
    if whole is not None:
        return whole
    names = {"spezzoneCausaleVersamento", "causaleSpezzone"}
    pieces = [each.text or "" for each in due.iter(etree.Element) if each.tag in names]
    return " ".join(pieces)[:_LONGEST_DESCRIPTION]


def _check_account(registry: Registry, payment: PaymentData) -> None:
    transfer = payment.transfers[0]
    creditor = registry.creditor(transfer.fiscal_code)
    if creditor is None or transfer.iban not in creditor.ibans:
        raise refused("PPT_IBAN_NON_CENSITO", f"L'IBAN {transfer.iban} non è censito", kept=False)
