"""What the process that sees tells, and in which order: the picture for the screen never comes before the code."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection

import numpy as np
import pytest

from drivers.contracts import Symbology
from drivers.scanner.capturing import Shot
from drivers.scanner.codes import Found
from drivers.scanner.newest import Newest
from drivers.scanner.watching import Report, Watcher
from drivers.scanner.zxing import Look

CODE = Found(b"PAGOPA", Symbology.QR_CODE, "QR Code", ((1, 1), (2, 1), (2, 2), (1, 2)))


class EveryFrame:
    """Reads one code in every frame; `asked` is how many frames it was asked to look at."""

    def __init__(self) -> None:
        self.asked = 0

    def look(self, _: object) -> Look:
        self.asked += 1
        return Look([CODE], [])


@contextmanager
def watched(reader: EveryFrame, newest: Newest[Shot]) -> Iterator[Connection]:
    ours, theirs = Pipe()
    watcher = Watcher(theirs, newest, reader, is_live=True)

    def run() -> None:
        with suppress(OSError, EOFError):
            watcher.run()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield ours
    finally:
        ours.close()
        newest.put(Shot(np.zeros((8, 8, 3), np.uint8), time.monotonic()))
        thread.join()
        theirs.close()


def shown(newest: Newest[Shot], ours: Connection, frames: int) -> list[Report]:
    """What is told of so many frames, taken a hundredth of a second apart, each put when the last was told of."""
    chance, reports = np.random.default_rng(1), list[Report]()
    for number in range(frames):
        newest.put(Shot(chance.integers(0, 255, (72, 128, 3), dtype=np.uint8), 100 + number / 100))
        while (report := ours.recv()).view is None:
            reports.append(report)
        reports.append(report)
    return reports


def test_every_frame_is_told_of_before_its_preview_and_few_previews_are_drawn() -> None:
    newest: Newest[Shot] = Newest(time.monotonic)
    reader = EveryFrame()
    newest.remark = "La telecamera dà altro."
    with watched(reader, newest) as ours:
        reports = shown(newest, ours, 30)
        asked = reader.asked
    views = [report for report in reports if report.view is not None]
    previews = [report for report in reports if report.preview is not None]
    assert (len(views), asked) == (30, 30)
    assert reports[0].view is not None
    assert len(previews) == 4  # in 0.3 seconds, a dozen a second
    assert {report.remark for report in views} == {"La telecamera dà altro."}
    preview = previews[0].preview
    assert preview is not None
    assert preview.outline[0] == pytest.approx((1 / 128, 1 / 72))


def test_while_nobody_asks_for_codes_frames_are_shown_and_not_read() -> None:
    newest: Newest[Shot] = Newest(time.monotonic)
    reader = EveryFrame()
    with watched(reader, newest) as ours:
        ours.send(False)
        time.sleep(0.3)  # it looks at the pipe at every beat
        reports = shown(newest, ours, 10)
        asked = reader.asked
    assert asked == 0
    assert any(report.preview is not None for report in reports)
