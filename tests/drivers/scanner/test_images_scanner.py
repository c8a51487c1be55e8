from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from drivers.contracts import NoticeScanner, ScannedCode, Symbology
from drivers.errors import DeviceAbsent
from drivers.scanner.images import ImagesOptions, ImagesScanner

Draw = Callable[..., NDArray[np.uint8]]
Save = Callable[..., Path]
NOTICE = "PAGOPA|002|301000000000012373|77777777777|12550"


class Clock:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.naps: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds


def scanner_of(*files: Path | str, clock: Clock | None = None) -> NoticeScanner:
    clock = clock or Clock()
    return ImagesScanner(ImagesOptions(tuple(map(str, files))), monotonic=clock.monotonic, sleep=clock.sleep)


def no_tick() -> None:
    pass


def test_a_photographed_notice_is_read(test_data: Path) -> None:
    scanner = scanner_of(test_data / "notice_photo.jpg")
    assert scanner.scan(timeout=1, tick=no_tick) == [ScannedCode(NOTICE, Symbology.QR_CODE)]


def test_an_instalment_sheet_gives_all_its_codes(test_data: Path) -> None:
    codes = scanner_of(test_data / "two_notices.jpg").scan(timeout=1, tick=no_tick)
    assert {code.text.rsplit("|", 1)[1] for code in codes} == {"12550", "8900", "4200"}


def test_a_postal_slip_gives_its_data_matrix_without_the_debtor(test_data: Path) -> None:
    (code,) = scanner_of(test_data / "bollettino.jpg").scan(timeout=1, tick=no_tick)
    assert code.symbology is Symbology.DATA_MATRIX
    assert code.text.startswith("codfase=NBPA;18301000000000012373")
    assert len(code.text) == 77


def test_a_picture_without_a_code_gives_nothing(test_data: Path) -> None:
    assert scanner_of(test_data / "no_code.jpg").scan(timeout=1, tick=no_tick) == ()


def test_pictures_are_held_up_one_after_another_each_once(test_data: Path) -> None:
    names = ("no_code.jpg", "wifi_code.jpg", "notice_photo.jpg")
    scanner = scanner_of(*(test_data / name for name in names))
    texts = [[code.text for code in scanner.scan(timeout=1, tick=no_tick)] for _ in range(3)]
    assert [text[0][:6] if text else None for text in texts] == ["WIFI:T", "PAGOPA", None]


def test_with_no_picture_left_it_waits_and_ticks_at_least_once_a_second() -> None:
    clock, ticks = Clock(), list[float]()
    scanner = scanner_of(clock=clock)
    assert scanner.scan(timeout=3.2, tick=lambda: ticks.append(clock.now)) == ()
    assert clock.now == pytest.approx(3.2)
    assert max(clock.naps) <= 1
    assert len(ticks) >= 4


def test_of_a_folder_every_picture_and_video_is_held_up(tmp_path: Path, qr_picture: Draw) -> None:
    for number, name in enumerate(("b.png", "a.png")):
        Image.fromarray(qr_picture(b"code %d" % number)).save(tmp_path / name)
    scanner = scanner_of(tmp_path)
    assert [scanner.scan(timeout=1, tick=no_tick)[0].text for _ in range(2)] == ["code 1", "code 0"]


def test_a_missing_picture_is_told_and_left_behind(test_data: Path) -> None:
    scanner = scanner_of("manca.jpg", test_data / "notice_photo.jpg")
    with pytest.raises(DeviceAbsent, match=r"«manca.jpg» non esiste"):
        scanner.scan(timeout=1, tick=no_tick)
    assert scanner.scan(timeout=1, tick=no_tick)[0].text == NOTICE


def test_making_a_scanner_opens_nothing() -> None:
    ImagesScanner(ImagesOptions(("/nowhere/at/all.jpg",)))


def test_utf8_is_text_and_other_bytes_are_shown_as_escapes(qr_picture: Draw, saved: Save) -> None:
    codes = [
        scanner_of(saved(qr_picture(data), f"{number}.png")).scan(timeout=1, tick=no_tick)[0].text
        for number, data in enumerate(("Città".encode(), b"PAGOPA\xff\x00|"))
    ]
    assert codes == ["Città", "PAGOPA\\xff\x00|"]
