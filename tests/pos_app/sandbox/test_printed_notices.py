"""The sandbox's notices on paper: what their codes say, and that decoders read them from the page. pagopa.md 4."""

import json
import re
import struct
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pyzbar import pyzbar

from drivers.contracts import Symbology
from drivers.scanner import zxing
from pos_app.domain.money import LARGEST_CHARGE
from pos_app.domain.notice import read_code, read_data_matrix
from pos_app.sandbox.notices import Position, default_positions, read_position
from pos_app.sandbox.printed import drawn, print_notices
from pos_app.sandbox.printed_codes import data_matrix_text, postal_account, qr_modules, qr_text
from pos_app.sandbox.printed_sheet import DOTS_PER_MM, Face, Sheet
from pos_app.sandbox.registry import default_registry
from pos_app.sandbox.sandbox import SandboxError

if TYPE_CHECKING:
    from tests.pos_app.sandbox.conftest import Rules

REGISTRY = default_registry()
POSITIONS = {position.key: position for position in default_positions(year=2026)}
FIRST = POSITIONS["77777777777/301000000000012373"]
NAMES = {"QR Code": Symbology.QR_CODE, "Data Matrix": Symbology.DATA_MATRIX}
POSTAL_HEAD = {
    "idPSP": "60000000001",
    "idBrokerPSP": "60000000001",
    "idChannel": "60000000001_01",
}


def put(**notice: Any) -> Position:
    return read_position("77777777777", "301000000000012373", {"amount": 12550, **notice}, year=2026)


def codes(picture: Any) -> dict[Symbology, str]:
    """What a decoder reads on the page, all of it."""
    found = zxingcpp.read_barcodes(np.asarray(picture.convert("L")), formats=zxing.NOTICES)
    return {NAMES[str(each.format)]: each.text for each in found}


def from_pdf(data: bytes) -> Image.Image:
    """The one picture of a page, which a PDF holds as a TIFF would (CCITT group 4)."""
    width, height, length = (
        int(re.search(rb"/%s (\d+)" % name, data)[1])  # type: ignore[index]
        for name in (b"Width", b"Height", b"Length")
    )
    start = data.index(b"stream\n") + len(b"stream\n")
    entries = [
        (256, 4, width),
        (257, 4, height),
        (258, 3, 1),
        (259, 3, 4),
        (262, 3, 0),
        (273, 4, 8 + 2 + 8 * 12 + 4),
        (278, 4, height),
        (279, 4, length),
    ]
    head = struct.pack("<2sHIH", b"II", 42, 8, len(entries))
    table = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    return Image.open(BytesIO(head + table + struct.pack("<I", 0) + data[start : start + length]))


@pytest.mark.parametrize("key", POSITIONS)
def test_every_code_of_every_default_notice_reads_back_from_its_page(key: str) -> None:
    position = POSITIONS[key]
    account = postal_account(REGISTRY, position)
    expected = {Symbology.QR_CODE: qr_text(position)}
    if account is not None:
        expected[Symbology.DATA_MATRIX] = data_matrix_text(position, account) or ""
    page = drawn(REGISTRY, position).picture.convert("L").reduce(2)  # as an office scanner sees it
    assert codes(page) == expected
    ours = {each.symbology: each.data.decode() for each in zxing.read(np.asarray(page), formats=zxing.NOTICES)}
    assert set(ours) == set(expected)
    for text in ours.values():
        read = read_code(text)
        assert (read.number.digits, read.creditor.digits) == (position.notice_number, position.fiscal_code)
        assert read.amount == position.notice.amount


def test_another_decoder_reads_the_qr_code_as_well() -> None:
    page = drawn(REGISTRY, FIRST).picture.convert("L").reduce(2)
    found = pyzbar.decode(page, symbols=[pyzbar.ZBarSymbol.QRCODE])
    assert [each.data.decode() for each in found] == ["PAGOPA|002|301000000000012373|77777777777|12550"]


def test_the_qr_code_is_a_version_4_of_25_millimetres() -> None:
    modules = qr_modules(qr_text(FIRST))
    assert modules.size == (33, 33)
    found = zxing.read(np.asarray(drawn(REGISTRY, FIRST).picture.convert("L")))[0]
    (left, top), (right, _), (_, bottom), _ = found.corners
    assert abs((right - left) / DOTS_PER_MM - 25) < 0.3
    assert abs((bottom - top) / DOTS_PER_MM - 25) < 0.3


def test_the_data_matrix_is_the_slip_of_256_characters() -> None:
    text = data_matrix_text(FIRST, "000000001016") or ""
    assert len(text) == 256
    assert text.startswith("codfase=NBPA;1830100000000001237312000000001016100000012550389" + "61P177777777777")
    assert text[77:93] == "RSSMRA80A01H501U"
    assert text[93:133].rstrip() == "Mario Rossi"
    assert text[133:243].rstrip() == "TARI 2026 - acconto"
    assert text[243:] == " " * 12 + "A"


def test_the_data_matrix_names_the_account_that_transfer_1_answers(rules: "Rules") -> None:
    """For a PSP of kind POSTAL (pagopa.md 2.5)."""
    poste = rules.till.with_head(**POSTAL_HEAD)
    for key in ("77777777777/302000000000010090", "88888888888/301000000000010050"):
        position = POSITIONS[key]
        activated = poste.activate(position.notice_number, position.fiscal_code)
        answered = activated.text("transferList/transfer/IBAN")
        text = codes(drawn(REGISTRY, position).picture)[Symbology.DATA_MATRIX]
        assert text[35:47] == (answered or "")[-12:]


def test_an_ec_without_a_postal_account_prints_no_slip() -> None:
    position = read_position("66666666666", "301000000000010050", {"amount": 100}, year=2026)
    assert postal_account(REGISTRY, position) is None
    assert set(codes(drawn(REGISTRY, position).picture)) == {Symbology.QR_CODE}


def test_an_amount_that_the_slip_cannot_carry_prints_no_slip() -> None:
    position = put(amount=10_000_000_000)
    assert data_matrix_text(position, "000000001016") is None
    assert set(codes(drawn(REGISTRY, position).picture)) == {Symbology.QR_CODE}


def test_a_few_cents_are_two_digits_in_the_qr_code() -> None:
    assert qr_text(put(amount=5)).endswith("|05")


@settings(max_examples=25)
@given(
    st.text(st.characters(min_codepoint=32, max_codepoint=0x17F, exclude_categories=["Cc"]), min_size=1, max_size=140),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=70),
    st.integers(1, LARGEST_CHARGE),
)
def test_whatever_the_words_the_slip_keeps_its_places(description: str, name: str, amount: int) -> None:
    debtor = {"type": "F", "code": "AB", "name": name}
    position = put(description=description, debtor=debtor, amount=amount)
    text = data_matrix_text(position, "000000001016") or ""
    assert len(text) == 256
    read = read_data_matrix(text)
    assert (read.number.digits, read.amount) == ("301000000000012373", amount)


def test_the_longest_words_stay_on_the_page() -> None:
    position = put(description="Parolalunghissima " * 7, debtor={"type": "G", "code": "A" * 16, "name": "N" * 70})
    assert set(codes(drawn(REGISTRY, position).picture)) == {Symbology.QR_CODE, Symbology.DATA_MATRIX}


def test_a_paragraph_breaks_between_words() -> None:
    sheet = Sheet()
    assert sheet.paragraph(10, 10, "una due tre", Face(5), width=12) == pytest.approx(10 + 3 * 6.5)


def test_the_files_are_one_pdf_page_a_notice_with_the_very_picture_that_was_drawn(tmp_path: Path) -> None:
    listed = tmp_path / "notices.json"
    listed.write_text(
        json.dumps([{"fiscal_code": "77777777777", "notice_number": "301000000000012373", "amount": 12550}])
    )
    written = print_notices(tmp_path / "new" / "folder", None, listed)
    assert [path.name for path in written] == ["77777777777_301000000000012373.pdf"]
    data = written[0].read_bytes()
    assert data.startswith(b"%PDF-")
    box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", data)
    assert box is not None
    assert [round(float(side) * 25.4 / 72) for side in box.groups()] == [210, 297]  # A4, in points
    assert codes(from_pdf(data))[Symbology.QR_CODE] == "PAGOPA|002|301000000000012373|77777777777|12550"


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SandboxError, match="can't be written"):
        print_notices(tmp_path / "file", None, None)


def test_a_notices_file_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="can't be read"):
        print_notices(tmp_path, None, tmp_path / "missing.json")
