from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.errors import DeviceAbsent, DeviceRefused
from drivers.scanner import videos, zxing
from drivers.scanner.frames import FrameReader, first_look
from drivers.scanner.simulator import severity
from drivers.scanner.simulator.camera import photograph
from drivers.scanner.simulator.sheet import Sheet
from drivers.scanner.simulator.shot import Shot

Gray = NDArray[np.uint8]
Draw = Callable[..., Gray]
NOTICE = b"PAGOPA|002|301000000000012373|77777777777|12550"


def stopped() -> float:
    """A clock that stands still: every budget lasts for ever."""
    return 0.0


def frames_until_read(reader: FrameReader, frame: Gray, most: int) -> int | None:
    return next((number for number in range(1, most + 1) if reader.read(frame)), None)


def test_a_plain_code_is_read_in_its_first_frame_even_without_any_budget(qr_picture: Draw, on_desk: Draw) -> None:
    (code,) = FrameReader(budget=0).read(on_desk((qr_picture(NOTICE), 500, 300)))
    assert code.data == NOTICE


def test_a_hard_code_is_not_looked_for_when_the_budget_is_spent(qr_picture: Draw, on_desk: Draw) -> None:
    inverted = 255 - on_desk((qr_picture(NOTICE), 560, 300))
    assert frames_until_read(FrameReader(budget=0), inverted, most=60) is None


def test_a_hard_code_is_read_a_few_frames_later(qr_picture: Draw, on_desk: Draw) -> None:
    inverted = 255 - on_desk((qr_picture(NOTICE), 560, 300))
    reader = FrameReader(clock=stopped)
    assert frames_until_read(reader, inverted, most=2) is not None


def test_a_hard_code_in_a_corner_is_found_where_it_lies(qr_picture: Draw, on_desk: Draw) -> None:
    picture = 255 - qr_picture(NOTICE)
    reader = FrameReader(clock=stopped)
    found = next(found for _ in range(10) if (found := reader.read(on_desk((picture, 1000, 500)))))
    half = picture.shape[0] / 2
    assert found[0].centre == pytest.approx((1000 + half, 500 + half), abs=4)


def test_the_place_of_the_last_code_is_looked_at_again_when_the_next_frame_is_blurred() -> None:
    sheet = Sheet(120, 90)
    sheet.qr_code(45, 30, 25, NOTICE, version=4)
    sharp, blurred = (
        photograph(
            sheet,
            sheet.codes[0],
            replace(severity.graded("defocus", level, np.random.default_rng(2)), width=640, height=360),
            np.random.default_rng(2),
        ).frame
        for level in (0, 6)
    )
    reader = FrameReader(budget=1.0)
    assert reader.read(sharp)[0].data == NOTICE
    assert frames_until_read(reader, blurred, most=5) is not None


def test_in_the_dark_the_first_look_smooths_the_noise_away_and_reads_what_zxing_alone_does_not() -> None:
    sheet = Sheet(120, 90)
    sheet.qr_code(45, 30, 25, NOTICE, version=4)
    reads = {"ours": 0, "zxing": 0}
    for seed in range(3):
        shot = Shot(width=640, height=360, exposure=0.05, electrons=300, pixels_per_module=3.0)
        dark = photograph(sheet, sheet.codes[0], shot, np.random.default_rng(seed)).frame
        reads["ours"] += bool(first_look(dark).found)
        reads["zxing"] += bool(zxing.read(dark))
    assert reads["ours"] > reads["zxing"]


def test_in_the_light_the_first_look_is_zxing_and_nothing_else(qr_picture: Draw, on_desk: Draw) -> None:
    frame = on_desk((qr_picture(NOTICE, scale=1), 500, 300))  # one pixel a module: any smoothing would lose it
    assert first_look(frame) == zxing.look(frame)


def test_work_a_frame_is_bounded_by_the_budget() -> None:
    spent = [0.0]

    def clock() -> float:  # every look at the clock costs a millisecond
        spent[0] += 0.001
        return spent[0]

    reader = FrameReader(budget=0.02, clock=clock)
    frame = np.full((720, 1280), 128, np.uint8)
    for _ in range(5):
        before = spent[0]
        reader.read(frame)
        assert spent[0] - before < 0.04


# --- video files ---------------------------------------------------------------------------------


def _video(path: Path, frames: list[Gray]) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30, (1280, 720))
    for frame in frames:
        writer.write(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR))
    writer.release()
    return path


def test_a_video_gives_the_codes_in_the_order_they_came_into_view(
    tmp_path: Path, qr_picture: Draw, on_desk: Draw
) -> None:
    first, second = on_desk((qr_picture(b"first"), 560, 300)), on_desk((qr_picture(b"second"), 560, 300))
    beats = []
    found = videos.read(_video(tmp_path / "a.avi", [on_desk(), first, first, second, first]), lambda: beats.append(1))
    assert [code.data for code in found] == [b"first", b"second"]
    assert len(beats) >= 5


def test_a_file_that_is_no_video_is_told(tmp_path: Path) -> None:
    (tmp_path / "falso.avi").write_bytes(b"RIFF nothing of the kind")
    with pytest.raises((DeviceAbsent, DeviceRefused), match=r"Il video «falso.avi»"):
        videos.read(tmp_path / "falso.avi", lambda: None)


def test_a_video_without_a_single_picture_is_told(tmp_path: Path, on_desk: Draw) -> None:
    path = _video(tmp_path / "vuoto.avi", [on_desk()])
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"movi") + 4])
    with pytest.raises(DeviceRefused) as refused:
        videos.read(path, lambda: None)
    assert str(refused.value) == "Il video «vuoto.avi» è danneggiato o vuoto: non ha immagini leggibili."


def test_a_missing_video_is_told(tmp_path: Path) -> None:
    with pytest.raises(DeviceAbsent, match=r"«manca.avi» non esiste"):
        videos.read(tmp_path / "manca.avi", lambda: None)
