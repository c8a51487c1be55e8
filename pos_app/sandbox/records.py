"""What the Node remembers: payment sessions, their receipts, and the answers kept under idempotency keys.

Frozen values: a change is a new value put in the store. The words of a history are the Node's own (pagopa.md 1.2).
"""

from dataclasses import dataclass, replace
from datetime import datetime

from pos_app.sandbox.notices import position_key

MOST_RECEIPT_TRIES = 48  # an hour apart (pagopa.md 2.5)


@dataclass(frozen=True)
class Subject:
    """A debtor or payer: `parts` are the elements after the name, in order, as (tag, text)."""

    type: str
    code: str
    name: str
    parts: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class PaidTransfer:
    """One credit of a session, `amount` in cents. `iban` is None for a revenue stamp, which carries `stamp` instead."""

    id: int
    amount: int
    fiscal_code: str
    company_name: str | None
    iban: str | None
    remittance: str
    category: str | None
    stamp: tuple[tuple[str, ...], ...] = ()
    metadata: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class PaymentData:
    """What the EC answered to paGetPayment, `amount` in cents."""

    reference: str
    amount: int
    due_date: str
    description: str
    company_name: str
    office_name: str | None
    debtor: Subject
    transfers: tuple[PaidTransfer, ...]
    metadata: tuple[tuple[str, ...], ...] = ()

    @property
    def recipients(self) -> tuple[str, ...]:
        """The ECs of the transfer list, each once, in order."""
        return tuple(dict.fromkeys(transfer.fiscal_code for transfer in self.transfers))


@dataclass(frozen=True)
class Outcome:
    """What a PSP reported: verdict OK or KO, with the details it gave; `fee` in cents."""

    verdict: str
    payment_method: str | None = None
    payment_channel: str | None = None
    fee: int | None = None
    payer: Subject | None = None
    application_date: str | None = None
    transfer_date: str | None = None
    bundle: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Session:
    """A payment session: one activation of one notice by one PSP, known by its payment token.

    `legacy`: its EC speaks the old model, where the token is the CCP.
    """

    token: str
    creditor: str
    notice_number: str
    psp: str
    channel: str
    station: str
    expires_at: datetime
    standin: bool
    payment_note: str | None
    payment: PaymentData
    cache_key: str | None
    history: tuple[str, ...] = ("PAYING",)
    outcome: Outcome | None = None
    paid_at: datetime | None = None
    legacy: bool = False

    @property
    def position(self) -> str:
        """The debt position it belongs to."""
        return position_key(self.creditor, self.notice_number)

    @property
    def status(self) -> str:
        """The last word of its history."""
        return self.history[-1]

    @property
    def is_open(self) -> bool:
        """Whether it still locks the notice (also after its deadline, until the cancel job: pagopa.md 1.2)."""
        return self.status in ("PAYING", "PAYING_RPT")

    @property
    def is_paid(self) -> bool:
        """Whether an outcome OK was recorded for it, in time or late."""
        return "PAID" in self.history or "PAID_NORPT" in self.history

    def after(self, *words: str) -> "Session":
        """The same session, its history gone on."""
        return replace(self, history=(*self.history, *words))


@dataclass(frozen=True)
class Receipt:
    """A receipt on its way to one EC; `xml` is the request. `next_try` is None when there is none to come.

    With an EC of the old model it is an RT, known by its `ccp`, and it may say that nothing was paid.
    """

    token: str
    ec: str
    station: str
    operation: str
    xml: str
    tries: int = 0
    next_try: datetime | None = None
    delivered: bool = False
    ccp: str | None = None
    positive: bool = True

    @property
    def key(self) -> str:
        """What the store keeps it under."""
        return f"{self.ccp or self.token}/{self.ec}"


@dataclass(frozen=True)
class KeptAnswer:
    """An answer kept under an idempotency key, with the fingerprint of the request that it answered."""

    key: str
    fingerprint: str
    answer: str
    valid_to: datetime


@dataclass(frozen=True)
class TakenReceipt:
    """A receipt that an EC of the sandbox has taken in."""

    ec: str
    receipt_id: str
    position: str
    amount: int

    @property
    def key(self) -> str:
        """What the store keeps it under: an EC knows a receipt by its id alone."""
        return f"{self.ec}/{self.receipt_id}"


@dataclass(frozen=True)
class Offset:
    """The offset of the sandbox's clock, in seconds, so that deadlines survive a restart."""

    seconds: float = 0.0
