"""`scripts/campaign`: the whole campaign on all cores, or one schedule with its trace."""

import argparse
import gc
import multiprocessing
import os
import sys
import time
from dataclasses import dataclass, replace

from drivers.printer.library import qr_code
from pos_app.testing.campaign.catalogue import ELSEWHERE, UNKNOWN, names
from pos_app.testing.campaign.mutants import MUTANTS
from pos_app.testing.campaign.schedule import plan, run
from pos_app.testing.campaign.tally import Tally
from pos_app.testing.campaign.work import Piece, bytecode_plan, do, pieces

_SHOW_EVERY = 5.0
_OBJECTS_BETWEEN_SWEEPS = 8_000  # those of some twenty schedules: still in the cache when they are swept


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    schedules: int
    bytecode_plans: int
    clocks: int


SIZES = {"small": Size(2_000, 10, 20), "full": Size(150_000, 260, 500)}


def main(arguments: list[str] | None = None) -> int:
    """Run what is asked for; 0 when nothing was broken and every mutant was caught."""
    parser = argparse.ArgumentParser(prog="scripts/campaign", description=__doc__)
    parser.add_argument("--size", choices=SIZES, help="small by default")
    parser.add_argument(
        "--seed", help="with --size: the first seed. Alone: one schedule, N or N@BYTECODE, and its trace"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at once")
    options = parser.parse_args(arguments)
    if options.seed is not None and options.size is None:
        return replay(options.seed)
    return campaign(SIZES[options.size or "small"], int(options.seed or 0), options.jobs)


def campaign(size: Size, first: int, jobs: int) -> int:
    """All of it."""
    work, tally, began = plan_work(size, first), Tally(), time.monotonic()
    shown = began
    with multiprocessing.get_context("spawn").Pool(jobs, _settle_in) as pool:
        for number, done in enumerate(pool.imap_unordered(do, work), 1):
            tally.merge(done)
            if time.monotonic() - shown >= _SHOW_EVERY:
                shown = time.monotonic()
                share = f"{number} of {len(work)} pieces, {tally.schedules} schedules"
                say(f"{shown - began:6.0f} s  {share}, {len(tally.failures)} failures")
    report(tally, time.monotonic() - began)
    print(tally.last_line)  # noqa: T201 - the result
    return 0 if tally.is_clean else 1


def _settle_in() -> None:
    """What a worker does first: what it will need is loaded and stays, and what a schedule makes is seldom a cycle."""
    run(replace(plan(0), real_disk=True, paper="whole"))  # zeep, the schemas, the journal
    qr_code("", way="native")  # the printer's library: most of a second
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_SWEEPS)


def plan_work(size: Size, first: int) -> list[Piece]:
    """The pieces, the long ones first."""
    return [
        *pieces("mutants", MUTANTS, 1),
        *pieces("bytecodes", (first + 1000 * number for number in range(size.bytecode_plans)), 1),
        *pieces("clocks", range(first, first + size.clocks), 10),
        *pieces("schedules", range(first, first + size.schedules), 50),
    ]


def report(tally: Tally, seconds: float) -> None:
    """Everything that is not in the last line, on standard error."""
    for failure in tally.failures:
        for breach in dict.fromkeys(failure.breaches):
            say(f"BROKEN  {breach}")
        can_be_told = failure.name.replace("@", "").isdigit()
        say(f"        {'again, with its trace: scripts/campaign --seed' if can_be_told else 'where:'} {failure.name}")
    for name, caught in tally.mutants.items():
        if not caught:
            say(f"MISSED  {name}: {MUTANTS[name].sentence}")
    idle = [name for name in names() if not tally.struck[name]]
    say(f"faults that never struck: {', '.join(idle) or 'none'}")
    say(f"done elsewhere: {', '.join(ELSEWHERE)}; not known to the product: {', '.join(UNKNOWN)}")
    rate = tally.timed / max(tally.seconds, 0.001)
    say(f"{tally.bytecode_kills} bytecode kills; {rate:.0f} schedules a second of one core's time")
    say(f"{seconds:.0f} s in all")


def replay(name: str) -> int:
    """One schedule, line by line."""
    seed, _, at = name.partition("@")
    drawn = bytecode_plan(int(seed)) if at else plan(int(seed))
    trace: list[str] = []
    outcome = run(drawn, trace=trace, opcode=int(at) if at else None)
    tally = Tally()
    tally.add(name, outcome)
    for line in (f"{drawn}", *trace, *(str(breach) for breach in outcome.breaches)):
        say(line)
    print(tally.last_line)  # noqa: T201 - the result
    return 0 if tally.is_clean else 1


def say(line: str) -> None:
    """Progress, on standard error."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - what it is for


if __name__ == "__main__":
    sys.exit(main())
