"""A counter in simulated time: frames come at 30 a second, the newest is read, the rest is dropped, as at a camera.

The clock moves by the CPU time that the reading took, so that a busy machine changes nothing but the last digits.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf

from drivers.contracts import ScannedCode
from drivers.scanner.frames import FrameReader
from drivers.scanner.gather import Gatherer, View
from drivers.scanner.simulator.clips import FRAMES_A_SECOND
from drivers.scanner.simulator.peers import Gray


@dataclass(frozen=True)
class Outcome:
    """What a clip came to. Times in seconds from its first frame, infinity for never.

    `read_at`: when the first code was read, `read_in`: when the frame came that showed it. `in_doubt`: it was told that
    another code in view could not be read; with nothing `accepted`, one is kept back for it.
    """

    read_at: float
    read_in: float
    accepted_at: float
    accepted: tuple[ScannedCode, ...]
    in_doubt: bool = False


def held_up(clip: Sequence[Gray], *, spent: Callable[[], float] = time.thread_time) -> Outcome:
    """Read and gather a clip of grey frames until something is handed over or the clip is over."""
    now = 0.0
    reader, gatherer = FrameReader(clock=spent), Gatherer(monotonic=lambda: now)
    read_at = read_in = inf
    while (number := int(now * FRAMES_A_SECOND + 1e-9)) < len(clip):
        start = spent()
        look = reader.look(clip[number])
        now += spent() - start
        if look.found and read_at == inf:
            read_at, read_in = now, number / FRAMES_A_SECOND
        height, width = clip[number].shape
        gatherer.see(View(look.found, look.unread, width, height))
        if taken := gatherer.take():
            return Outcome(read_at, read_in, now, taken, gatherer.is_in_doubt)
        now = max(now, (number + 1) / FRAMES_A_SECOND)  # the next frame is not here before its time
    return Outcome(read_at, read_in, inf, (), gatherer.is_in_doubt)
