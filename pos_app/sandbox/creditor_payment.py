"""The `data` of a paGetPayment answer: a debt position with its transfers and accounts (pagopa.md 2.5, 2.6).

A transfer without an account of its own goes to its EC's: to the postal one for transferType POSTAL, which is the one
printed in the Data Matrix. A POSTAL transfer whose EC has no postal account keeps its bank account.
"""

import base64
import hashlib
from dataclasses import dataclass, replace

from pos_app.domain.money import to_wire
from pos_app.sandbox.notices import DEFAULT_CATEGORY, Debtor, Notice, Transfer
from pos_app.sandbox.registry import Registry
from pos_app.sandbox.registry_entries import CreditorInstitution, is_postal
from pos_app.sandbox.xmltree import Content, Item

NO_ACCOUNT = "IT00X0000000000000000000000"  # an EC without accounts: the Node refuses it, as it should


@dataclass(frozen=True)
class Asked:
    """How it is asked. `postal`: postal accounts wherever there are any; `second`: the V2 form."""

    reference: str
    postal: bool
    second: bool


def data(registry: Registry, creditor: CreditorInstitution, notice: Notice, asked: Asked) -> list[Item]:
    """The content of `data`."""
    total = notice.actualised_amount or notice.amount
    listed = [
        ("transfer", _transfer(registry, transfer, place, asked))
        for place, transfer in enumerate(_transfers(creditor, notice, total), start=1)
    ]
    return [
        ("creditorReferenceId", asked.reference),
        ("paymentAmount", to_wire(total)),
        ("dueDate", notice.due_date),
        ("retentionDate", f"{notice.due_date}T23:59:59"),
        ("lastPayment", "true"),
        ("description", notice.description),
        ("companyName", creditor.name),
        ("debtor", _debtor(notice.debtor)),
        ("transferList", listed),
    ]


def all_postal(registry: Registry, creditor: CreditorInstitution, notice: Notice) -> bool:
    """Whether every transfer could go to a postal account (allCCP)."""
    transfers = _transfers(creditor, notice, notice.amount)
    return all(not each.stamp_duty and is_postal(account(registry, each, postal=True)) for each in transfers)


def account(registry: Registry, transfer: Transfer, *, postal: bool) -> str:
    """The IBAN that a transfer goes to."""
    creditor = registry.creditor(transfer.fiscal_code)
    own = creditor.iban if creditor else None
    own_postal = creditor.postal_iban if creditor else None
    if postal:
        return transfer.postal_iban or (None if transfer.iban else own_postal) or transfer.iban or own or NO_ACCOUNT
    return transfer.iban or transfer.postal_iban or own or NO_ACCOUNT


def _transfers(creditor: CreditorInstitution, notice: Notice, total: int) -> list[Transfer]:
    """As the notice says; the first one takes up what the actualised amount adds or takes away."""
    if not notice.transfers:
        return [Transfer(creditor.fiscal_code, total)]
    first, *others = notice.transfers
    grown = first.amount + total - notice.amount
    return [replace(first, amount=max(grown, 1)), *others]


def _transfer(registry: Registry, transfer: Transfer, place: int, asked: Asked) -> Content:
    creditor = registry.creditor(transfer.fiscal_code)
    stamped = transfer.stamp_duty and asked.second
    return [
        ("idTransfer", str(place)),
        ("transferAmount", to_wire(transfer.amount)),
        ("fiscalCodePA", transfer.fiscal_code),
        ("companyName", creditor.name if creditor and asked.second else None),
        ("IBAN", None if stamped else account(registry, transfer, postal=asked.postal)),
        ("richiestaMarcaDaBollo", _stamp(asked.reference) if stamped else None),
        ("remittanceInformation", transfer.remittance or f"/RFB/{asked.reference}/{to_wire(transfer.amount)}"),
        ("transferCategory", transfer.category or DEFAULT_CATEGORY),
    ]


def _stamp(reference: str) -> Content:
    digest = hashlib.sha256(reference.encode()).digest()
    return [
        ("hashDocumento", base64.b64encode(digest).decode()),
        ("tipoBollo", "01"),
        ("provinciaResidenza", "RM"),
    ]


def _debtor(debtor: Debtor) -> Content:
    return [
        (
            "uniqueIdentifier",
            [("entityUniqueIdentifierType", debtor.type), ("entityUniqueIdentifierValue", debtor.code)],
        ),
        ("fullName", debtor.name),
    ]
