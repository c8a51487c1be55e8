"""Receipts: made when an outcome OK is recorded, sent to every EC of the transfer list (pagopa.md 2.5, 7)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from lxml import etree

from pos_app.domain.money import to_wire
from pos_app.psp.wire import Operation
from pos_app.sandbox.ec_calls import EcCall, EcReply
from pos_app.sandbox.legacy_soap import LEGACY_CREDITOR, head_for
from pos_app.sandbox.node_world import NodeWorld
from pos_app.sandbox.records import MOST_RECEIPT_TRIES, Outcome, PaidTransfer, Receipt, Session
from pos_app.sandbox.registry_entries import Station
from pos_app.sandbox.soap import CREDITOR, PA_OPERATIONS
from pos_app.sandbox.xmltree import Content, Item, metadata, need, subject, text, truth

RECEIPT_TIMEOUT = 15.0  # seconds the Node waits for paSendRT (pagopa.md 3.4)
NO_CHANNEL = "NA"  # channelDescription when the outcome named no paymentChannel


def generate(world: NodeWorld, session: Session) -> None:
    """One receipt for each EC that money goes to and that has a station, due at once."""
    stations = [station for ec in session.payment.recipients if (station := _station(world, session, ec)) is not None]
    for station in stations:
        operation = PA_OPERATIONS["paSendRT" if station.receipt_version == 1 else "paSendRTV2"]
        xml = etree.tostring(_request(world, session, station, operation), encoding="unicode")
        receipt = Receipt(session.token, station.creditor, station.id, operation.name, xml, next_try=world.clock.now())
        world.store.receipts.put(receipt.key, receipt)
    world.keep(session.after("NOTICE_GENERATED"))


def due(world: NodeWorld) -> list[Receipt]:
    """The receipts whose next try has come, oldest first."""
    now = world.clock.now()
    waiting = (world.store.receipts.get(key) for key in world.store.undelivered())
    return [receipt for receipt in waiting if receipt and receipt.next_try is not None and receipt.next_try <= now]


def call(world: NodeWorld, receipt: Receipt) -> EcCall | None:
    """The call that delivers it; None if its station is gone from the registry."""
    station = next((each for each in world.registry().stations if each.id == receipt.station), None)
    if station is None:
        return None
    request = etree.fromstring(receipt.xml)
    if receipt.ccp is None:
        return EcCall(PA_OPERATIONS[receipt.operation], station, request, RECEIPT_TIMEOUT)
    occurrence = world.store.occurrences.get(receipt.ccp)
    head = head_for(station, occurrence.reference if occurrence else receipt.ccp, receipt.ccp)
    return EcCall(LEGACY_CREDITOR.operations[receipt.operation], station, request, RECEIPT_TIMEOUT, head.element)


def tried(world: NodeWorld, receipt: Receipt, reply: EcReply) -> bool:
    """Note one try and whether the EC has it now; a refused or lost one comes again, 48 tries in all."""
    delivered, tries = _is_taken(receipt, reply), receipt.tries + 1
    again = None if delivered or tries >= MOST_RECEIPT_TRIES else _next_try(world)
    world.store.receipts.put(receipt.key, replace(receipt, tries=tries, delivered=delivered, next_try=again))
    _note(world, receipt.token)
    return delivered


def _station(world: NodeWorld, session: Session, ec: str) -> Station | None:
    if ec == session.creditor:
        return next((each for each in world.registry().stations if each.id == session.station), None)
    return world.registry().receiving_station(ec)


def _is_taken(receipt: Receipt, reply: EcReply) -> bool:
    answer = reply.element
    contract = CREDITOR if receipt.ccp is None else LEGACY_CREDITOR
    if answer is None or contract.schema_error(answer) is not None:
        return False
    if receipt.ccp is None:
        return need(answer, "outcome") == "OK" or text(answer, "fault/faultCode") == "PAA_RECEIPT_DUPLICATA"
    return need(answer[0], "esito") == "OK" or text(answer[0], "fault/faultCode") == "PAA_RT_DUPLICATA"


def _next_try(world: NodeWorld) -> datetime:
    return world.clock.now() + timedelta(seconds=world.registry().receipt_retry_seconds)


def _note(world: NodeWorld, token: str) -> None:
    session = world.store.sessions.get(token)
    if session is None or session.legacy:
        return
    if "NOTICE_SENT" not in session.history:
        session = world.keep(session.after("NOTICE_SENT"))
    if all(each.delivered for each in world.store.receipts_of(token)) and session.status != "NOTIFIED":
        world.keep(session.after("NOTIFIED"))


def _request(world: NodeWorld, session: Session, station: Station, operation: Operation) -> etree._Element:
    second = operation.name.endswith("V2")
    return CREDITOR.request(
        operation,
        [
            ("idPA", station.creditor),
            ("idBrokerPA", station.broker),
            ("idStation", station.id),
            ("receipt", _receipt(world, session, second=second)),
        ],
    )


def _receipt(world: NodeWorld, session: Session, *, second: bool) -> list[Item]:
    payment, outcome = session.payment, session.outcome or Outcome("OK")
    psp = world.registry().psp(session.psp)
    return [
        ("receiptId", session.token),
        ("noticeNumber", session.notice_number),
        ("fiscalCode", session.creditor),
        ("outcome", "OK"),
        ("creditorReferenceId", payment.reference),
        ("paymentAmount", to_wire(payment.amount)),
        ("description", payment.description),
        ("companyName", payment.company_name),
        ("officeName", payment.office_name),
        ("debtor", subject(payment.debtor)),
        ("transferList", [("transfer", _transfer(each, second=second)) for each in payment.transfers]),
        ("idPSP", session.psp),
        ("pspFiscalCode", psp.fiscal_code if psp else None),
        ("PSPCompanyName", psp.name if psp else session.psp),
        ("idChannel", session.channel),
        ("channelDescription", outcome.payment_channel or NO_CHANNEL),
        *_how_paid(session, outcome, second=second),
        ("metadata", metadata(payment.metadata)),
        ("standIn", truth(value=session.standin)),
    ]


def _how_paid(session: Session, outcome: Outcome, *, second: bool) -> list[Item]:
    bundle: list[Item] = [(part[0], part[1]) for part in outcome.bundle] if second else []
    paid_at = session.paid_at
    return [
        ("payer", subject(outcome.payer)),
        ("paymentMethod", outcome.payment_method),
        ("paymentNote", session.payment_note if second else None),
        ("fee", None if outcome.fee is None else to_wire(outcome.fee)),
        *bundle,
        ("paymentDateTime", f"{paid_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z" if paid_at else None),
        ("applicationDate", outcome.application_date),
        ("transferDate", outcome.transfer_date),
    ]


def _transfer(transfer: PaidTransfer, *, second: bool) -> Content:
    return [
        ("idTransfer", str(transfer.id)),
        ("transferAmount", to_wire(transfer.amount)),
        ("fiscalCodePA", transfer.fiscal_code),
        ("companyName", transfer.company_name if second else None),
        ("IBAN", transfer.iban),
        ("remittanceInformation", transfer.remittance),
        ("transferCategory", transfer.category),
        ("metadata", metadata(transfer.metadata)),
    ]
