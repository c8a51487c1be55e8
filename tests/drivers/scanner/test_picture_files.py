import os
import struct
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from drivers.errors import DeviceAbsent, DeviceRefused
from drivers.scanner.pictures import load
from drivers.scanner.pipeline import decode

Draw = Callable[..., NDArray[np.uint8]]
Save = Callable[..., Path]
FULL = os.environ.get("POS_CAMPAIGN") == "full"
NOTICE = b"PAGOPA|002|301000000000012373|77777777777|12550"


def _png_claiming(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    pixels = zlib.compress(bytes(1_000_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def _jpeg(picture: NDArray[np.uint8]) -> bytes:
    buffer = BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG")
    return buffer.getvalue()


def _jpeg_claiming(side: int, picture: NDArray[np.uint8]) -> bytes:
    data = bytearray(_jpeg(picture))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", side, side)
    return bytes(data)


def test_a_missing_file_is_told_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(DeviceAbsent, match=r"^Il file «avviso.jpg» non esiste: controllare il nome\.$"):
        load(tmp_path / "avviso.jpg")


@pytest.mark.skipif(os.getuid() == 0, reason="root may open everything")
def test_a_file_without_permission_is_told(tmp_path: Path) -> None:
    (tmp_path / "chiuso.jpg").write_bytes(b"x")
    (tmp_path / "chiuso.jpg").chmod(0)
    with pytest.raises(DeviceAbsent, match=r"^Il file «chiuso.jpg» non si può leggere: mancano i permessi\.$"):
        load(tmp_path / "chiuso.jpg")


def test_a_folder_is_no_picture(tmp_path: Path) -> None:
    with pytest.raises(DeviceRefused, match=r"non è un file: indicare l'immagine"):
        load(tmp_path)


def test_a_name_that_no_disk_can_hold_is_told(tmp_path: Path) -> None:
    with pytest.raises(DeviceAbsent, match=r"«a\?b» non si può aprire"):
        load(Path("a\0b"))


def test_an_empty_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "vuoto.jpg").touch()
    with pytest.raises(DeviceRefused, match=r"^Il file «vuoto.jpg» è vuoto: fotografare di nuovo l'avviso\.$"):
        load(tmp_path / "vuoto.jpg")


def test_a_file_that_is_no_picture_is_told(tmp_path: Path) -> None:
    (tmp_path / "avviso.pdf").write_bytes(b"%PDF-1.7 ...")
    with pytest.raises(DeviceRefused, match=r"«avviso.pdf» non è un'immagine: servono JPEG, PNG, WebP o TIFF\.$"):
        load(tmp_path / "avviso.pdf")


def test_a_truncated_picture_is_told(tmp_path: Path, qr_picture: Draw) -> None:
    data = _jpeg(qr_picture(NOTICE))
    (tmp_path / "meta.jpg").write_bytes(data[: len(data) // 2])
    with pytest.raises(DeviceRefused, match=r"«meta.jpg» è danneggiata o incompleta"):
        load(tmp_path / "meta.jpg")


@pytest.mark.parametrize(
    ("width", "height"), [(60_000, 60_000), (2**31 - 1, 2**31 - 1), (10_000, 9_000), (8_000, 7_000)]
)
def test_a_picture_that_claims_to_be_huge_is_refused_within_a_second(tmp_path: Path, width: int, height: int) -> None:
    (tmp_path / "enorme.png").write_bytes(_png_claiming(width, height))
    start = time.monotonic()
    with pytest.raises(DeviceRefused, match=r"«enorme.png» è (troppo grande|danneggiata)"):
        load(tmp_path / "enorme.png")
    assert time.monotonic() - start < 1


def test_a_jpeg_that_claims_to_be_huge_is_refused_within_a_second(tmp_path: Path, qr_picture: Draw) -> None:
    (tmp_path / "enorme.jpg").write_bytes(_jpeg_claiming(65_000, qr_picture(NOTICE)))
    start = time.monotonic()
    with pytest.raises(DeviceRefused, match=r"troppo grande"):
        load(tmp_path / "enorme.jpg")
    assert time.monotonic() - start < 1


def test_a_file_of_too_many_bytes_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "enorme.bin").open("wb") as file:
        file.truncate(60_000_000)
    with pytest.raises(DeviceRefused, match=r"troppo grande: al massimo 50 MB\.$"):
        load(tmp_path / "enorme.bin")


def test_a_file_name_cannot_smuggle_control_characters_into_the_sentence(tmp_path: Path) -> None:
    with pytest.raises(DeviceAbsent) as refused:
        load(tmp_path / ("\x1b[2J" + "x" * 80))
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 120


@settings(max_examples=600 if FULL else 40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    edits=st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 255)), min_size=1, max_size=12),
    kind=st.sampled_from(["JPEG", "PNG", "GIF"]),
)
def test_a_damaged_picture_is_read_or_refused_never_worse(
    tmp_path: Path, qr_picture: Draw, edits: list[tuple[int, int]], kind: str
) -> None:
    buffer = BytesIO()
    Image.fromarray(qr_picture(NOTICE, scale=2)).save(buffer, kind)
    data = bytearray(buffer.getvalue())
    for position, value in edits:
        data[position % len(data)] = value
    (tmp_path / "rotta").write_bytes(data)
    with suppress(DeviceRefused):
        assert load(tmp_path / "rotta").mode == "L"


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "CMYK", "I;16", "LA"])
def test_pictures_of_every_depth_are_read(tmp_path: Path, qr_picture: Draw, mode: str) -> None:
    gray = Image.fromarray(qr_picture(NOTICE))
    deep = Image.fromarray(np.asarray(gray, dtype=np.uint16) * 100)
    picture = deep if mode == "I;16" else gray.convert(mode)
    name = tmp_path / ("picture.tiff" if mode == "CMYK" else "picture.png")
    picture.save(name)
    assert [code.data for code in decode(load(name))] == [NOTICE]


def test_a_code_on_a_transparent_ground_is_read(tmp_path: Path, qr_picture: Draw) -> None:
    gray = qr_picture(NOTICE)
    clear = np.zeros((*gray.shape, 4), np.uint8)
    clear[..., 3] = 255 - gray  # black modules, the rest transparent black
    Image.fromarray(clear).save(tmp_path / "clear.png")
    assert [code.data for code in decode(load(tmp_path / "clear.png"))] == [NOTICE]


def test_a_photograph_of_very_many_pixels_is_averaged_to_what_a_decoder_needs(tmp_path: Path) -> None:
    Image.new("L", (8000, 6000), 255).save(tmp_path / "grande.jpg")
    assert load(tmp_path / "grande.jpg").size == (4000, 3000)
