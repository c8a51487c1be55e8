"""No whole card number ever reaches paper, however the reader's slip was set (printing.md 3, money rule 10)."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.contracts import ReaderLines
from drivers.printer.characters import Repertoire
from drivers.printer.layout import lay_out, plain_text
from pos_app.receipts.documents import customer_copy, in_verification, merchant_copy, not_executed, refund_due, reversal
from pos_app.receipts.facts import ReceiptFacts
from pos_app.receipts.foreign import holds_card_number
from pos_app.texts import texts

Facts = Callable[..., ReceiptFacts]

# The card schemes' own published test numbers.
PLANTED = (
    "4242424242424242",
    "5555555555554444",
    "378282246310005",
    "6011111111111117",
    "3530111333300000",
    "6759649826438453",
    "4222222222222",
    "6304000000000000000",
)

DISGUISES: dict[str, Callable[[str], tuple[str, ...]]] = {
    "bare": lambda number: (number,),
    "labelled": lambda number: (f"CARTA {number}",),
    "in fours": lambda number: (" ".join(number[at : at + 4] for at in range(0, len(number), 4)),),
    "with dashes": lambda number: ("PAN " + "-".join(number[at : at + 4] for at in range(0, len(number), 4)),),
    "with dots": lambda number: (".".join(number[at : at + 4] for at in range(0, len(number), 4)),),
    "two blanks": lambda number: (f"{number[:6]}  {number[6:]}",),
    "over two lines": lambda number: (f"Carta           {number[:8]}", number[8:]),
    "over two lines, indented": lambda number: (f"{number[:6]}   ", f"  {number[6:]}"),
    "behind another number": lambda number: (f"STAN 000123 {number}",),
    "before another number": lambda number: (f"{number} 123",),
    "inside a longer number": lambda number: (f"000000{number}00",),
    "as the merchant's number": lambda number: (f"Eser. {number}",),
    "as the acquirer's code": lambda number: (f"A.I.I.C. {number}",),
    "with control characters": lambda number: ("\x00".join(number),),
    "with invisible characters": lambda number: ("\u200b".join(number),),
    "in wide digits": lambda number: ("".join(chr(ord(digit) + 0xFEE0) for digit in number),),
}


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("number", PLANTED)
def test_a_planted_card_number_is_found(number: str, disguise: str) -> None:
    assert holds_card_number(DISGUISES[disguise](number))


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("number", PLANTED)
def test_a_slip_with_a_card_number_is_withheld_and_the_facts_stand_in_its_place(
    facts: Facts, number: str, disguise: str
) -> None:
    lines = ("BANCA ESEMPIO", *DISGUISES[disguise](number), "TRANSAZIONE ESEGUITA")
    document = customer_copy(facts(reader_lines=lines), texts("it"))
    paper = plain_text(lay_out(document, columns=48, repertoire=Repertoire.of("CP858")))
    assert not any(isinstance(block, ReaderLines) for block in document.blocks)
    assert number not in "".join(character for character in paper if character.isdigit())
    assert "Scontrino del POS non stampato" in paper
    assert "************4242" in paper


@pytest.mark.parametrize(
    "paper",
    [customer_copy, merchant_copy, in_verification, not_executed, refund_due, reversal],
    ids=lambda f: f.__name__,
)
def test_no_paper_prints_a_slip_with_a_card_number(facts: Facts, paper: Callable[..., object]) -> None:
    told = repr(paper(facts(reader_lines=("4242424242424242",), reason="carta 5555555555554444"), texts("it")))
    assert "4242424242424242" not in told
    assert "5555555555554444" not in told


SLIP = (
    "    BANCA ESEMPIO S.p.A.",
    "  EDICOLA DEL CORSO SNC",
    "Eser.    000000123456789",
    "A.I.I.C.     88105100003",
    "21/11/2026 10:42",
    "TML 12345678 STAN 000123",
    "Mod. ONLINE      CTLS ICC",
    "AUT. A1B2C3 OPER. 000456",
    "PAN     ************4242",
    "A.ID.     A0000001410001",
    "APPL.       PagoBANCOMAT",
    "IMPORTO EUR       130,00",
    "AVVISO 301000000001234519",
)


def test_an_honest_slip_is_printed_as_it_is(facts: Facts) -> None:
    document = customer_copy(facts(reader_lines=SLIP), texts("it"))
    assert ReaderLines(tuple(line.rstrip() for line in SLIP)) in document.blocks


def test_a_slip_may_name_the_numbers_of_this_payment(facts: Facts) -> None:
    luhn_valid_notice = "301000000001234500"
    while not holds_card_number((luhn_valid_notice,)):
        luhn_valid_notice = str(int(luhn_valid_notice) + 1)
    document = customer_copy(
        facts(notice_number=luhn_valid_notice, reader_lines=(f"AVVISO {luhn_valid_notice}",)), texts("it")
    )
    assert any(isinstance(block, ReaderLines) for block in document.blocks)


def test_a_merchants_number_is_no_card_though_it_passes_the_check() -> None:
    assert holds_card_number(("000000000000018",))
    assert not holds_card_number(("Eser. 000000000000018",))
    assert not holds_card_number(("ESERCENTE: 555555555555557",))


@given(st.integers(13, 19).flatmap(lambda length: st.text("0123456789", min_size=length - 1, max_size=length - 1)))
def test_any_number_that_passes_the_check_is_found_and_its_neighbours_are_not(start: str) -> None:
    found = [digit for digit in "0123456789" if holds_card_number((start + digit,))]
    only_zeros = not start.strip("0")  # no card's number
    assert len(found) == (0 if only_zeros else 1)
