"""Papers that are about no single payment: the end of a shift, and the printer's own test page."""

from dataclasses import dataclass

from drivers.contracts import Align, Cut, Document, Logo, QrCode, Row, Text
from pos_app.domain.money import to_euro
from pos_app.receipts.facts import Merchant, Reprint
from pos_app.receipts.parts import HEAVY, THIN, Blocks, centred, framed, row, rows
from pos_app.texts import Texts


@dataclass(frozen=True)
class ShiftFacts:
    """One shift at the counter. Amounts are cents, times local text; a total that a device does not tell is None.

    `reason` is what the operator gave for a difference; without a difference it is empty.
    """

    merchant: Merchant
    trial: bool
    operator: str
    terminal_id: str
    opened_at: str
    closed_at: str
    payments: int
    reversals: int
    journal_total: int
    reader_total: int | None = None
    host_total: int | None = None
    open_doubts: int = 0
    unsent_outcomes: int = 0
    reason: str = ""
    reprint: Reprint | None = None

    @property
    def difference(self) -> int | None:
        """What the reader counted beyond the journal; None where the reader does not tell its total."""
        return None if self.reader_total is None else self.reader_total - self.journal_total


def shift_report(facts: ShiftFacts, texts: Texts) -> Document:
    """What was taken in a shift, by the journal and by the devices, and what is still open (product.md C12)."""
    body = (
        centred(texts("receipt.shift_report"), bold=True, tall=True),
        THIN,
        *_when_and_who(facts, texts),
        THIN,
        *_totals(facts, texts),
        THIN,
        *rows(
            texts,
            (("open_doubts", str(facts.open_doubts)), ("unsent_outcomes", str(facts.unsent_outcomes))),
        ),
        HEAVY,
        centred(texts("receipt.not_fiscal")),
    )
    return Document("shift_report", (*framed(facts, texts, body), Cut()))


def _when_and_who(facts: ShiftFacts, texts: Texts) -> Blocks:
    return rows(
        texts,
        (
            ("operator", facts.operator),
            ("terminal", facts.terminal_id),
            ("opened_at", facts.opened_at),
            ("closed_at", facts.closed_at),
            ("payments", str(facts.payments)),
            ("reversals", str(facts.reversals)),
        ),
    )


def _totals(facts: ShiftFacts, texts: Texts) -> Blocks:
    difference = facts.difference
    told = rows(
        texts,
        (
            ("journal_total", to_euro(facts.journal_total)),
            ("reader_total", "" if facts.reader_total is None else to_euro(facts.reader_total)),
            ("host_total", "" if facts.host_total is None else to_euro(facts.host_total)),
        ),
    )
    if difference is None:
        return told
    marked = row(texts("label.difference"), to_euro(difference), bold=difference != 0, tall=difference != 0)
    return (*told, *marked, *row(texts("label.reason"), facts.reason))


@dataclass(frozen=True)
class PageFacts:
    """What the test page says of its printer: how it is set up, and when it was tried."""

    merchant: Merchant
    trial: bool
    printed_at: str
    columns: int
    code_page: str
    reprint: Reprint | None = None


# Every letter and sign that the papers of the five languages use beyond ASCII.
ALPHABET = "àèéìíîòóùú ÀÈÉÌÒÙ äöüß ÄÖÜ âêëïôûçœ ÂÊÇ čšž ČŠŽ € ° ’ – « »"
RULER = "1234567890"


def printer_page(facts: PageFacts, texts: Texts) -> Document:
    """The test page: what can go wrong with a new printer is seen at one look (code page, width, sizes, code, cut)."""
    body: Blocks = (
        Logo(),
        centred(texts("receipt.test_page"), bold=True, tall=True),
        *row(texts("label.date_time"), facts.printed_at),
        Row(facts.code_page, str(facts.columns)),
        THIN,
        Text((RULER * facts.columns)[: facts.columns]),
        Text(ALPHABET),
        Text(ALPHABET, bold=True),
        Text(ALPHABET, tall=True),
        THIN,
        Text("<", Align.LEFT),
        Text("|", Align.CENTER),
        Text(">", Align.RIGHT),
        QrCode("PAGOPA|002|000000000000000000|00000000000|1"),
        HEAVY,
        centred(texts("receipt.not_fiscal")),
    )
    return Document("test_page", (*framed(facts, texts, body), Cut()))
