import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from drivers.scanner import zxing
from drivers.scanner.simulator import severity
from drivers.scanner.simulator.camera import photograph
from drivers.scanner.simulator.clips import FRAMES_A_SECOND, arriving
from drivers.scanner.simulator.sheet import Sheet, data_matrix_modules, qr_modules
from drivers.scanner.simulator.shot import Shot
from pos_app.domain.notice import FiscalCode, NoticeNumber, read_code
from pos_app.testing import notices

NOTICE = b"PAGOPA|002|301000000000012373|77777777777|12550"
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def sheet() -> Sheet:
    sheet = Sheet(120, 90)
    sheet.qr_code(45, 30, 25, NOTICE, version=4)
    return sheet


def test_a_seed_gives_the_same_frame_again(sheet: Sheet) -> None:
    first, again = (
        photograph(sheet, sheet.codes[0], Shot(width=640, height=360), np.random.default_rng(9)).frame for _ in range(2)
    )
    assert np.array_equal(first, again)


def test_the_aimed_code_stands_where_the_shot_says(sheet: Sheet) -> None:
    shot = Shot(width=640, height=360, offset=(0.1, -0.2), pixels_per_module=4.0)
    (code,) = zxing.read(photograph(sheet, sheet.codes[0], shot, np.random.default_rng(1)).frame)
    assert code.centre == pytest.approx((640 * 0.6, 360 * 0.3), abs=3)
    width = code.corners[1][0] - code.corners[0][0]
    assert width == pytest.approx(4.0 * 33, rel=0.03)


def test_only_codes_wholly_in_the_frame_count_as_in_view(sheet: Sheet) -> None:
    sheet.qr_code(5, 60, 25, b"another")
    near, far = (
        photograph(sheet, sheet.codes[0], Shot(width=640, height=360, pixels_per_module=size), np.random.default_rng(1))
        for size in (9, 1.5)
    )
    assert [code.data for code in near.codes] == [NOTICE]
    assert [code.data for code in far.codes] == [NOTICE, b"another"]


def test_there_are_thirteen_kinds_of_eleven_levels_each_of_them_different() -> None:
    assert len(severity.KINDS) == 13
    for kind in severity.KINDS:
        shots = [severity.graded(kind, level, np.random.default_rng(3)) for level in severity.LEVELS]
        assert len(set(shots)) == 11


@pytest.mark.parametrize("kind", ["defocus", "motion", "low light"])
def test_the_worst_level_cannot_be_read_where_the_mildest_can(sheet: Sheet, kind: str) -> None:
    readable = []
    for level in (0, 10):
        shot = replace(severity.graded(kind, level, np.random.default_rng(3)), width=640, height=360)
        frame = photograph(sheet, sheet.codes[0], shot, np.random.default_rng(3)).frame
        readable.append(bool(zxing.read(frame)))
    assert readable == [True, False]


def test_a_notice_brought_into_view_is_not_there_at_first_and_readable_at_last(sheet: Sheet) -> None:
    shots = arriving(np.random.default_rng(1), seconds=1.5)
    assert len(shots) == 1.5 * FRAMES_A_SECOND
    first, last = (
        photograph(sheet, sheet.codes[0], replace(shot, width=640, height=360), np.random.default_rng(1)).frame
        for shot in (shots[0], shots[-1])
    )
    assert not zxing.read(first)
    assert [code.data for code in zxing.read(last)] == [NOTICE]


def test_codes_are_drawn_as_printed_on_notices() -> None:
    assert qr_modules(NOTICE, version=4).shape == (33, 33)
    assert data_matrix_modules(notices.invented(np.random.default_rng(1)).data_matrix).shape == (48, 48)


@pytest.mark.parametrize("layout", notices.LAYOUTS)
def test_every_code_on_a_drawn_notice_is_a_notice_without_a_warning(layout: str) -> None:
    sheet = notices.drawn(layout, np.random.default_rng(4))
    read = [read_code(code.data.decode()) for code in sheet.codes]
    assert [code.warnings for code in read] == [()] * len(read)
    assert (
        len({code.number for code in read}) == {"single": 1, "postal": 1, "instalments2": 3, "instalments3": 4}[layout]
    )


def test_invented_numbers_have_right_check_digits() -> None:
    assert notices.notice_number(2026112100042) == "301202611210004276"  # pagopa.md 4.3
    assert NoticeNumber(notices.notice_number(5)).check_digits_match
    assert FiscalCode(notices.fiscal_code(1537637100)).digits == "15376371009"  # pagopa.md 4.4


@pytest.mark.slow(reason="starts the benchmark as its user does and compares four libraries")
def test_the_benchmark_reads_a_folder_and_prints_its_ratios(tmp_path: Path, test_data: Path) -> None:
    for name in ("notice_photo.jpg", "no_code.jpg"):
        shutil.copy(test_data / name, tmp_path)
    (tmp_path / "manifest.json").write_text(json.dumps({"notice_photo.jpg": NOTICE.decode(), "no_code.jpg": None}))
    command = [sys.executable, str(ROOT / "tests/benchmarks/scanner.py"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = {line.split()[0]: line.split() for line in done.stdout.splitlines() if line}
    assert rows["ours"][1:4] == ["1", "100.0%", "0"]
    assert rows["zxing-cpp"][-1] == "1.00"
    assert "1 of them without a code" in done.stdout
