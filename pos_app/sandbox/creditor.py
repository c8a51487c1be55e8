"""A creditor institution of the current model: its rules, without HTTP (pagopa.md 2.5, 2.6, 7).

paVerifyPaymentNotice and paGetPayment only read: asking twice is fine and locks nothing. A receipt closes the position,
once; the same receipt again is told apart by its id.
"""

from collections.abc import Callable
from dataclasses import replace

from pos_app.domain.money import to_wire
from pos_app.domain.notice import NoticeNumber
from pos_app.psp.wire import Operation
from pos_app.sandbox import creditor_payment
from pos_app.sandbox.faultcodes import Fault, Refused
from pos_app.sandbox.notices import Position, position_key
from pos_app.sandbox.records import TakenReceipt
from pos_app.sandbox.registry import Registry
from pos_app.sandbox.registry_entries import CreditorInstitution
from pos_app.sandbox.soap import CREDITOR
from pos_app.sandbox.store import Store
from pos_app.sandbox.xmltree import Element, amount, need, text, truth

# What an EC says of a position that can't be paid (sandbox.md).
STATE_FAULTS = {
    "paid": ("PAA_PAGAMENTO_DUPLICATO", "La posizione debitoria è già pagata"),
    "expired": ("PAA_PAGAMENTO_SCADUTO", "La posizione debitoria è scaduta"),
    "revoked": ("PAA_PAGAMENTO_ANNULLATO", "La posizione debitoria è stata annullata dall'ente"),
    "unknown": ("PAA_PAGAMENTO_SCONOSCIUTO", "La posizione debitoria non esiste"),
    "in_progress": ("PAA_PAGAMENTO_IN_CORSO", "Un pagamento della posizione debitoria è già in corso"),
}


class Creditor:
    """All the ECs of the sandbox; which one is asked is in the request's head."""

    def __init__(self, registry: Callable[[], Registry], store: Store) -> None:
        self._registry = registry
        self._store = store

    def handle(self, operation: Operation, request: Element) -> Element:
        """Answer a request that the schema allows."""
        try:
            names = ("idPA", "idStation", "idBrokerPA")
            asked = addressed(self._registry(), *(need(request, name) for name in names))
            return _RULES[operation.name](self, operation, request, asked)
        except Refused as refusal:
            return CREDITOR.refusal(operation, refusal.fault)

    def verify(self, operation: Operation, request: Element, asked: CreditorInstitution) -> Element:
        """paVerifyPaymentNotice: what is due today."""
        notice = self._payable(request, asked).notice
        option = [
            ("amount", to_wire(notice.verify_amount or notice.amount)),
            ("options", "EQ"),
            ("dueDate", notice.due_date),
            ("detailDescription", notice.description),
            ("allCCP", truth(value=creditor_payment.all_postal(self._registry(), asked, notice))),
        ]
        return CREDITOR.answer(
            operation,
            [
                ("paymentList", [("paymentOptionDescription", option)]),
                ("paymentDescription", notice.description),
                ("fiscalCodePA", asked.fiscal_code),
                ("companyName", asked.name),
            ],
        )

    def get_payment(self, operation: Operation, request: Element, asked: CreditorInstitution) -> Element:
        """PaGetPayment and V2: amount, debtor, transfers; with transferType POSTAL the postal accounts."""
        position = self._payable(request, asked)
        second = operation.name.endswith("V2")
        if not second and any(transfer.stamp_duty for transfer in position.notice.transfers):
            raise refused("PAA_SEMANTICA", "La marca da bollo richiede paGetPaymentV2", asked)
        form = creditor_payment.Asked(
            reference=NoticeNumber(position.notice_number).iuv,
            postal=text(request, "transferType") == "POSTAL",
            second=second,
        )
        data = creditor_payment.data(self._registry(), asked, position.notice, form)
        return CREDITOR.answer(operation, [("data", data)])

    def take_receipt(self, operation: Operation, request: Element, asked: CreditorInstitution) -> Element:
        """PaSendRT and V2: the receipt is kept, and the position of its EC is paid in full."""
        receipt = request.find("receipt")
        assert receipt is not None
        position = position_key(need(receipt, "fiscalCode"), need(receipt, "noticeNumber"))
        taken = TakenReceipt(asked.fiscal_code, need(receipt, "receiptId"), position, amount(receipt, "paymentAmount"))
        if self._store.taken.get(taken.key) is not None:
            raise refused("PAA_RECEIPT_DUPLICATA", f"La ricevuta {taken.receipt_id} è già stata acquisita", asked)
        if asked.fiscal_code == need(receipt, "fiscalCode"):
            close(self._store, known(self._store, position, asked))
        self._store.taken.put(taken.key, taken)
        return CREDITOR.answer(operation)

    def _payable(self, request: Element, asked: CreditorInstitution) -> Position:
        fiscal_code = need(request, "qrCode/fiscalCode")
        if fiscal_code != asked.fiscal_code:
            raise refused("PAA_ID_DOMINIO_ERRATO", "L'avviso è di un altro ente", asked)
        return payable(self._store, position_key(fiscal_code, need(request, "qrCode/noticeNumber")), asked)


def addressed(registry: Registry, creditor: str, station: str, broker: str) -> CreditorInstitution:
    """The EC that a request's head names, all of it fitting together. Raises Refused."""
    asked = registry.creditor(creditor)
    if asked is None:
        raise Refused(Fault("PAA_ID_DOMINIO_ERRATO", "Il dominio non è di questo ente", creditor))
    found = next((each for each in registry.stations if (each.id, each.creditor) == (station, creditor)), None)
    if found is None:
        raise refused("PAA_STAZIONE_INT_ERRATA", "La stazione non è di questo ente", asked)
    if found.broker != broker:
        raise refused("PAA_ID_INTERMEDIARIO_ERRATO", "L'intermediario non è quello della stazione", asked)
    return asked


def payable(store: Store, key: str, asked: CreditorInstitution) -> Position:
    """The position of that key, if it can be paid. Raises Refused."""
    position = known(store, key, asked)
    if position.notice.state in STATE_FAULTS:
        raise refused(*STATE_FAULTS[position.notice.state], asked)
    return position


def known(store: Store, key: str, asked: CreditorInstitution) -> Position:
    """The position of that key. Raises Refused."""
    position = store.positions.get(key)
    if position is None:
        raise refused(*STATE_FAULTS["unknown"], asked)
    return position


def close(store: Store, position: Position) -> None:
    """The position is paid in full."""
    store.positions.put(position.key, replace(position, notice=replace(position.notice, state="paid")))


def refused(code: str, description: str, asked: CreditorInstitution) -> Refused:
    """An EC's own refusal."""
    return Refused(Fault(code, description, asked.fiscal_code))


_Rule = Callable[[Creditor, Operation, Element, CreditorInstitution], Element]
_RULES: dict[str, _Rule] = {
    "paVerifyPaymentNotice": Creditor.verify,
    "paGetPayment": Creditor.get_payment,
    "paGetPaymentV2": Creditor.get_payment,
    "paSendRT": Creditor.take_receipt,
    "paSendRTV2": Creditor.take_receipt,
}
