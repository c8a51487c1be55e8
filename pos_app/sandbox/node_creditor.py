"""The Node's side of its calls to a creditor institution: asking, and judging the answer (pagopa.md 2.5).

An EC's KO is relayed; an answer that breaks the schema, lacks what it must have or doesn't add up is
PPT_STAZIONE_INT_PA_ERRORE_RESPONSE. None of it stays under an idempotency key, so that a repeat may succeed.
"""

from collections.abc import Generator

from lxml import etree

from pos_app.sandbox import node_legacy
from pos_app.sandbox.ec_calls import EcCall, EcReply, Steps
from pos_app.sandbox.faultcodes import refused
from pos_app.sandbox.node_answers import bad_answer, relayed
from pos_app.sandbox.node_checks import Party, Place
from pos_app.sandbox.node_world import NodeWorld
from pos_app.sandbox.notices import position_key
from pos_app.sandbox.records import PaidTransfer, PaymentData
from pos_app.sandbox.registry import Registry
from pos_app.sandbox.soap import CREDITOR, PA_OPERATIONS
from pos_app.sandbox.xmltree import Item, amount, need, read_metadata, read_subject, text

_VERIFY_MUST_HAVE = ("paymentList", "paymentDescription", "fiscalCodePA", "companyName")


def is_stand_in(world: NodeWorld, where: Place) -> bool:
    """Whether the Node answers in the EC's stead for this notice."""
    position = world.store.positions.get(position_key(where.creditor.fiscal_code, where.notice_number))
    return position is not None and position.notice.standin


def is_legacy(world: NodeWorld, where: Place) -> bool:
    """Whether the EC is asked in the old model. The Node, when it stands in, is not."""
    return where.station.model == "legacy" and not is_stand_in(world, where)


def ask_verify(world: NodeWorld, caller: Party, where: Place) -> Steps:
    """paVerifyPaymentNotice; the answer has all that it must have."""
    if is_legacy(world, where):
        return (yield from node_legacy.ask_verify(world, caller, where))
    answer = yield from _ask(world, caller, where, "paVerifyPaymentNotice", _head(where))
    for name in _VERIFY_MUST_HAVE:
        if answer.find(name) is None:
            raise bad_answer(f"Nella risposta manca {name}")
    return answer


def ask_payment(
    world: NodeWorld, caller: Party, where: Place, request: etree._Element
) -> Generator[EcCall, EcReply, PaymentData]:
    """PaGetPayment in the station's version; the answer checked."""
    version = where.station.get_payment_version
    operation = "paGetPayment" if version == 1 else "paGetPaymentV2"
    items: list[Item] = [
        *_head(where),
        ("amount", text(request, "amount")),
        ("paymentNote", text(request, "paymentNote")),
        ("transferType", caller.psp.transfer_type),
        ("dueDate", text(request, "dueDate")),
    ]
    answer = yield from _ask(world, caller, where, operation, items)
    if answer.find("data") is None:
        raise bad_answer("Nella risposta manca data")
    return payment_data(world.registry(), answer, where)


def payment_data(registry: Registry, answer: etree._Element, where: Place) -> PaymentData:
    """What the EC answered, checked: the sum, the accounts, the other ECs. Raises Refused."""
    data = answer.find("data")
    assert data is not None
    found = PaymentData(
        reference=need(data, "creditorReferenceId"),
        amount=amount(data, "paymentAmount"),
        due_date=need(data, "dueDate"),
        description=need(data, "description"),
        company_name=text(data, "companyName") or where.creditor.name,
        office_name=text(data, "officeName"),
        debtor=read_subject(data.find("debtor")),  # type: ignore[arg-type]  # the schema demands it
        transfers=tuple(_transfer(each) for each in data.iterfind("transferList/transfer")),
        metadata=read_metadata(data),
    )
    _check_payment(registry, found)
    return found


def _head(where: Place) -> list[Item]:
    return [
        ("idPA", where.creditor.fiscal_code),
        ("idBrokerPA", where.station.broker),
        ("idStation", where.station.id),
        ("qrCode", [("fiscalCode", where.creditor.fiscal_code), ("noticeNumber", where.notice_number)]),
    ]


def _ask(world: NodeWorld, caller: Party, where: Place, name: str, items: list[Item]) -> Steps:
    operation = PA_OPERATIONS[name]
    request = CREDITOR.request(operation, items)
    if is_stand_in(world, where):
        reply = EcReply(world.archive(operation, request))
    else:
        reply = yield EcCall(operation, where.station, request, world.registry().ec_timeout_seconds)
    return _judged(reply, caller, where)


def _judged(reply: EcReply, caller: Party, where: Place) -> etree._Element:
    if reply.element is None:
        raise refused(reply.problem, reply.sentence, kept=False)
    broken = CREDITOR.schema_error(reply.element)
    if broken is not None:
        raise bad_answer(broken)
    if need(reply.element, "outcome") == "KO":
        raise relayed(reply.element.find("fault"), caller, where)
    return reply.element


def _transfer(each: etree._Element) -> PaidTransfer:
    stamp = each.find("richiestaMarcaDaBollo")
    return PaidTransfer(
        id=int(need(each, "idTransfer")),
        amount=amount(each, "transferAmount"),
        fiscal_code=need(each, "fiscalCodePA"),
        company_name=text(each, "companyName"),
        iban=text(each, "IBAN"),
        remittance=need(each, "remittanceInformation"),
        category=need(each, "transferCategory"),
        stamp=() if stamp is None else tuple((str(part.tag), part.text or "") for part in stamp),
        metadata=read_metadata(each),
    )


def _check_payment(registry: Registry, payment: PaymentData) -> None:
    if sum(transfer.amount for transfer in payment.transfers) != payment.amount:
        raise bad_answer("La somma dei transferAmount è diversa da paymentAmount")
    for transfer in payment.transfers:
        creditor = registry.creditor(transfer.fiscal_code)
        if creditor is None or not creditor.enabled:
            raise bad_answer(f"L'ente {transfer.fiscal_code} del transfer {transfer.id} è sconosciuto o disabilitato")
        if transfer.iban is not None and transfer.iban not in creditor.ibans:
            raise bad_answer(f"L'IBAN del transfer {transfer.id} non è censito per l'ente {transfer.fiscal_code}")
    if any(transfer.stamp for transfer in payment.transfers):
        # A channel that activates at the PSP buys no revenue stamps (pagopa.md 2.7); this answer is kept.
        raise refused("PPT_SEMANTICA", "Pagamento non attivabile")
