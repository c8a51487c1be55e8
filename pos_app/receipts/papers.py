"""From a payment to its papers: the facts that each paper is built from, and which document a paper's name means."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from drivers.contracts import Document
from pos_app.domain.events import Card, Stamp
from pos_app.domain.payment import Payment
from pos_app.receipts import documents
from pos_app.receipts.facts import Merchant, Provider, ReceiptFacts, Reprint
from pos_app.texts import Texts, texts

_ROME = ZoneInfo("Europe/Rome")

# The name of a paper, as the journal keeps it, and its document.
PAPERS: Mapping[str, Callable[[ReceiptFacts, Texts], Document]] = {
    "customer": documents.customer_copy,
    "merchant": documents.merchant_copy,
    "recorded_late": documents.recorded_late,
    "recorded_late_merchant": documents.recorded_late_merchant_copy,
    "in_verification": documents.in_verification,
    "not_executed": documents.not_executed,
    "refund_due": documents.refund_due,
    "emergency": documents.emergency,
    "reversal": documents.reversal,
}


@dataclass(frozen=True)
class Stationery:
    """What stands on every paper of this terminal, and when it is printed.

    A paper is a trial's when its payment was one, or when `trial` says so of this very run (money rule 11).
    """

    merchant: Merchant
    provider: Provider
    terminal_id: str
    trial: Callable[[], bool]
    utc: Callable[[], datetime]

    def compose(self, payment: Payment, paper: str) -> Document:
        """The document of `paper` for `payment`, in the payment's language."""
        return PAPERS[paper](self._facts(payment, paper), texts(payment.language))

    def _facts(self, payment: Payment, paper: str) -> ReceiptFacts:
        assert payment.notice is not None, "there is no paper before a notice was read"
        return ReceiptFacts(
            merchant=self.merchant,
            provider=self.provider,
            trial=payment.trial or self.trial(),
            notice_number=payment.notice.number.digits,
            creditor=payment.notice.creditor.digits,
            amount=payment.amount,
            fee=payment.fee,
            paid_at=_in_rome(payment.charge_started or payment.opened),
            operation=payment.operation,
            terminal_id=self.terminal_id,
            company_name=payment.company_name,
            description=payment.description,
            iuv=payment.iuv,
            payment_token=payment.token,
            card=_card_of(payment, paper),
            reader_lines=payment.reader_receipt,
            reason=payment.reason,
            proven_not_charged=payment.proven_not_charged,
            reprint=self._reprint(payment, paper),
        )

    def _reprint(self, payment: Payment, paper: str) -> Reprint | None:
        """The mark of a copy that is not the first: a duplicate, or what replaces one that nobody saw whole.

        A sending from which no byte left counts for nothing; after it the copy is still the first (printing.md 4).
        """
        before = payment.copy_attempts(paper)
        if not before:
            return None
        return Reprint(before, printed_at(self.utc()), replaces=not payment.copy_was_printed(paper))


def _card_of(payment: Payment, paper: str) -> Card | None:
    """The card transaction that this paper is about."""
    if paper == "reversal" and payment.reversal_card is not None:
        return payment.reversal_card
    return payment.card or payment.other_amount_card


def printed_at(utc: datetime) -> str:
    """A moment as papers that are no attestation tell it: to the minute, in Rome."""
    return utc.astimezone(_ROME).strftime("%d/%m/%Y %H:%M")


def _in_rome(moment: Stamp | None) -> str:
    assert moment is not None, "a payment begins with its first record"
    return datetime.fromisoformat(moment.utc).astimezone(_ROME).strftime("%d/%m/%Y %H:%M:%S")
