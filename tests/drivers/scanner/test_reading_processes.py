from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.scanner.batch import read_files
from drivers.scanner.files import Reading, files_in
from drivers.scanner.simulator.faults import FaultyReader
from drivers.scanner.worker import ReadingProcess

Draw = Callable[..., NDArray[np.uint8]]
Save = Callable[..., Path]


@pytest.fixture(params=["spawned", "at once"])
def reader(request: pytest.FixtureRequest) -> Iterator[ReadingProcess]:
    reader = ReadingProcess(read=FaultyReader(), at_once=request.param == "at once")
    yield reader
    reader.close()


def answer_of(reader: ReadingProcess, path: Path) -> Reading:
    reader.start(path)
    while True:
        assert reader.connection is not None
        reader.connection.poll(20)
        if (reading := reader.answer()) is not None:
            return reading


def test_a_crash_of_the_decoder_is_told_and_the_next_picture_is_read(
    reader: ReadingProcess, qr_picture: Draw, saved: Save
) -> None:
    crashed = answer_of(reader, saved(qr_picture(b"x"), "crash.png"))
    assert crashed.problem == "L'immagine «crash.png» ha fatto cadere il decodificatore: fotografare di nuovo l'avviso."
    assert answer_of(reader, saved(qr_picture(b"PAGOPA"), "good.png")).codes[0].text == "PAGOPA"


def test_a_decoder_that_hangs_is_ended(qr_picture: Draw, saved: Save) -> None:
    times = iter((0.0, 5.0, 25.0, 25.0))
    reader = ReadingProcess(silence=20, read=FaultyReader(), monotonic=lambda: next(times))
    reader.start(saved(qr_picture(b"x"), "hang.png"))
    assert reader.answer() is None
    reading = reader.answer()
    assert reading is not None
    assert reading.problem is not None
    assert "«hang.png» ha bloccato il decodificatore" in reading.problem
    assert reader.connection is None


def test_files_are_told_in_their_order_whatever_became_of_each(qr_picture: Draw, saved: Save) -> None:
    names = ("a.png", "crash1.png", "b.png", "c.png", "crash2.png", "d.png")
    files = [saved(qr_picture(name.encode()), name) for name in names]
    readings = list(read_files(files, jobs=2, make=lambda: ReadingProcess(read=FaultyReader())))
    told = [reading.codes[0].text if reading.codes else reading.problem for reading in readings]
    assert [text if "crash" not in str(text) else "crashed" for text in told] == [
        "a.png", "crashed", "b.png", "c.png", "crashed", "d.png",
    ]  # fmt: skip


def test_of_a_folder_pictures_and_videos_are_taken_by_name(tmp_path: Path) -> None:
    for name in ("b.JPG", "a.png", "notes.txt", "sub/c.avi", "sub/d.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [str(path.relative_to(tmp_path)) for path in files_in([tmp_path])]
    assert found == ["a.png", "b.JPG", "sub/c.avi"]
    assert list(files_in([tmp_path / "notes.txt"])) == [tmp_path / "notes.txt"]
