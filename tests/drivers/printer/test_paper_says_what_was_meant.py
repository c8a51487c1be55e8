"""Layout loses nothing, and an independent, strict interpreter reads on paper what the layout set."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.contracts import Align, Block, Cut, Document, QrCode, ReaderLines, Row, Rule, Text
from drivers.printer.characters import Repertoire
from drivers.printer.escpos import write
from drivers.printer.layout import Line, lay_out, plain_text
from drivers.printer.options import COLUMNS, EscPosOptions
from drivers.printer.simulator.machine import Machine
from drivers.printer.simulator.paper import Piece

CP858 = Repertoire.of("CP858", "CP852")
flags = st.booleans()
words = st.text(max_size=160)
blocks = st.one_of(
    st.builds(Text, words, st.sampled_from(Align), bold=flags, tall=flags),
    st.builds(Row, st.text(max_size=30), words, bold=flags, tall=flags),
    st.builds(Rule, heavy=flags),
    st.builds(ReaderLines, st.lists(st.text(max_size=60), max_size=5).map(tuple)),
)
documents = st.lists(blocks, max_size=8).map(lambda some: Document("any", (*some, Cut())))
every_width = pytest.mark.parametrize("columns", COLUMNS)


def owed(block: Block) -> str:
    """The characters of a block that must stand on paper, in their order, blanks aside."""
    match block:
        case Text(text=told):
            pass
        case Row(label=label, value=value):
            told = label + value
        case ReaderLines(lines=lines):
            told = "".join(lines)
        case _:
            told = ""
    return "".join(CP858.fit(told).split())


def printed(document: Document, columns: int) -> tuple[Piece, Machine]:
    options = EscPosOptions("x", columns=columns, extra_code_pages=("CP852",))
    machine = Machine(columns)
    machine.swallow(write(lay_out(document, columns=columns, repertoire=options.repertoire), options))
    return machine.pieces[0], machine


@every_width
@settings(max_examples=40)
@given(document=documents)
def test_no_line_is_longer_than_the_paper_is_wide(document: Document, columns: int) -> None:
    for item in lay_out(document, columns=columns, repertoire=CP858):
        assert not isinstance(item, Line) or len(item.text) <= columns


@every_width
@settings(max_examples=40)
@given(block=blocks.filter(lambda block: not isinstance(block, Rule)))
def test_no_character_is_cut(block: Block, columns: int) -> None:
    laid = plain_text(lay_out(Document("any", (block,)), columns=columns, repertoire=CP858))
    there = "".join(laid.split())
    if isinstance(block, Row):
        label = "".join(CP858.fit(block.label).split())
        assert there in {owed(block), label + ":" + owed(block)[len(label) :]}
    else:
        assert there == owed(block)


@every_width
@settings(max_examples=40)
@given(document=documents)
def test_what_is_on_paper_is_what_was_laid_out(document: Document, columns: int) -> None:
    piece, machine = printed(document, columns)
    laid = plain_text(lay_out(document, columns=columns, repertoire=CP858)[:-1])
    assert piece.text == "".join(f"{line.rstrip()}\n" for line in laid.split("\n")[:-1])
    assert machine.unknown == ()
    assert piece.cut


def test_a_value_that_does_not_fit_stands_below_its_label() -> None:
    rows = (Row("IUV", "01000000001234519"), Row("Codice avviso", "3010 0000 0001 2345 19"))
    laid = plain_text(lay_out(Document("any", rows), columns=32, repertoire=CP858))
    assert laid.splitlines() == [
        "IUV            01000000001234519",
        "Codice avviso:",
        "          3010 0000 0001 2345 19",
    ]


def test_a_word_may_use_the_whole_width_before_it_is_broken() -> None:
    token = "c110729d258c4ab1b765fe902aae41d6"
    laid = lay_out(Document("any", (Row("ID pagamento", f"{token} {token}x"),)), columns=32, repertoire=CP858)
    assert [item.text for item in laid if isinstance(item, Line)] == [
        "ID pagamento:",
        token,
        token,
        "x".rjust(32),
    ]


def test_the_readers_own_lines_keep_their_columns_in_the_middle() -> None:
    lines = ReaderLines(("IMPORTO EUR       130,00", "  GRAZIE"))
    laid = plain_text(lay_out(Document("any", (lines,)), columns=48, repertoire=CP858))
    assert laid == "            IMPORTO EUR       130,00\n              GRAZIE\n"


def test_the_bytes_of_a_paper_are_the_reference_s() -> None:
    document = Document("any", (Text("Sì €", bold=True), Row("TOT", "1", tall=True), Cut()))
    options = EscPosOptions("x", columns=32)
    written = write(lay_out(document, columns=32, repertoire=options.repertoire), options)
    assert (
        written
        == bytes.fromhex(
            "1b 40  1d 61 0e  1b 52 00  1b 74 13"  # initialise, ASB on, no national letters, CP858
            "1b 45 01  53 8d 20 d5 0a  1b 45 00"  # bold
            "1d 21 01" + "54 4f 54" + "20" * 28 + "31 0a" + "1d 21 00"  # double height
            "1d 56 42 00"  # feed and cut
        )
    )


@pytest.mark.parametrize("way", ["native", "raster"])
@every_width
def test_a_qr_code_on_paper_scans(columns: int, way: str) -> None:
    import zxingcpp  # noqa: PLC0415 - only here

    from drivers.printer.simulator.picture import draw  # noqa: PLC0415 - only here

    code = "PAGOPA|002|301000000001234519|77777777777|12850"
    options = EscPosOptions("x", columns=columns, qr=way)
    document = Document("any", (Text("è prima"), QrCode(code), Text("è dopo"), Cut()))
    machine = Machine(columns)
    machine.swallow(write(lay_out(document, columns=columns, repertoire=options.repertoire), options))
    picture = draw(machine.pieces[0])
    assert machine.unknown == ()
    assert machine.pieces[0].text.splitlines()[-1] == "è dopo"
    assert [found.text for found in zxingcpp.read_barcodes(picture.convert("L"))] == [code]


def test_another_number_for_the_code_page_is_what_is_sent() -> None:
    options = EscPosOptions("x", code_page_number=53)
    assert write((), options).endswith(bytes.fromhex("1b 74 35"))


def test_without_a_cutter_the_paper_is_fed_to_the_tear_bar() -> None:
    options = EscPosOptions("x", cutter=False)
    assert write(lay_out(Document("any", (Cut(),)), columns=48, repertoire=CP858), options).endswith(b"\x1bd\x05")


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"columns": 40}, "columns = 40: must be one of 48, 42, 32"),
        ({"code_page": "CP1"}, "code_page = 'CP1': must be one of CP437"),
        ({"extra_code_pages": ("CP1",)}, "extra_code_pages = 'CP1'"),
        ({"proof": "hope"}, "proof = 'hope': must be one of auto, process_id, gs_r, asb, none"),
        ({"qr": "no"}, "qr = 'no'"),
        ({"code_page_number": 256}, "code_page_number = 256"),
    ],
)
def test_an_impossible_option_is_refused_in_one_sentence(wrong: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint.replace("(", "\\(")):
        EscPosOptions("x", **wrong)  # type: ignore[arg-type]
