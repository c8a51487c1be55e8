"""How soon a notice brought before the camera is read, beside each library alone: drawn clips, 30 frames a second.

A clip is a sheet that slides into view while the lens hunts for focus and the hand trembles (hard ones are dim, faint
and unsteady as well). The clock is simulated: a decoder takes the newest frame, the clock moves by the CPU time it
took, and the frames that came meanwhile are dropped, as at a camera. Time counts from the first frame that any of the
decoders here can read.

Then until it is accepted, by reading and gathering: single notices and sheets with several, which must never be taken
for one another unasked.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import ceil, inf

import cv2
import numpy as np

from drivers.scanner.frames import FrameReader
from drivers.scanner.simulator import severity
from drivers.scanner.simulator.camera import photograph
from drivers.scanner.simulator.clips import FRAMES_A_SECOND, brought_into_view, trembling
from drivers.scanner.simulator.live import held_up
from drivers.scanner.simulator.peers import OURS, ZXING, Decoder, Gray, contestants
from drivers.scanner.simulator.sheet import Printed, Sheet
from drivers.scanner.simulator.shot import Shot
from pos_app.testing import notices


@dataclass
class Race:
    """Times to accept of one decoder, milliseconds; never is infinity."""

    waits: list[float] = field(default_factory=list)
    steps: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        accepted = sum(wait < inf for wait in self.waits)
        times = "".join(f"{_quantile(self.waits, share):>9}" for share in (0.5, 0.9, 1.0))
        return (
            f"{accepted:>4}/{len(self.waits)}{times}{np.mean(self.steps):>11.1f}{np.quantile(self.steps, 0.95):>9.1f}"
        )


def _quantile(waits: Sequence[float], share: float) -> str:
    wait = sorted(waits)[max(0, ceil(share * len(waits)) - 1)]
    return "never" if wait == inf else f"{wait:.0f}"


def seconds_until_read(decoder: Decoder, clip: Sequence[Gray], wanted: bytes, race: Race) -> float:
    """When the answer is there, in seconds from the clip's first frame; infinity when it never is."""
    now = 0.0
    while (number := int(now * FRAMES_A_SECOND + 1e-9)) < len(clip):
        start = time.thread_time()
        read = decoder(clip[number])
        took = time.thread_time() - start
        race.steps.append(took * 1000)
        now = max(now + took, 0.0)
        if wanted in read:
            return now
        now = max(now, (number + 1) / FRAMES_A_SECOND)  # the next frame is not here before its time
    return inf


def _live() -> Decoder:
    reader = FrameReader(clock=time.thread_time)
    return lambda frame: {code.data for code in reader.read(frame)}


def bench_clips(count: int, *, hard: bool) -> None:
    """Print one table."""
    races: dict[str, Race] = {}
    unreadable, late = 0, 0
    for seed in range(count):
        generator = np.random.default_rng([seed, 30])
        sheet = notices.drawn("single", generator)
        aim = sheet.codes[0]
        clip = list(brought_into_view(sheet, aim, seed, hard=hard))
        first = _first_readable(clip, aim.data)
        if first is None:
            unreadable += 1
            continue
        for name, decoder in (contestants() | {OURS: _live()}).items():
            race = races.setdefault(name, Race())
            race.waits.append((seconds_until_read(decoder, clip, aim.data, race) - first / FRAMES_A_SECOND) * 1000)
        late += races[OURS].waits[-1] > races[ZXING].waits[-1] + 2000 / FRAMES_A_SECOND
    _tell(f"{'hard' if hard else 'normal'} clips: {count}, of them {unreadable} that nothing here reads")
    _tell(f"{'decoder':<12}{'read':>7}{'median':>9}{'p90':>9}{'worst':>9}{'ms a frame':>11}{'p95':>9}")
    for name, race in races.items():
        _tell(f"{name:<12}{race}")
    _tell(f"  clips read over two frames later than by zxing-cpp alone: {late}")


# --- until it is accepted ----------------------------------------------------------------------


@dataclass
class Counted:
    """What clips came to, read and gathered; `waits` in milliseconds from the first frame that showed a code to us."""

    right: int = 0
    choices: int = 0
    choices_without_it: int = 0
    untold: int = 0
    kept_back: int = 0
    wrong: int = 0
    waits: list[float] = field(default_factory=list)

    def take(self, clip: Sequence[Gray], wanted: bytes) -> None:
        """Count one clip."""
        outcome = held_up(clip)
        texts = [code.text.encode() for code in outcome.accepted]
        if not texts:
            self.kept_back += outcome.in_doubt
            return
        self.waits.append((outcome.accepted_at - outcome.read_in) * 1000)
        self.right += texts == [wanted]
        self.choices += len(texts) > 1
        is_without_it = len(texts) > 1 and wanted not in texts
        self.choices_without_it += is_without_it
        self.untold += is_without_it and not outcome.in_doubt
        self.wrong += len(texts) == 1 and texts != [wanted]

    def __str__(self) -> str:
        times = "/".join(_quantile(self.waits, share) for share in (0.5, 0.9, 1.0)) if self.waits else "-"
        within = sum(wait <= 200 for wait in self.waits)
        return (
            f"accepted {len(self.waits)}: the right one alone {self.right}, a choice {self.choices} (without it "
            f"{self.choices_without_it}, of these not told so {self.untold}), another one unasked {self.wrong}; kept "
            f"back and told so {self.kept_back}; median/p90/worst {times} ms after the "
            f"first frame read, {within} within 200 ms"
        )


def bench_accepting(count: int) -> None:
    """Single notices and instalment sheets brought into view: is it the right one, and how soon?"""
    for name, layouts in (("single notices", ("single",)), ("instalment sheets", ("instalments2", "instalments3"))):
        for hard in (False, True):
            counted = Counted()
            for seed in range(count):
                generator = np.random.default_rng([seed, 31])
                sheet = notices.drawn(layouts[seed % len(layouts)], generator)
                aim = _aimed(sheet, generator)
                counted.take(list(brought_into_view(sheet, aim, seed, hard=hard, seconds=1.2)), aim.data)
            _tell(f"{name}, {'hard' if hard else 'normal'}: {count} clips, {counted}")


def bench_damaged_sheets(seeds: int) -> None:
    """Instalment sheets held still, of which one frame shows us only another notice: what does gathering make of it?"""
    frames, counted, cases = 0, Counted(), 0
    for kind in severity.KINDS:
        for level in severity.LEVELS:
            for seed in range(seeds):
                generator = np.random.default_rng([seed, *kind.encode()])
                sheet = notices.drawn(notices.LAYOUTS[2 + seed % 2], generator)
                aim = _aimed(sheet, generator)
                shot = severity.graded(kind, level, generator)
                read = FrameReader(clock=time.thread_time).read(photograph(sheet, aim, shot, generator).frame)
                frames += bool(read)
                if read and aim.data not in [code.data for code in read]:
                    cases += 1
                    counted.take(_held_still(sheet, aim, shot, seed), aim.data)
    _tell(
        f"damaged instalment sheets: {frames} frames read, {cases} without the notice aimed at; held still: {counted}"
    )


def _held_still(sheet: Sheet, aim: Printed, shot: Shot, seed: int) -> list[Gray]:
    """0.8 seconds of it in a hand that trembles."""
    return [
        photograph(sheet, aim, replace(shot, offset=trembling(shot.offset, number / FRAMES_A_SECOND)), generator).frame
        for number in range(24)
        for generator in (np.random.default_rng([seed, number]),)
    ]


def _aimed(sheet: Sheet, generator: np.random.Generator) -> Printed:
    codes = [code for code in sheet.codes if code.modules == 33]
    return codes[int(generator.integers(len(codes)))]


def _first_readable(clip: Sequence[Gray], wanted: bytes) -> int | None:
    """The first frame that anything here reads, our cascade for stills included."""
    decoders = contestants()
    return next(
        (number for number, frame in enumerate(clip) if any(wanted in read(frame) for read in decoders.values())), None
    )


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(argv: Sequence[str] | None = None) -> int:
    """Normal clips, then hard ones."""
    parser = argparse.ArgumentParser(prog="scripts/bench scanner_clips", description=__doc__)
    parser.add_argument("--clips", type=int, default=14, help="clips of each sort (default 14)")
    parser.add_argument("--seeds", type=int, default=2, help="damaged sheets a kind and level (default 2)")
    options = parser.parse_args(argv)
    cv2.setNumThreads(1)
    for hard in (False, True):
        bench_clips(options.clips, hard=hard)
    bench_accepting(options.clips)
    bench_damaged_sheets(options.seeds)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
