"""The pieces of a campaign that one process can do by itself: seeds, bytecodes, clocks, mutants."""

import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from random import Random
from types import FrameType

from pos_app.testing.campaign.making import SOUND, Making
from pos_app.testing.campaign.mutants import MUTANTS
from pos_app.testing.campaign.plan import Plan
from pos_app.testing.campaign.schedule import Outcome, plan, record_names, run
from pos_app.testing.campaign.tally import Tally
from pos_app.testing.campaign.witness import FELL, Breach

MOST_SECONDS = 60.0  # of our own time: a schedule takes some ten milliseconds
_FEW_BYTECODES = 400_000  # a schedule that waits for long has millions of the same ones
_KILLS_A_PLAN = 20
_CONTROLS = 5


class TookTooLong(BaseException):
    """A schedule doesn't end. No Exception: nothing in between may take it for one of its own."""


def guarded(drawn: Plan, making: Making = SOUND, *, opcode: int | None = None) -> Outcome:
    """Run a schedule; one that doesn't end, or falls over outside the terminal, is stuck."""
    signal.signal(signal.SIGVTALRM, _too_long)
    signal.setitimer(signal.ITIMER_VIRTUAL, MOST_SECONDS)
    try:
        return run(drawn, making, opcode=opcode)
    except TookTooLong:
        return _stuck(drawn, "it doesn't end", f"{MOST_SECONDS:.0f} s were not enough")
    except Exception as error:  # noqa: BLE001 - whatever it is, the campaign must go on and tell it
        return _stuck(drawn, FELL, f"{type(error).__name__}: {error}")
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.0)


def _too_long(_signal: int, _frame: FrameType | None) -> None:
    raise TookTooLong


def _stuck(drawn: Plan, rule: str, sentence: str) -> Outcome:
    return Outcome(drawn, (Breach("stuck", rule, sentence),), frozenset(), 0, locked=False)


# --- pieces --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Piece:
    """What one process does next: `kind` of WORK, on these numbers or names."""

    kind: str
    items: tuple[int | str, ...]


def do(piece: Piece) -> Tally:
    """Do it, and count."""
    tally, began = Tally(), time.process_time()
    for item in piece.items:
        WORK[piece.kind](tally, item)
    if piece.kind == "schedules":
        tally.timed, tally.seconds = tally.schedules, time.process_time() - began
    return tally


def _schedule(tally: Tally, seed: int | str) -> None:
    tally.add(str(seed), guarded(plan(int(seed))))


def _bytecodes(tally: Tally, seed: int | str) -> None:
    """Count the bytecodes of one schedule, then end its process at some of them."""
    drawn, random = _brief(int(seed)), Random(f"{seed} bytecodes")  # noqa: S311 - repeatable, not secret
    counted = guarded(drawn, opcode=0)
    tally.add(f"{drawn.seed}@0", counted)
    for _ in range(_KILLS_A_PLAN if counted.bytecodes else 0):
        at = random.randint(1, counted.bytecodes)
        tally.add(f"{drawn.seed}@{at}", guarded(drawn, opcode=at))
        tally.bytecode_kills += 1


def bytecode_plan(seed: int) -> Plan:
    """The schedule of this seed as the bytecode tier lives it: it ends by bytecodes and, in recovery, by its plan."""
    drawn = plan(seed)
    return replace(drawn, kills=tuple(kill for kill in drawn.kills if kill.in_recovery), paper="noted")


def _brief(seed: int) -> Plan:
    """The first schedule from this seed on that doesn't wait for long."""
    for candidate in range(seed, seed + 1000):
        drawn = bytecode_plan(candidate)
        if 0 < guarded(drawn, opcode=0).bytecodes < _FEW_BYTECODES:
            return drawn
    return bytecode_plan(seed)


def _clocks(tally: Tally, seed: int | str) -> None:
    """Invariant 20: with the wall clock set at some moment, the same things happen."""
    calm = Plan(int(seed), visits=(0, 1))
    jumped = replace(calm, faults=("C1",))
    tally.add(f"{seed} calm", guarded(calm))
    tally.add(f"{seed} C1", guarded(jumped))
    if record_names(calm) != record_names(jumped):
        tally.fail(f"{seed} C1", [Breach("stuck", "20 the wall clock decides nothing", "other events")])


def _mutant(tally: Tally, name: int | str) -> None:
    """It must be caught, and not by falling over; what catches it must let the sound terminal pass."""
    mutant = MUTANTS[str(name)]
    tally.mutants[str(name)] = any(_catches(drawn, mutant.making) for drawn in mutant.plans())
    for drawn in mutant.plans()[:_CONTROLS]:
        tally.fail(f"the sound terminal where {name} is tried, {drawn}", guarded(drawn).breaches)


def _catches(drawn: Plan, making: Making) -> bool:
    return any(breach.rule != FELL for breach in guarded(drawn, making).breaches)


WORK: dict[str, Callable[[Tally, int | str], None]] = {
    "schedules": _schedule,
    "bytecodes": _bytecodes,
    "clocks": _clocks,
    "mutants": _mutant,
}


def pieces(kind: str, items: Iterable[int | str], size: int) -> list[Piece]:
    """The work on `items`, `size` of them a piece."""
    listed = list(items)
    return [Piece(kind, tuple(listed[first : first + size])) for first in range(0, len(listed), size)]
