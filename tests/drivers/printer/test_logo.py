from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from drivers.contracts import Cut, Document, Logo, Text
from drivers.printer.logo import LogoError, of_picture, recalled, stored
from drivers.printer.options import EscPosOptions
from drivers.printer.simulator import InMemoryPrinter
from drivers.printer.simulator.paper import PrintedPicture
from drivers.printer.simulator.picture import draw

PAPER = Document("paper", (Logo(), Text("sotto"), Cut()))


def a_picture(folder: Path, width: int = 100, height: int = 24) -> Path:
    """A black frame, transparent inside, with a diagonal: nothing in it is symmetrical."""
    picture = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    ImageDraw.Draw(picture).rectangle((0, 0, width - 1, height - 1), outline="black")
    ImageDraw.Draw(picture).line((0, 0, width // 2, height - 1), fill="black")
    path = folder / "logo.png"
    picture.save(path)
    return path


def print_on(printer: InMemoryPrinter, data: bytes) -> None:
    assert printer.print(data, timeout=30.0, tick=lambda: None).state.value == "printed"


def test_the_bytes_are_the_reference_s() -> None:
    assert stored("PP", 9, bytes.fromhex("ff80 8080")) == bytes.fromhex(
        "1d 28 4c 0f 00 30 43 30 50 50 01 09 00 02 00 31 ff 80 80 80"
    )
    assert recalled("PP") == bytes.fromhex("1d 28 4c 06 00 30 45 50 50 01 01")


def test_a_stored_logo_stands_in_the_middle_of_the_paper_dot_for_dot(tmp_path: Path) -> None:
    path = a_picture(tmp_path)
    printer = InMemoryPrinter(logo="PP")
    print_on(printer, of_picture(path, "PP", columns=48))
    printer.happen("power_cut")
    printer.wait(3.0)
    print_on(printer, printer.render(PAPER))
    printer.wait(0.1)
    (logo,) = [mark for mark in printer.pieces[0].marks if isinstance(mark, PrintedPicture)]
    assert logo.left == (576 - 104) // 2  # whole bytes
    drawn = draw(printer.pieces[0]).crop((24 + logo.left, 24, 24 + logo.left + 100, 48)).convert("L")
    with Image.open(path) as original:
        white = Image.new("RGBA", original.size, "white")
        white.alpha_composite(original)
    assert drawn.tobytes() == white.convert("1").convert("L").tobytes()
    assert printer.unknown == ()


def test_a_printer_without_a_logo_prints_none_and_is_sent_none() -> None:
    printer = InMemoryPrinter()
    assert b"\x1d(L" not in printer.render(PAPER)
    print_on(printer, printer.render(PAPER))


def test_a_key_that_the_printer_does_not_have_is_passed_over() -> None:
    printer = InMemoryPrinter(logo="XX")
    print_on(printer, printer.render(PAPER))
    printer.wait(0.1)
    assert printer.pieces[0].text == "sotto\n"


@pytest.mark.parametrize("key", ["P", "PPP", "P\x00", "€€"])
def test_a_key_is_two_printable_characters(key: str) -> None:
    with pytest.raises(ValueError, match="must be two printable ASCII characters"):
        EscPosOptions("x", logo=key)


def test_a_picture_that_does_not_fit_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(LogoError, match="385 x 24 dots: at most 384 x 2304"):
        of_picture(a_picture(tmp_path, 385), "PP", columns=32)
    with pytest.raises(LogoError, match="too many dots"):
        of_picture(a_picture(tmp_path, 576, 1000), "PP", columns=48)
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(LogoError, match="cannot be read as a picture"):
        of_picture(tmp_path / "text.png", "PP", columns=48)
