"""The papers as a person has looked at them: as text, and as pictures, all papers of a language and width on one sheet.

After a wanted change: `UPDATE_REFERENCES=1 pytest tests/pos_app/receipts`, then look at every file that differs.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from drivers.contracts import Document
from drivers.printer.escpos import write
from drivers.printer.layout import lay_out, plain_text
from drivers.printer.options import COLUMNS, EscPosOptions
from drivers.printer.simulator.machine import Machine
from drivers.printer.simulator.picture import draw
from pos_app.receipts import documents
from pos_app.receipts.facts import ReceiptFacts, Reprint
from pos_app.receipts.reports import PageFacts, ShiftFacts, printer_page, shift_report
from pos_app.texts import LANGUAGES, Texts, texts

REFERENCES = Path(__file__).parents[2] / "data" / "receipts"
UPDATING = "UPDATE_REFERENCES" in os.environ
DIFFERENT = 0.002  # of all dots: what another version of FreeType may draw differently

Facts = Callable[..., ReceiptFacts]
Build = Callable[[Facts, Texts, int], Document]

SLIP = (
    "     BANCA ESEMPIO",
    "        ACQUISTO",
    "Eser.    000000123456789",
    "A.I.I.C.     88105100003",
    "TML 12345678 STAN 000123",
    "PAN     ************4242",
    "AUT. A1B2C3 OPER. 000456",
    "IMPORTO EUR       130,00",
    "  TRANSAZIONE ESEGUITA",
)


def _shift(facts: Facts, say: Texts, _columns: int) -> Document:
    merchant = facts().merchant
    times = ("21/11/2026 08:00:00", "21/11/2026 19:30:00")
    totals = (412350, 425350, 425350)
    return shift_report(
        ShiftFacts(merchant, False, "Anna", "T0000001", *times, 31, 1, *totals, 1, 0, "esito n. 17"), say
    )


def _page(facts: Facts, say: Texts, columns: int) -> Document:
    return printer_page(PageFacts(facts().merchant, True, "21/11/2026 08:00:00", columns, "CP858"), say)


PAPERS: dict[str, Build] = {
    "customer_copy": lambda facts, say, _: documents.customer_copy(facts(), say),
    "customer_copy_with_slip": lambda facts, say, _: documents.customer_copy(facts(reader_lines=SLIP, trial=True), say),
    "duplicate": lambda facts, say, _: documents.customer_copy(facts(reprint=Reprint(2, "21/11/2026 11:05")), say),
    "replacement": lambda facts, say, _: documents.merchant_copy(facts(reprint=Reprint(1, "", replaces=True)), say),
    "merchant_copy": lambda facts, say, _: documents.merchant_copy(facts(), say),
    "recorded_late": lambda facts, say, _: documents.recorded_late(facts(), say),
    "recorded_late_merchant_copy": lambda facts, say, _: documents.recorded_late_merchant_copy(facts(), say),
    "in_verification": lambda facts, say, _: documents.in_verification(facts(), say),
    "in_verification_card_unknown": lambda facts, say, _: documents.in_verification(facts(card=None), say),
    "not_executed": lambda facts, say, _: documents.not_executed(facts(card=None, proven_not_charged=True), say),
    "not_executed_unproven": lambda facts, say, _: documents.not_executed(facts(card=None), say),
    "refund_due": lambda facts, say, _: documents.refund_due(facts(), say),
    "reversal": lambda facts, say, _: documents.reversal(facts(), say),
    "emergency": lambda facts, say, _: documents.emergency(facts(), say),
    "shift_report": _shift,
    "test_page": _page,
}

every_width = pytest.mark.parametrize("columns", COLUMNS)
every_language = pytest.mark.parametrize("language", LANGUAGES)


def options(columns: int) -> EscPosOptions:
    return EscPosOptions("x", columns=columns, extra_code_pages=("CP852",))


@every_width
@every_language
def test_the_papers_read_as_they_were_reviewed(facts: Facts, language: str, columns: int) -> None:
    for paper, build in PAPERS.items():
        document = build(facts, texts(language), columns)
        read = plain_text(lay_out(document, columns=columns, repertoire=options(columns).repertoire))
        reference = REFERENCES / language / f"{paper}.{columns}.txt"
        if UPDATING:
            reference.parent.mkdir(parents=True, exist_ok=True)
            reference.write_text(read, encoding="utf-8")
        assert read == reference.read_text(encoding="utf-8"), reference.name


@every_width
@every_language
def test_the_papers_look_as_they_were_reviewed(facts: Facts, language: str, columns: int) -> None:
    sheet = _sheet(facts, language, columns)
    reference = REFERENCES / language / f"sheet.{columns}.png"
    if UPDATING:
        sheet.save(reference, optimize=True)
    with Image.open(reference) as reviewed:
        assert sheet.size == reviewed.size
        differing = ImageChops.logical_xor(sheet, reviewed).histogram()[255]
    assert differing <= DIFFERENT * sheet.width * sheet.height


@pytest.mark.parametrize("code_page", ["CP858", "CP437"])
def test_italian_is_right_on_a_printer_with_this_code_page_only(facts: Facts, code_page: str) -> None:
    alone, machine = EscPosOptions("x", code_page=code_page), Machine(48)
    for build in PAPERS.values():
        machine.swallow(write(lay_out(build(facts, texts("it"), 48), columns=48, repertoire=alone.repertoire), alone))
    assert {page for piece in machine.pieces for page in piece.code_pages} == {alone.repertoire.pages[0][1]}
    read = "".join(piece.text for piece in machine.pieces)
    assert {*"?–’"} & {*read} == set()
    assert all(word in read for word in ("Città Sant'Angelo", "dell'Università 3", "Modalità", "può", "EUR 130,00"))


def test_no_reviewed_paper_lost_its_test() -> None:
    kept = {path.relative_to(REFERENCES).as_posix() for path in REFERENCES.rglob("*.*")}
    papers = {f"{paper}.{columns}.txt" for paper in PAPERS for columns in COLUMNS}
    sheets = {f"sheet.{columns}.png" for columns in COLUMNS}
    assert kept == {f"{language}/{name}" for language in LANGUAGES for name in papers | sheets}


def _sheet(facts: Facts, language: str, columns: int) -> Image.Image:
    """All papers of a language and width side by side, drawn by the double from the driver's own bytes."""
    machine = Machine(columns)
    for build in PAPERS.values():
        items = lay_out(build(facts, texts(language), columns), columns=columns, repertoire=options(columns).repertoire)
        machine.swallow(write(items, options(columns)))
    assert machine.unknown == ()
    pictures = [draw(piece) for piece in machine.pieces]
    assert len(pictures) == len(PAPERS)
    sheet = Image.new("1", (sum(one.width for one in pictures), max(one.height for one in pictures)), 1)
    left = 0
    for picture in pictures:
        sheet.paste(picture, (left, 0))
        left += picture.width
    return sheet
