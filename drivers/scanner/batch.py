"""Many files read by several processes, told in the order they were given."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import wait
from pathlib import Path

from drivers.scanner.files import Reading
from drivers.scanner.worker import ReadingProcess

_CHECK_EVERY = 0.5  # seconds between two looks for a process that hangs


def read_files(
    files: Sequence[Path], *, jobs: int, make: Callable[[], ReadingProcess] = ReadingProcess
) -> Iterator[Reading]:
    """One reading a file. A file that brings its process down is one reading with a problem; the rest goes on."""
    readers = [make() for _ in range(min(jobs, len(files)))]
    try:
        yield from _in_order(files, readers)
    finally:
        for reader in readers:
            reader.close()


def _in_order(files: Sequence[Path], readers: Sequence[ReadingProcess]) -> Iterator[Reading]:
    idle, todo = deque(readers), deque(enumerate(files))
    at_work: dict[int, ReadingProcess] = {}
    done: dict[int, Reading] = {}
    for told in range(len(files)):
        while told not in done:
            while todo and idle:
                index, file = todo.popleft()
                at_work[index] = idle.popleft()
                at_work[index].start(file)
            wait([reader.connection for reader in at_work.values() if reader.connection], _CHECK_EVERY)
            for index in list(at_work):
                reading = at_work[index].answer()
                if reading is not None:
                    done[index] = reading
                    idle.append(at_work.pop(index))
        yield done.pop(told)
