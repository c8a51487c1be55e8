"""Everything a paper needs to say, as plain values: nothing on paper comes from anywhere else."""

from dataclasses import dataclass

from pos_app.domain.events import Card
from pos_app.domain.notice import NoticeNumber

APPROVED_RESULT = "00"  # ecr17.md 2.3: only this result is a charge


@dataclass(frozen=True)
class Merchant:
    """Whose counter it is."""

    name: str
    address: str
    vat_number: str


@dataclass(frozen=True)
class Provider:
    """The payment service provider; the attestation owes its name and fiscal code (pagopa.md 6).

    `contact` is where a citizen asks (a telephone number, an address); it may be empty.
    """

    name: str
    fiscal_code: str
    contact: str = ""


@dataclass(frozen=True)
class Reprint:
    """Why this copy is not the first: duplicate `number` printed at `when` (local text).

    `replaces` says that the copy before came out incomplete, so this one is the original (printing.md 3 and 4).
    """

    number: int
    when: str
    replaces: bool = False


@dataclass(frozen=True)
class ReceiptFacts:
    """One payment as the papers tell it. Amounts are cents; `paid_at` is local time as text, `21/11/2026 10:42:31`.

    `proven_not_charged` comes from a verdict that proves it: without it no paper says so (money rule 6).
    `trial` marks every paper "PROVA - SENZA VALORE" (money rule 11). `cashier_desk` is what the counter calls this
    till; without it the terminal's id stands there.
    """

    merchant: Merchant
    provider: Provider
    trial: bool
    notice_number: str
    creditor: str
    amount: int
    fee: int
    paid_at: str
    operation: str
    terminal_id: str
    company_name: str = ""
    description: str = ""
    iuv: str = ""
    payment_token: str = ""
    card: Card | None = None
    reader_lines: tuple[str, ...] = ()
    cashier_desk: str = ""
    reason: str = ""
    proven_not_charged: bool = False
    reprint: Reprint | None = None

    @property
    def total(self) -> int:
        """What the citizen pays: the notice's amount and the fee."""
        return self.amount + self.fee

    @property
    def grouped_notice_number(self) -> str:
        """As people read it: in fours."""
        return NoticeNumber(self.notice_number).grouped()

    @property
    def reference(self) -> str:
        """The creditor's reference (IUV); the notice number holds it where the activation never came."""
        return self.iuv or NoticeNumber(self.notice_number).iuv

    @property
    def card_approved(self) -> bool:
        """Whether the reader said that the card was charged."""
        return self.card is not None and self.card.result_code == APPROVED_RESULT
