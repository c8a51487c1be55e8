"""A creditor institution of the old model: its rules, without HTTP (pagopa.md 1.3, 2.8).

It knows a payment by IUV and CCP, asks for it by an RPT of its own, at once, late or never, and is told what became of
it by an RT. Only a positive RT closes the position, and only one.
"""

import re
from collections.abc import Callable
from datetime import timedelta

from pos_app.domain.money import from_wire, to_wire
from pos_app.psp.wire import Operation
from pos_app.sandbox import creditor, creditor_payment, legacy_documents
from pos_app.sandbox.clock import SandboxClock
from pos_app.sandbox.faultcodes import Refused
from pos_app.sandbox.legacy_documents import Due
from pos_app.sandbox.legacy_records import PromisedRpt
from pos_app.sandbox.legacy_soap import LEGACY_CREDITOR, NODE_FOR_PA, DocumentError, Head, pack, path, unpack
from pos_app.sandbox.notices import DEFAULT_CATEGORY, Notice, Position, Transfer, position_key
from pos_app.sandbox.records import TakenReceipt
from pos_app.sandbox.registry import Registry
from pos_app.sandbox.registry_entries import CreditorInstitution, Station
from pos_app.sandbox.store import Store
from pos_app.sandbox.xmltree import Element, Item, need, text, to_text

LATE = 60  # seconds until a late RPT, where the notice names none
# Who the Node is towards an EC of the old model (pagopa.md 1.3 c).
NODE_AS_PSP, NODE_AS_CHANNEL = "15376371009", "15376371009_01"
_PASSWORD = "pwdpwdpwd"  # noqa: S105 - the registry has no station passwords, so the Node takes any
_CATEGORY = re.compile(r"[0129]/\S{3,138}")


class LegacyCreditor:
    """All the ECs of the sandbox that speak the old model; which one is asked is in the header."""

    def __init__(self, registry: Callable[[], Registry], store: Store, clock: SandboxClock) -> None:
        self._registry = registry
        self._store = store
        self._clock = clock

    def handle(self, operation: Operation, head: Head, request: Element) -> Element:
        """Answer a request that the schemas allow."""
        try:
            asked = creditor.addressed(self._registry(), head.creditor, head.station, head.broker)
            return _RULES[operation.name](self, operation, head, request, asked)
        except Refused as refusal:
            return LEGACY_CREDITOR.refusal(operation, refusal.fault)

    def verify(self, operation: Operation, head: Head, _request: Element, asked: CreditorInstitution) -> Element:
        """paaVerificaRPT: what is due today."""
        notice = self._payable(head, asked).notice
        amount = notice.verify_amount or notice.amount
        return LEGACY_CREDITOR.answer(operation, [("datiPagamentoPA", self._due(asked, notice, amount))])

    def activate(self, operation: Operation, head: Head, _request: Element, asked: CreditorInstitution) -> Element:
        """paaAttivaRPT: the same, and the promise of an RPT under the CCP asked with."""
        position = self._payable(head, asked)
        amount = position.notice.actualised_amount or position.notice.amount
        if position.notice.rpt != "never":
            self._promise(head, asked, position.notice, amount)
        return LEGACY_CREDITOR.answer(operation, [("datiPagamentoPA", self._due(asked, position.notice, amount))])

    def take_rt(self, operation: Operation, head: Head, request: Element, asked: CreditorInstitution) -> Element:
        """paaInviaRT: a positive one closes the position, a negative one leaves it to be paid."""
        paid = _paid(request, asked)
        position = creditor.known(self._store, self._position_key(head), asked)
        taken = TakenReceipt(asked.fiscal_code, head.ccp, position.key, paid)
        if self._store.taken.get(taken.key) is not None:
            raise creditor.refused("PAA_RT_DUPLICATA", f"La RT con CCP {head.ccp} è già stata acquisita", asked)
        self._store.taken.put(taken.key, taken)
        if paid:
            creditor.close(self._store, position)
        return LEGACY_CREDITOR.answer(operation)

    def _payable(self, head: Head, asked: CreditorInstitution) -> Position:
        return creditor.payable(self._store, self._position_key(head), asked)

    def _position_key(self, head: Head) -> str:
        station = next(each for each in self._registry().stations if each.id == head.station)
        return position_key(head.creditor, notice_number(station, head.reference))

    def _due(self, asked: CreditorInstitution, notice: Notice, amount: int) -> list[Item]:
        return [
            ("importoSingoloVersamento", to_wire(amount)),
            ("ibanAccredito", self._account(asked, notice)),
            ("enteBeneficiario", legacy_documents.qualified_beneficiary(asked)),
            ("causaleVersamento", notice.description),
        ]

    def _account(self, asked: CreditorInstitution, notice: Notice) -> str:
        return creditor_payment.account(self._registry(), _transfer(asked, notice), postal=False)

    def _promise(self, head: Head, asked: CreditorInstitution, notice: Notice, amount: int) -> None:
        now = self._clock.now()
        category = _transfer(asked, notice).category
        due = Due(
            station=head.station,
            reference=head.reference,
            ccp=head.ccp,
            amount=amount,
            iban=self._account(asked, notice),
            category=category if _CATEGORY.fullmatch(category) else DEFAULT_CATEGORY,
        )
        told = NODE_FOR_PA.request(
            NODE_FOR_PA.operations["nodoInviaRPT"], _telling(pack(legacy_documents.rpt(asked, notice, due, now)))
        )
        seconds = (notice.rpt_delay or LATE) if notice.rpt == "late" else 0
        promised = PromisedRpt(
            head.ccp, head.creditor, head.station, head.reference, to_text(told), now + timedelta(seconds=seconds)
        )
        self._store.promised.put(promised.ccp, promised)


def notice_number(station: Station, reference: str) -> str:
    """The notice number of an IUV: what it lacks is the station's (pagopa.md 4.3)."""
    code = station.segregation_code if station.aux_digit == 0 else None
    return f"{station.aux_digit}{code or ''}{reference}"


def _transfer(asked: CreditorInstitution, notice: Notice) -> Transfer:
    """The one credit that the old model knows: the first of the notice, or all of it to the EC."""
    return notice.transfers[0] if notice.transfers else Transfer(asked.fiscal_code, notice.amount)


def _paid(request: Element, asked: CreditorInstitution) -> int:
    """What an RT says was paid, in cents; 0 for a negative one. Raises Refused."""
    try:
        told = unpack(need(request, "rt"), "RT")
    except DocumentError as error:
        raise creditor.refused("PAA_SINTASSI_XSD", str(error), asked) from error
    return from_wire(text(told, path("datiPagamento", "importoTotalePagato")) or "0.00")


def _telling(rpt: str) -> list[Item]:
    return [
        ("password", _PASSWORD),
        ("identificativoPSP", NODE_AS_PSP),
        ("identificativoIntermediarioPSP", NODE_AS_PSP),
        ("identificativoCanale", NODE_AS_CHANNEL),
        ("tipoFirma", ""),
        ("rpt", rpt),
    ]


_Rule = Callable[[LegacyCreditor, Operation, Head, Element, CreditorInstitution], Element]
_RULES: dict[str, _Rule] = {
    "paaVerificaRPT": LegacyCreditor.verify,
    "paaAttivaRPT": LegacyCreditor.activate,
    "paaInviaRT": LegacyCreditor.take_rt,
}
