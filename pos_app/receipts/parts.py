"""The parts that papers share: heads, rows of the notice, the card's section, feet."""

from collections.abc import Iterable
from typing import Protocol

from drivers.contracts import Align, Block, ReaderLines, Row, Rule, Text
from pos_app.domain.events import Card
from pos_app.domain.money import to_euro
from pos_app.receipts.facts import Merchant, ReceiptFacts, Reprint
from pos_app.receipts.foreign import holds_card_number, printable, printable_line
from pos_app.texts import Texts

Blocks = tuple[Block, ...]

THIN, HEAVY = Rule(), Rule(heavy=True)
_MASK = "*" * 12  # of the card number nothing but the last four (printing.md 3)


def centred(text: str, *, bold: bool = False, tall: bool = False) -> Text:
    """A line, or a few, in the middle."""
    return Text(text, Align.CENTER, bold=bold, tall=tall)


def row(label: str, value: str, *, bold: bool = False, tall: bool = False) -> Blocks:
    """A label and its value; nothing where there is no value. Foreign values lose what a printer could obey."""
    cleaned = printable(value)
    return (Row(label, cleaned, bold=bold, tall=tall),) if cleaned else ()


def rows(texts: Texts, values: Iterable[tuple[str, str]]) -> Blocks:
    """One row for each (label key, value) that has a value."""
    return tuple(block for key, value in values for block in row(texts(f"label.{key}"), value))


class Headed(Protocol):
    """What every paper's frame needs to know."""

    @property
    def merchant(self) -> Merchant:
        """Whose counter it is."""
        ...

    @property
    def trial(self) -> bool:
        """Whether the paper is worth nothing."""
        ...

    @property
    def reprint(self) -> Reprint | None:
        """Why this copy is not the first."""
        ...


def framed(facts: Headed, texts: Texts, body: Blocks) -> Blocks:
    """`body` with what every paper carries: marks of trial and reprint at both ends, the merchant's head."""
    marks = trial_mark(facts, texts)
    return (
        *marks,
        *_reprint_head(facts, texts),
        *_merchant_head(facts, texts),
        *body,
        *_reprint_foot(facts, texts),
        *marks,
    )


def trial_mark(facts: Headed, texts: Texts) -> Blocks:
    """The words that every paper of a run with a double or a sandbox carries (money rule 11), a line a language."""
    lines = texts("receipt.trial").split(" / ") if facts.trial else ()
    return tuple(centred(line, bold=True, tall=True) for line in lines)


def _merchant_head(facts: Headed, texts: Texts) -> Blocks:
    vat_number = printable(facts.merchant.vat_number)
    lines = (
        printable(facts.merchant.name),
        printable(facts.merchant.address),
        texts("receipt.vat_number", number=vat_number) if vat_number else "",
    )
    return (*(centred(line) for line in lines if line), HEAVY)


def _reprint_head(facts: Headed, texts: Texts) -> Blocks:
    if facts.reprint is None:
        return ()
    if facts.reprint.replaces:
        return (centred(texts("receipt.replaces"), bold=True, tall=True), centred(texts("receipt.replaces_note")))
    when = texts("receipt.reprint", number=facts.reprint.number, when=facts.reprint.when)
    return (centred(texts("receipt.duplicate"), bold=True, tall=True), centred(when))


def _reprint_foot(facts: Headed, texts: Texts) -> Blocks:
    if facts.reprint is None or facts.reprint.replaces:
        return ()
    return (centred(texts("receipt.duplicate"), bold=True, tall=True),)


def notice_rows(facts: ReceiptFacts, texts: Texts, *, with_description: bool) -> Blocks:
    """Payee, object, notice; the object stands on the citizen's copies only (printing.md 3, minimisation)."""
    return rows(
        texts,
        (
            ("company", facts.company_name),
            ("creditor", facts.creditor),
            ("description", facts.description if with_description else ""),
            ("notice_number", facts.grouped_notice_number),
            ("iuv", facts.reference),
        ),
    )


def money_rows(facts: ReceiptFacts, texts: Texts, total_label: str) -> Blocks:
    """Amount of the notice, fee, and the total under the word that is true for this paper."""
    return (
        *rows(texts, (("amount", to_euro(facts.amount)), ("fee", to_euro(facts.fee)))),
        *row(texts(f"label.{total_label}"), to_euro(facts.total), bold=True, tall=True),
    )


def reason_row(facts: ReceiptFacts, texts: Texts) -> Blocks:
    """Why, in the words of whoever refused; withheld like a slip if a card number could stand in it."""
    return () if holds_card_number((facts.reason,)) else row(texts("label.reason"), facts.reason)


def provider_rows(facts: ReceiptFacts, texts: Texts) -> Blocks:
    """When, through whom, and the payment's own number: the attestation owes them (pagopa.md 6)."""
    return rows(
        texts,
        (
            ("date_time", facts.paid_at),
            ("psp", facts.provider.name),
            ("psp_fiscal_code", facts.provider.fiscal_code),
            ("payment_token", facts.payment_token),
        ),
    )


# --- the card ----------------------------------------------------------------------------------


def card_section(facts: ReceiptFacts, texts: Texts, *, title: str = "card_payment") -> Blocks:
    """The reader's own slip as it is, else the same facts as rows; nothing where no card was involved.

    A slip in which a whole card number could stand is withheld, and the paper says so.
    """
    if facts.reader_lines and not _slip_is_unsafe(facts):
        return (THIN, ReaderLines(tuple(printable_line(line) for line in facts.reader_lines)))
    withheld: Blocks = (centred(texts("receipt.reader_slip_withheld")),) if facts.reader_lines else ()
    if facts.card is None:
        return (THIN, *withheld) if withheld else ()
    charged = _charged_row(facts, facts.card, texts) if title == "card_payment" else ()
    return (THIN, centred(texts(f"receipt.{title}")), *_card_rows(facts, facts.card, texts), *charged, *withheld)


def _slip_is_unsafe(facts: ReceiptFacts) -> bool:
    acquirer = facts.card.acquirer_id if facts.card is not None else ""
    known = (facts.notice_number, facts.reference, facts.creditor, acquirer)
    return holds_card_number(facts.reader_lines, known=known)


def _card_rows(facts: ReceiptFacts, card: Card, texts: Texts) -> Blocks:
    return rows(
        texts,
        (
            ("outcome", texts("receipt.card_approved" if facts.card_approved else "receipt.card_not_approved")),
            ("network", texts(f"card.{card.kind}") if card.kind != "unknown" else ""),
            ("card", f"{_MASK}{card.last4[-4:]}" if card.last4 else ""),
            ("entry_mode", _entry_mode(card, texts)),
            ("acquirer_id", card.acquirer_id),
            ("reader_id", card.terminal_id),
            ("stan", card.stan),
            ("authorisation", card.authorisation_code),
            ("online_id", card.online_id),
        ),
    )


def _charged_row(facts: ReceiptFacts, card: Card, texts: Texts) -> Blocks:
    """What the host authorised; where the reader does not tell (command P), it authorised what was asked for."""
    amount = facts.total if card.amount is None else card.amount
    return row(texts("label.charged"), to_euro(amount)) if facts.card_approved else ()


def _entry_mode(card: Card, texts: Texts) -> str:
    known = texts.section("card")
    return known.get(card.entry_mode.strip().lower(), card.entry_mode)


# --- feet --------------------------------------------------------------------------------------


def operation_row(facts: ReceiptFacts, texts: Texts) -> Blocks:
    """The counter's own number of this operation, and which terminal made it."""
    return row(texts("label.operation"), f"{facts.operation} - {facts.cashier_desk or facts.terminal_id}")


def foot(facts: ReceiptFacts, texts: Texts, *sentences: str) -> Blocks:
    """The operation's number and the closing sentences."""
    return (HEAVY, *operation_row(facts, texts), *(centred(texts(f"receipt.{key}")) for key in sentences))


def help_rows(facts: ReceiptFacts, texts: Texts) -> Blocks:
    """Where the citizen asks."""
    contact = printable(facts.provider.contact)
    return (centred(texts("receipt.contact", contact=contact), bold=True),) if contact else ()
