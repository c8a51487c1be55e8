"""How many notices our scanner reads, how fast, beside each decoder library alone: same pictures, one run, one core.

Without a folder it draws its own pictures (13 kinds of damage, 11 degrees, a number of seeds: scanner.md 6), frames
without any code, and Data Matrix codes from 5 down to 1.5 pixels a module. With a folder it reads the pictures in it;
a `manifest.json` beside them ({file: payload, [payloads] or null}) says what is right. Times are CPU time of one
thread, so the ratios hold on a busy machine.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from drivers.contracts import Symbology
from drivers.scanner import preparations, zbar, zxing
from drivers.scanner.codes import kept
from drivers.scanner.frames import FrameReader, first_look
from drivers.scanner.pictures import load
from drivers.scanner.pipeline import decode
from drivers.scanner.simulator import peers, severity
from drivers.scanner.simulator.camera import photograph
from drivers.scanner.simulator.peers import OURS, ZXING, Decoder, Gray, contestants
from drivers.scanner.simulator.scenes import SCENES
from drivers.scanner.simulator.shot import Shot
from pos_app.testing import notices


@dataclass
class Tally:
    """What one decoder did with a set of pictures."""

    hits: int = 0
    wrong: int = 0
    seconds: list[float] = field(default_factory=list)

    def take(self, decoder: Decoder, frame: Gray, wanted: set[bytes], allowed: set[bytes]) -> bool:
        """Decode one picture; a hit reads one of `wanted`, a wrong read is none of `allowed`."""
        start = time.thread_time()
        read = decoder(frame)
        self.seconds.append(time.thread_time() - start)
        self.wrong += bool(read - allowed)
        hit = bool(read & wanted)
        self.hits += hit
        return hit

    @property
    def median(self) -> float:
        """Milliseconds."""
        return float(np.median(self.seconds)) * 1000

    @property
    def p95(self) -> float:
        """Milliseconds."""
        return float(np.quantile(self.seconds, 0.95)) * 1000


# --- graded pictures ---------------------------------------------------------------------------


@dataclass(frozen=True)
class GradedFrame:
    """A frame, the code it was aimed at, and all codes on its sheet."""

    frame: Gray
    aim: bytes
    printed: set[bytes]
    in_view: int


def graded_frame(kind: str, level: int, seed: int) -> GradedFrame:
    """One drawn picture: `seed` chooses the notice, the pose and the noise; the level only the damage."""
    generator = np.random.default_rng([seed, *kind.encode()])
    sheet = notices.drawn(notices.LAYOUTS[seed % len(notices.LAYOUTS)], generator)
    codes = [code for code in sheet.codes if code.modules == 33]
    aim = codes[int(generator.integers(len(codes)))]
    shot = severity.graded(kind, level, generator)
    taken = photograph(sheet, aim, shot, generator)
    in_view = sum(code.modules == 33 for code in taken.codes)
    return GradedFrame(taken.frame, aim.data, {kept(code.data, Symbology.OTHER) for code in sheet.codes}, in_view)


def bench_graded(kinds: Sequence[str], seeds: int) -> None:
    """Hits by kind, the level still read at 95 % and at 50 %, and the ratios asked for."""
    decoders, sheets = contestants(), SheetTally()
    totals = {name: Tally() for name in decoders}
    _tell(f"graded pictures: {len(kinds)} kinds x {len(severity.LEVELS)} levels x {seeds} seeds, 1280x720")
    _tell(f"{'kind':<12}" + "".join(f"{name:>16}" for name in decoders) + "   (hits, level at 95 % / 50 %)")
    behind = []
    for kind in kinds:
        hits = {name: [0] * len(severity.LEVELS) for name in decoders}
        for level, picture in _graded_frames(kind, seeds):
            for name, decoder in decoders.items():
                hits[name][level] += totals[name].take(decoder, picture.frame, {picture.aim}, picture.printed)
            sheets.take(picture)
        _tell(f"{kind:<12}" + "".join(f"{_cell(hits[name], seeds):>16}" for name in decoders))
        behind += [kind] if sum(hits[OURS]) < sum(hits[ZXING]) else []
    _tell_totals(totals, len(kinds) * len(severity.LEVELS) * seeds)
    _tell(f"  kinds below zxing-cpp alone: {', '.join(behind) or 'none'}")
    _tell(f"  {sheets}")


def _graded_frames(kind: str, seeds: int) -> Iterator[tuple[int, GradedFrame]]:
    for level in severity.LEVELS:
        for seed in range(seeds):
            yield level, graded_frame(kind, level, seed)


@dataclass
class SheetTally:
    """Frames with several notices in view: does the one aimed at come first, or unasked another alone?"""

    frames: int = 0
    first: int = 0
    alone: int = 0
    zxing_other_first: int = 0

    def take(self, picture: GradedFrame) -> None:
        """Count one frame, if several codes are in it and something was read."""
        if picture.in_view < 2:
            return
        read = [code.data for code in decode(picture.frame)]
        if not read:
            return
        self.frames += 1
        self.first += read[0] == picture.aim
        self.alone += len(read) == 1 and read[0] != picture.aim
        naive = [code.data for code in zxing.read(picture.frame)]
        self.zxing_other_first += bool(naive) and naive[0] != picture.aim

    def __str__(self) -> str:
        return (
            f"several notices in view: {self.frames} frames read, the aimed one first in {self.first}, "
            f"another one alone in {self.alone} (zxing-cpp's first code is another in {self.zxing_other_first})"
        )


def _cell(hits: list[int], seeds: int) -> str:
    return f"{sum(hits)}  {_reach(hits, 0.95 * seeds):>2}/{_reach(hits, 0.5 * seeds):>2}"


def _reach(hits: list[int], needed: float) -> int:
    """The highest level up to which every level reaches `needed` hits; -1 when not even level 0 does."""
    return next((level for level, count in enumerate(hits) if count < needed), len(hits)) - 1


def _tell_totals(totals: dict[str, Tally], pictures: int) -> None:
    _tell(f"{'decoder':<12}{'hits':>8}{'rate':>9}{'wrong':>7}{'median ms':>11}{'p95 ms':>9}{'ours/it':>9}")
    for name, tally in totals.items():
        ratio = totals[OURS].hits / tally.hits if tally.hits else float("inf")
        rate = tally.hits / pictures
        _tell(
            f"{name:<12}{tally.hits:>8}{rate:>9.1%}{tally.wrong:>7}{tally.median:>11.1f}{tally.p95:>9.1f}{ratio:>9.2f}"
        )


# --- frames without a code ---------------------------------------------------------------------


def bench_empty(frames_a_scene: int) -> None:
    """The first look and the whole live step on frames without a code, beside pyzbar's time on the same frames."""
    _tell(f"\nempty frames, 1280x720, {frames_a_scene} a scene: milliseconds, median / p95")
    _tell(f"{'scene':<12}{'first look':>16}{'whole live step':>18}{'pyzbar':>16}   first look's p95 to pyzbar's median")
    everything = tuple(Tally() for _ in range(3))
    for name, scene in SCENES.items():
        frames = [scene(np.random.default_rng([seed, *name.encode()])) for seed in range(frames_a_scene)]
        tallies = tuple(Tally() for _ in range(3))
        for decoder, tally, total in zip(_live_decoders(), tallies, everything, strict=False):
            for frame in frames * 3:  # one hiccup of the machine is then no p95
                tally.take(decoder, frame, set(), set())
            total.seconds += tally.seconds
            total.wrong += tally.wrong
        _tell_empty(name, *tallies)
    _tell_empty("all", *everything)
    _tell(f"  false reads {sum(tally.wrong for tally in everything[:2])}")


def _live_decoders() -> list[Decoder]:
    reader = FrameReader(clock=time.thread_time)

    def step(frame: Gray) -> set[bytes]:
        return {code.data for code in reader.read(frame)}

    return [_first_look, step, *([peers.pyzbar] if zbar.is_available() else [])]


def _tell_empty(name: str, first: Tally, step: Tally, rival: Tally) -> None:
    row = f"{name:<12}{_times(first):>16}{_times(step):>18}"
    _tell(row + (f"{_times(rival):>16}   {first.p95 / rival.median:.2f}" if rival.seconds else ""))


def _times(tally: Tally) -> str:
    return f"{tally.median:.1f} / {tally.p95:.1f}"


def _first_look(frame: Gray) -> set[bytes]:
    return {code.data for code in first_look(frame).found}


# --- Data Matrix -------------------------------------------------------------------------------


def bench_data_matrix(seeds: int) -> None:
    """The postal slip's code alone on its sheet, from 5 down to 1.5 pixels a module."""
    sizes = (5.0, 4.0, 3.5, 3.0, 2.75, 2.5, 2.25, 2.0, 1.75, 1.5)
    ours, rival = Tally(), Tally()
    missed = []
    for size in sizes:
        for seed in range(seeds):
            frame, data = data_matrix_frame(size, seed)
            if not ours.take(peers.ours, frame, {data}, {data}):
                missed.append(f"{size} px (seed {seed})")
            rival.take(peers.zxing_all, frame, {data}, {data})
    _tell(f"\nData Matrix, 5 to 1.5 pixels a module: ours {ours.hits} of {len(sizes) * seeds}")
    _tell(f"  missed: {', '.join(missed) or 'none'}; zxing-cpp alone reads {rival.hits}")


def data_matrix_frame(pixels_per_module: float, seed: int) -> tuple[Gray, bytes]:
    """A frame that shows the postal slip's Data Matrix and no QR code."""
    generator = np.random.default_rng([seed, 144])
    notice = notices.invented(generator)
    sheet = notices.postal_slip(notice)
    shot = Shot(
        pixels_per_module=pixels_per_module,
        turn=generator.uniform(-12, 12),
        tilt=abs(generator.normal(0, 5)),
        tilt_axis=generator.uniform(0, 360),
        electrons=3000,
    )
    return photograph(sheet, sheet.codes[0], shot, generator).frame, kept(notice.data_matrix, Symbology.DATA_MATRIX)


# --- a folder of pictures ----------------------------------------------------------------------


def bench_folder(folder: Path) -> None:
    """Every picture in the folder; right is what its manifest says, or without one whatever was read."""
    manifest = folder / "manifest.json"
    truth = json.loads(manifest.read_text(encoding="utf-8")) if manifest.exists() else {}
    decoders = contestants(data_matrix=True)
    totals = {name: Tally() for name in decoders}
    empty = {name: Tally() for name in decoders}
    pictures = list(_pictures(folder))
    for path, frame in pictures:
        wanted = _wanted(truth.get(path.name)) if path.name in truth else _anything(frame, decoders)
        tallies = totals if wanted else empty
        for name, decoder in decoders.items():
            tallies[name].take(decoder, frame, wanted, wanted)
    _tell(f"{len(pictures)} pictures in {folder}, {len(empty[OURS].seconds)} of them without a code")
    _tell_totals(totals, max(1, len(totals[OURS].seconds)))
    for name, tally in empty.items():
        if tally.seconds:
            _tell(
                f"  empty: {name:<10} median {tally.median:6.1f} ms  p95 {tally.p95:6.1f} ms  false reads {tally.wrong}"
            )


def _pictures(folder: Path) -> Iterator[tuple[Path, Gray]]:
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in {".jpg", ".jpeg", ".png", ".webp"}:
            yield path, preparations.as_gray(np.asarray(load(path)))


def _wanted(answer: str | list[str] | None) -> set[bytes]:
    answers = [answer] if isinstance(answer, str) else answer or []
    return {kept(text.encode(), Symbology.OTHER) for text in answers}


def _anything(frame: Gray, decoders: dict[str, Decoder]) -> set[bytes]:
    return set().union(*(decoder(frame) for decoder in decoders.values()))


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(argv: Sequence[str] | None = None) -> int:
    """Run what was asked for; print tables and ratios."""
    parser = argparse.ArgumentParser(prog="scripts/bench scanner", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="pictures to read instead of drawn ones")
    parser.add_argument("--seeds", type=int, default=8, help="pictures a kind and level (default 8)")
    parser.add_argument("--kind", action="append", choices=list(severity.KINDS), help="only this kind; may be repeated")
    options = parser.parse_args(argv)
    cv2.setNumThreads(1)
    if not zbar.is_available():
        _tell("pyzbar or libzbar is missing: ours runs without it, and it is not compared")
    if options.folder:
        bench_folder(options.folder)
        return 0
    bench_graded(options.kind or list(severity.KINDS), options.seeds)
    bench_empty(12)
    bench_data_matrix(options.seeds)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
