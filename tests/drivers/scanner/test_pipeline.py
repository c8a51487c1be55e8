import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from drivers.contracts import Symbology
from drivers.scanner import zbar, zxing
from drivers.scanner.pipeline import decode
from drivers.scanner.simulator import severity
from drivers.scanner.simulator.camera import photograph
from drivers.scanner.simulator.scenes import SCENES
from drivers.scanner.simulator.sheet import Sheet
from drivers.scanner.simulator.shot import Shot

Gray = NDArray[np.uint8]
Draw = Callable[..., Gray]
FULL = os.environ.get("POS_CAMPAIGN") == "full"
NOTICE = b"PAGOPA|002|301000000000012373|77777777777|12550"


def small(shot: Shot) -> Shot:
    """A quarter of a camera's frame: it shows the code as well, and is drawn sooner."""
    return replace(shot, width=640, height=360)


@settings(max_examples=60)
@given(data=st.binary(min_size=1, max_size=200))
def test_any_bytes_drawn_as_a_qr_code_are_read_back_exactly(qr_picture: Draw, data: bytes) -> None:
    found = decode(qr_picture(data, scale=3))
    assert [(code.data, code.symbology) for code in found] == [(data, Symbology.QR_CODE)]


def test_a_data_matrix_is_named_as_such(data_matrix_picture: Draw) -> None:
    (code,) = decode(data_matrix_picture(b"codfase=NBPA;18" + b"1" * 60))
    assert (code.data, code.symbology) == (b"codfase=NBPA;18" + b"1" * 60, Symbology.DATA_MATRIX)


def test_a_code_of_another_kind_is_named_as_other() -> None:
    barcode = zxingcpp.create_barcode("8012345678901"[:12], zxingcpp.BarcodeFormat.EAN13)
    (code,) = decode(np.array(barcode.to_image(scale=3)))
    assert (code.symbology, code.name) == (Symbology.OTHER, "EAN-13")


def test_colour_grey_and_pillow_pictures_read_alike(qr_picture: Draw) -> None:
    gray = qr_picture(NOTICE)
    bgr = cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR)
    bgra = cv2.cvtColor(gray, cv2.COLOR_GRAY2BGRA)
    for picture in (gray, bgr, bgra, Image.fromarray(gray)):
        assert [code.data for code in decode(picture)] == [NOTICE]  # type: ignore[arg-type]  # OpenCV's wide arrays


def test_a_light_on_dark_code_of_a_telephone_is_read(qr_picture: Draw) -> None:
    assert [code.data for code in decode(255 - qr_picture(NOTICE))] == [NOTICE]


def test_all_codes_in_view_are_read_the_one_nearest_the_middle_first(qr_picture: Draw, on_desk: Draw) -> None:
    left, middle, right = (qr_picture(b"PAGOPA|002|%d" % number) for number in range(3))
    found = decode(on_desk((left, 40, 100), (middle, 560, 300), (right, 1000, 500)))
    assert found[0].data == b"PAGOPA|002|1"
    assert {code.data for code in found} == {b"PAGOPA|002|0", b"PAGOPA|002|1", b"PAGOPA|002|2"}


def test_the_same_code_twice_in_view_is_one_code(qr_picture: Draw, on_desk: Draw) -> None:
    picture = qr_picture(NOTICE)
    (code,) = decode(on_desk((picture, 40, 100), (picture, 560, 300)))
    assert 560 <= code.centre[0] <= 560 + picture.shape[1]


def test_a_code_under_a_reflection_beside_plain_ones_is_not_left_out() -> None:
    sheet = Sheet(120, 90)
    for number, left in enumerate((5, 45, 85)):
        sheet.qr_code(left, 30, 25, b"PAGOPA|002|%d" % number, version=4)
    gathered, at_first = 0, 0
    for seed in range(6):
        shot = small(severity.graded("glare", 1, np.random.default_rng(seed)))
        frame = photograph(sheet, sheet.codes[1], shot, np.random.default_rng(seed)).frame
        gathered += len(decode(frame))
        at_first += len(zxing.read(frame))
    assert gathered > at_first


def test_the_corners_are_where_the_code_lies_whatever_stage_read_it(qr_picture: Draw, on_desk: Draw) -> None:
    picture = qr_picture(NOTICE)
    inner = picture.shape[0] - 2 * 4 * 4  # without the quiet zone
    for seen in (on_desk((picture, 600, 200)), 255 - on_desk((picture, 600, 200))):
        (code,) = decode(seen)
        x, y = code.centre
        assert (x, y) == pytest.approx((600 + 16 + inner / 2, 200 + 16 + inner / 2), abs=3)


@pytest.mark.parametrize(("kind", "level"), [("defocus", 6), ("low light", 8), ("moire", 8), ("scale", 10)])
def test_what_zxing_alone_cannot_read_the_cascade_reads(kind: str, level: int) -> None:
    sheet = Sheet(120, 90)
    sheet.qr_code(45, 30, 25, NOTICE, version=4)
    reads = {"cascade": 0, "zxing": 0}
    for seed in range(3):
        shot = small(severity.graded(kind, level, np.random.default_rng(seed)))
        frame = photograph(sheet, sheet.codes[0], shot, np.random.default_rng(seed)).frame
        reads["cascade"] += [code.data for code in decode(frame)] == [NOTICE]
        reads["zxing"] += [code.data for code in zxing.read(frame)] == [NOTICE]
    assert reads["cascade"] > reads["zxing"]


@pytest.mark.parametrize("scene", list(SCENES) if FULL else ["clutter", "page"])
def test_nothing_is_read_where_there_is_no_code(scene: str) -> None:
    part = SCENES[scene](np.random.default_rng(5))[180:540, 320:960]
    assert decode(np.ascontiguousarray(part)) == []


def test_a_noisy_photograph_of_many_pixels_is_read_as_well(qr_picture: Draw, on_desk: Draw) -> None:
    large = cv2.resize(on_desk((qr_picture(NOTICE, scale=3), 560, 300)), (2560, 1440), interpolation=cv2.INTER_CUBIC)
    noise = np.random.default_rng(1).normal(0, 60, large.shape)
    assert [code.data for code in decode(np.clip(large + noise, 0, 255).astype(np.uint8))] == [NOTICE]


def test_a_plain_picture_is_read_without_loading_opencv_numpy_or_zbar(test_data: Path) -> None:
    program = (
        "import sys\nfrom pathlib import Path\nfrom drivers.scanner.files import read_codes\n"
        "print(read_codes(Path(sys.argv[1]), beat=int)[0].text)\n"
        "print(sorted({'cv2', 'numpy', 'pyzbar'} & set(sys.modules)))"
    )
    picture = str(test_data / "notice_photo.jpg")
    done = subprocess.run([sys.executable, "-c", program, picture], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [NOTICE.decode(), "[]"]


# --- zbar, the second opinion --------------------------------------------------------------------


@pytest.mark.skipif(not zbar.is_available(), reason="the zbar library is not on this machine (scripts/setup brings it)")
@settings(max_examples=30)
@given(data=st.binary(min_size=1, max_size=120))
def test_zbar_gives_bytes_as_they_are(qr_picture: Draw, data: bytes) -> None:
    assert [code.data for code in zbar.read(qr_picture(data))] == [data]


def test_without_pyzbar_the_cascade_goes_on_and_says_so_once(test_data: Path) -> None:
    program = (
        "import logging, sys\nfrom pathlib import Path\nlogging.basicConfig(format='%(message)s')\n"
        "sys.modules['pyzbar'] = None\n"
        "from drivers.scanner import zbar\nfrom drivers.scanner.files import read_codes\n"
        "for name in sys.argv[1:]:\n    print([code.text for code in read_codes(Path(name), beat=int)])\n"
        "print(zbar.is_available())"
    )
    pictures = [str(test_data / name) for name in ("no_code.jpg", "notice_photo.jpg")]
    done = subprocess.run([sys.executable, "-c", program, *pictures], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]", f"['{NOTICE.decode()}']", "False"]
    assert done.stderr.count("zbar is not available") == 1
    assert "zxing-cpp alone" in done.stderr
