"""The papers of a payment, each a function from its facts to a document (printing.md 3, pagopa.md 6).

A paper says "eseguito" only for an outcome that pagoPA accepted, and "nessun addebito" only where that is proven
(money rules 6 and 9): which paper is printed is the state machine's choice, these functions only word it.
"""

from drivers.contracts import Cut, Document, Logo, QrCode, Text
from pos_app.domain.money import to_euro
from pos_app.receipts.facts import ReceiptFacts
from pos_app.receipts.parts import (
    THIN,
    Blocks,
    card_section,
    centred,
    foot,
    framed,
    help_rows,
    money_rows,
    notice_rows,
    provider_rows,
    reason_row,
    row,
)
from pos_app.texts import Texts


def customer_copy(facts: ReceiptFacts, texts: Texts) -> Document:
    """The citizen's attestation of a payment that pagoPA accepted; SANP 2.x asks for the logo on paper copies."""
    head = (Logo(), _title(texts, "paid"), _line(texts, "attestation"), _line(texts, "customer_copy"))
    body = (*head, *_settled(facts, texts, "total_paid", with_description=True))
    return _paper("customer_copy", facts, texts, (*body, *foot(facts, texts, "keep", "not_fiscal", "do_not_pay_again")))


def merchant_copy(facts: ReceiptFacts, texts: Texts) -> Document:
    """The merchant's copy of the same: without the object, which is the citizen's business."""
    return _merchant_paper("merchant_copy", facts, texts, title="paid", total_label="total_paid")


def recorded_late(facts: ReceiptFacts, texts: Texts) -> Document:
    """The citizen's paper where pagoPA recorded the outcome after the token had expired (pagopa.md 3.3)."""
    head = (_title(texts, "recorded_late"), _line(texts, "recorded_late_note"), _line(texts, "customer_copy"))
    body = (*head, *_settled(facts, texts, "total_charged", with_description=True))
    closing = foot(facts, texts, "keep_slip", "not_fiscal", "do_not_pay_again")
    return _paper("recorded_late", facts, texts, (*body, *closing, *help_rows(facts, texts)))


def recorded_late_merchant_copy(facts: ReceiptFacts, texts: Texts) -> Document:
    """The merchant's copy of a payment that was recorded late: it is not called "eseguito" either."""
    return _merchant_paper(
        "recorded_late_merchant_copy", facts, texts, title="recorded_late", total_label="total_charged"
    )


def in_verification(facts: ReceiptFacts, texts: Texts) -> Document:
    """The citizen's slip while it is not known, or not confirmed, that the notice is paid (product.md Z2)."""
    known = "charged_waiting_note" if facts.card_approved else "in_verification_note"
    body = (
        _title(texts, "in_verification", tall=True),
        _title(texts, "do_not_repeat", tall=True),
        _line(texts, known),
        *_settled(facts, texts, "total_due", with_description=True),
        THIN,
        _line(texts, "in_verification_next"),
        *help_rows(facts, texts),
        QrCode(_notice_qr(facts)),
        _line(texts, "scan_for_attestation"),
    )
    return _paper("in_verification", facts, texts, (*body, *foot(facts, texts, "keep_slip", "not_fiscal")))


def not_executed(facts: ReceiptFacts, texts: Texts) -> Document:
    """The slip of a payment that did not happen."""
    body = (
        _title(texts, "not_executed", tall=True),
        *_charge_told(facts, texts),
        *reason_row(facts, texts),
        THIN,
        *notice_rows(facts, texts, with_description=True),
        THIN,
        *money_rows(facts, texts, "total_due"),
        THIN,
        *provider_rows(facts, texts),
        *card_section(facts, texts),
    )
    return _paper("not_executed", facts, texts, (*body, *foot(facts, texts, "not_fiscal")))


def refund_due(facts: ReceiptFacts, texts: Texts) -> Document:
    """The slip of a charge that will be given back, because the notice cannot be paid with it."""
    body = (
        _title(texts, "refund_due", tall=True),
        _line(texts, "refund_due_note"),
        *row(texts("label.refund"), to_euro(facts.total), bold=True, tall=True),
        *reason_row(facts, texts),
        *_evidence(facts, texts),
        THIN,
        _line(texts, "refund_due_next"),
        *help_rows(facts, texts),
    )
    return _paper("refund_due", facts, texts, (*body, *foot(facts, texts, "not_fiscal")))


def reversal(facts: ReceiptFacts, texts: Texts) -> Document:
    """The slip of a charge that was given back to the card; `facts.card` is the reversal as the reader told it."""
    body = (
        _title(texts, "reversed", tall=True),
        _line(texts, "reversed_note"),
        *row(texts("label.returned"), to_euro(facts.total), bold=True, tall=True),
        *reason_row(facts, texts),
        *_evidence(facts, texts, title="card_reversal"),
    )
    return _paper("reversal", facts, texts, (*body, *foot(facts, texts, "keep_slip", "not_fiscal")))


def emergency(facts: ReceiptFacts, texts: Texts) -> Document:
    """The slip when the journal cannot write: the paper is then the only record, and claims nothing."""
    body = (
        _title(texts, "emergency", tall=True),
        _title(texts, "do_not_repeat", tall=True),
        _line(texts, "emergency_note"),
        *_settled(facts, texts, "total_due", with_description=True),
        *help_rows(facts, texts),
    )
    return _paper("emergency", facts, texts, (*body, *foot(facts, texts, "keep_slip", "not_fiscal")))


def _merchant_paper(name: str, facts: ReceiptFacts, texts: Texts, *, title: str, total_label: str) -> Document:
    head = (_title(texts, title), _line(texts, "merchant_copy"))
    body = (*head, *_settled(facts, texts, total_label, with_description=False))
    return _paper(name, facts, texts, (*body, *foot(facts, texts, "keep_merchant", "not_fiscal")))


def _paper(name: str, facts: ReceiptFacts, texts: Texts, body: Blocks) -> Document:
    return Document(name, (*framed(facts, texts, body), Cut()))


def _title(texts: Texts, key: str, *, tall: bool = False) -> Text:
    return centred(texts(f"receipt.{key}"), bold=True, tall=tall)


def _line(texts: Texts, key: str) -> Text:
    return centred(texts(f"receipt.{key}"))


def _settled(facts: ReceiptFacts, texts: Texts, total_label: str, *, with_description: bool) -> Blocks:
    """Notice, money, provider and card, in the order of printing.md 3."""
    return (
        THIN,
        *notice_rows(facts, texts, with_description=with_description),
        THIN,
        *money_rows(facts, texts, total_label),
        THIN,
        *provider_rows(facts, texts),
        *card_section(facts, texts),
    )


def _evidence(facts: ReceiptFacts, texts: Texts, *, title: str = "card_payment") -> Blocks:
    return (
        THIN,
        *notice_rows(facts, texts, with_description=True),
        THIN,
        *provider_rows(facts, texts),
        *card_section(facts, texts, title=title),
    )


def _charge_told(facts: ReceiptFacts, texts: Texts) -> Blocks:
    if facts.proven_not_charged:
        return (_title(texts, "nothing_charged"), _line(texts, "not_executed_note"))
    return (_line(texts, "charge_unproven_note"), *help_rows(facts, texts))


def _notice_qr(facts: ReceiptFacts) -> str:
    """The notice's own code (pagopa.md 4.1): read at rest, it opens this payment again (architecture.md, "Parked")."""
    return f"PAGOPA|002|{facts.notice_number}|{facts.creditor}|{facts.amount}"
