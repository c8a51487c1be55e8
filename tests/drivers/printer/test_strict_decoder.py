"""An independent decoder of ESC/POS, written from Epson's command reference alone: what we send is nothing else.

It shares no line with the writer or the double, knows only the commands and values that the reference documents for
what a receipt needs, and refuses everything besides: an unknown command, a value out of range, a control byte.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.contracts import Align, Cut, Document, Logo, QrCode, ReaderLines, Row, Rule, Text
from drivers.printer.layout import lay_out, plain_text
from drivers.printer.options import COLUMNS, PROOFS, EscPosOptions
from drivers.printer.simulator import MODELS, InMemoryPrinter, Script

ENCODINGS = {0: "cp437", 2: "cp850", 16: "cp1252", 18: "cp852", 19: "cp858", 40: "iso8859-15"}  # ESC t n


class Undocumented(Exception):
    """These bytes are in no command reference, or not with these values."""


@dataclass
class Decoder:
    """Reads a job from its first to its last byte. `lines` is what a person reads."""

    data: bytes
    at: int = 0
    lines: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    _line: str = ""
    _encoding: str = "cp437"
    _stored: str = ""
    _defining: bool = False
    _defined: bool = False

    def decoded(self) -> "Decoder":
        while self.at < len(self.data):
            self._step()
        if self._line or self._defining:
            raise Undocumented(f"without an end: text {self._line!r} or a macro")
        return self

    def _step(self) -> None:
        byte = self.data[self.at]
        if byte >= 0x20 and byte != 0x7F:
            self._line += self._take(1).decode(self._encoding)
        elif byte == 0x0A:
            self.at += 1
            self.lines.append(self._line)
            self._line = ""
        else:
            self._command()

    def _command(self) -> None:
        for name, obey in COMMANDS.items():
            if self.data.startswith(name, self.at):
                self.at += len(name)
                obey(self)
                return
        raise Undocumented(f"at {self.at}: {self.data[self.at : self.at + 8].hex(' ')}")

    def _take(self, count: int) -> bytes:
        taken = self.data[self.at : self.at + count]
        if len(taken) < count:
            raise Undocumented("the job ends in the middle of a command")
        self.at += count
        return taken

    def _number(self, *allowed: int) -> int:
        (value,) = self._take(1)
        if value not in allowed:
            raise Undocumented(f"at {self.at - 1}: {value:02x} is none of {allowed}")
        return value

    # --- the reference's pages, one each ---------------------------------------------------------

    def initialise(self) -> None:  # ESC @
        self._encoding = "cp437"

    def code_table(self) -> None:  # ESC t n
        self._encoding = ENCODINGS[self._number(*ENCODINGS)]

    def international(self) -> None:  # ESC R n
        self._number(*range(18))

    def emphasised(self) -> None:  # ESC E n
        self._number(0, 1)

    def justification(self) -> None:  # ESC a n
        if self._line:
            raise Undocumented("ESC a counts only at the beginning of a line")
        self._number(0, 1, 2, 48, 49, 50)

    def feed(self) -> None:  # ESC d n
        self._number(*range(256))

    def size(self) -> None:  # GS ! n: bits 3 and 7 stay 0
        self._number(*(wide << 4 | high for wide in range(8) for high in range(8)))

    def status_back(self) -> None:  # GS a n
        self._number(*range(256))
        self.asked.append("asb")

    def transmit(self) -> None:  # GS r n
        self._number(1, 2, 4, 49, 50, 52)
        self.asked.append("gs_r")

    def macro(self) -> None:  # GS :
        self._defining, self._defined = not self._defining, self._defining

    def execute(self) -> None:  # GS ^ r t m; in a definition it would undo that
        if self._defining or not self._defined:
            raise Undocumented("GS ^ without a macro")
        self._number(*range(1, 256))
        self._number(0)
        self._number(0)

    def cut(self) -> None:  # GS V, function B
        self._number(65, 66)
        self._number(*range(256))
        self.lines.append("")

    def raster(self) -> None:  # GS v 0 m xL xH yL yH
        self._number(0, 1, 2, 3, 48, 49, 50, 51)
        width, height = (int.from_bytes(self._take(2), "little") for _ in range(2))
        if not (1 <= width <= 128 and 1 <= height <= 4095):
            raise Undocumented(f"a picture of {width} x {height}")
        self._take(width * height)
        self.lines.append("[picture]")

    def process_id(self) -> None:  # GS ( H, function 48
        if self._take(4) != b"\x06\x00\x30\x30":
            raise Undocumented("GS ( H with other values")
        if not all(0x20 <= byte <= 0x7E for byte in self._take(4)):
            raise Undocumented("a process id of other characters")
        self.asked.append("process_id")

    def symbol(self) -> None:  # GS ( k
        length = int.from_bytes(self._take(2), "little")
        body = self._take(length)
        kind, function, rest = body[0], body[1], body[2:]
        known: dict[int, Callable[[bytes], bool]] = {
            65: lambda rest: rest in (b"\x31\x00", b"\x32\x00", b"\x33\x00"),  # model
            67: lambda rest: len(rest) == 1 and 1 <= rest[0] <= 16,  # module
            69: lambda rest: len(rest) == 1 and 48 <= rest[0] <= 51,  # error correction
            80: lambda rest: rest[0] == 48 and 1 <= len(rest) - 1 <= 7089,  # store
            81: lambda rest: rest == b"\x30",  # print
        }
        if kind != 49 or function not in known or not known[function](rest):
            raise Undocumented(f"GS ( k {body[:4].hex(' ')}")
        if function == 80:
            self._stored = rest[1:].decode()
        if function == 81:
            self.lines.append(f"[QR {self._stored}]")

    def graphics(self) -> None:  # GS ( L, function 69: print the NV graphics of a key
        body = self._take(int.from_bytes(self._take(2), "little"))
        keys_are_printable = all(0x20 <= byte <= 0x7E for byte in body[2:4])
        if len(body) != 6 or body[:2] != b"\x30\x45" or not keys_are_printable or not {*body[4:]} <= {1, 2}:
            raise Undocumented(f"GS ( L {body.hex(' ')}")


COMMANDS: dict[bytes, Callable[[Decoder], None]] = {
    b"\x1b@": Decoder.initialise,
    b"\x1bt": Decoder.code_table,
    b"\x1bR": Decoder.international,
    b"\x1bE": Decoder.emphasised,
    b"\x1ba": Decoder.justification,
    b"\x1bd": Decoder.feed,
    b"\x1d!": Decoder.size,
    b"\x1d:": Decoder.macro,
    b"\x1d^": Decoder.execute,
    b"\x1da": Decoder.status_back,
    b"\x1dr": Decoder.transmit,
    b"\x1dV": Decoder.cut,
    b"\x1dv0": Decoder.raster,
    b"\x1d(H": Decoder.process_id,
    b"\x1d(k": Decoder.symbol,
    b"\x1d(L": Decoder.graphics,
}
# Real-time commands stand outside the job: the status questions, and clearing the buffer.
REAL_TIME = [b"\x10\x04\x01", b"\x10\x04\x02", b"\x10\x04\x03", b"\x10\x04\x04", bytes.fromhex("10140801031401060208")]

PAPER = Document(
    "paper",
    (
        Logo(),
        Text("PERCHÉ NO? – «Sì» €", Align.CENTER, bold=True, tall=True),
        Row("Città", "Šmarje, via dell'Università 3"),
        Rule(heavy=True),
        ReaderLines(("IMPORTO EUR       130,00",)),
        QrCode("PAGOPA|002|301000000001234519|77777777777|12850"),
        Text("x\x1dV\x00y\x10\x14\x08"),
        Cut(),
    ),
)
anything = st.one_of(
    st.builds(Text, st.text(max_size=80), st.sampled_from(Align), bold=st.booleans(), tall=st.booleans()),
    st.builds(Row, st.text(max_size=30), st.text(max_size=80)),
    st.builds(ReaderLines, st.lists(st.text(max_size=40), max_size=3).map(tuple)),
    st.builds(QrCode, st.just("PAGOPA|002|301000000001234519|77777777777|12850")),
    st.builds(Logo),
)


def read_by_people(document: Document, options: EscPosOptions) -> list[str]:
    laid = lay_out(document, columns=options.columns, repertoire=options.repertoire)
    return [line.rstrip() for line in plain_text(laid).splitlines()]


def sent(printer: InMemoryPrinter, document: Document) -> bytes:
    """Every byte that left the driver for this document, real-time commands taken out."""
    printer.print(printer.render(document), timeout=30.0, tick=lambda: None)
    data = printer.sent
    for command in REAL_TIME:
        data = data.replace(command, b"")
    return data


@pytest.mark.parametrize("columns", COLUMNS)
@pytest.mark.parametrize("proof", PROOFS)
@pytest.mark.parametrize("qr", ["native", "raster"])
@pytest.mark.parametrize("logo", ["", "PP"])
def test_all_that_leaves_the_driver_is_documented(columns: int, proof: str, qr: str, logo: str) -> None:
    printer = InMemoryPrinter(columns=columns, proof=proof, qr=qr, logo=logo, extra_code_pages=("CP852",))
    found = Decoder(sent(printer, PAPER)).decoded()
    options = EscPosOptions("x", columns=columns, extra_code_pages=("CP852",))
    wanted = [
        "[picture]" if line.startswith("[QR") and qr == "raster" else line for line in read_by_people(PAPER, options)
    ]
    assert [line.rstrip() for line in found.lines] == wanted
    assert ("asb" in found.asked) == (proof != "none")


@pytest.mark.parametrize("model", MODELS)
def test_so_is_what_it_sends_while_it_finds_out_and_when_it_fails(model: str) -> None:
    printer = InMemoryPrinter(script=Script(model=model, paper_mm=30.0))
    sent(printer, PAPER)
    printer.happen("new_roll")
    Decoder(sent(printer, PAPER)).decoded()


@settings(max_examples=60)
@given(blocks=st.lists(anything, max_size=6))
def test_so_is_every_document_whatever_stands_in_it(blocks: list[Text]) -> None:
    document = Document("any", (*blocks, Cut()))
    printer = InMemoryPrinter()
    found = Decoder(printer.render(document)).decoded()
    assert [line.rstrip() for line in found.lines] == read_by_people(document, EscPosOptions("x"))


@pytest.mark.parametrize(
    "stray",
    [
        "1b 40 00",
        "1b 74 63",
        "1d 56 42",
        "1d 28 48 06 00 30 30 01 02 03 04",
        "1b 45 02",
        "41",
        "1b 21 00",
        "07",
        "10 04",
        "1d 3a",
        "1d 5e 01 00 00",
        "1d 3a 1d 72 01 1d 5e 01 00 00 1d 3a",
        "1d 3a 1d 72 01 1d 3a 1d 5e 01 00 01",
    ],
)
def test_the_decoder_is_strict(stray: str) -> None:
    with pytest.raises(Undocumented):
        Decoder(bytes.fromhex(stray)).decoded()
