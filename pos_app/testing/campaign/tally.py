"""What a campaign counted, one batch after the other; and its last line."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from pos_app.testing.campaign.schedule import Outcome
from pos_app.testing.campaign.witness import COUNTS, Breach

_MOST_FAILURES = 20


@dataclass(frozen=True)
class Failure:
    """A schedule that broke a rule, by the name under which it can be run again."""

    name: str
    breaches: tuple[Breach, ...]


@dataclass
class Tally:
    """The sums. `crash_points` are processes that were killed, `struck` how often each fault really happened."""

    schedules: int = 0
    crash_points: int = 0
    bytecode_kills: int = 0
    timed: int = 0  # schedules that took `seconds` of one core's time, and nothing else
    seconds: float = 0.0
    struck: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    mutants: dict[str, bool] = field(default_factory=dict)

    def add(self, name: str, outcome: Outcome) -> None:
        """One more schedule."""
        self.schedules += 1
        self.crash_points += outcome.kills
        self.struck.update(outcome.struck)
        self.fail(name, outcome.breaches)

    def fail(self, name: str, breaches: Iterable[Breach]) -> None:
        """These rules were broken there; a schedule counts once under each count."""
        found = tuple(breaches)
        self.broken.update({breach.count for breach in found})
        if found and len(self.failures) < _MOST_FAILURES:
            self.failures.append(Failure(name, found))

    def merge(self, other: "Tally") -> None:
        """Add another one's sums."""
        self.schedules += other.schedules
        self.crash_points += other.crash_points
        self.bytecode_kills += other.bytecode_kills
        self.timed += other.timed
        self.seconds += other.seconds
        self.struck.update(other.struck)
        self.broken.update(other.broken)
        self.failures += other.failures
        self.mutants.update(other.mutants)

    @property
    def is_clean(self) -> bool:
        """Nothing that must be 0 is anything else, and every mutant was caught."""
        return not self.broken and all(self.mutants.values())

    @property
    def last_line(self) -> str:
        """As interfaces.md has it."""
        zeros = " ".join(f"{count}={self.broken[count]}" for count in COUNTS)
        sums = f"schedules={self.schedules} crash_points={self.crash_points} faults={len(self.struck)}"
        return f"{sums} {zeros} mutants={sum(self.mutants.values())}/{len(self.mutants)}"
