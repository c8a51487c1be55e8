"""What one schedule is, drawn from its seed: who comes, what goes wrong, where the process ends."""

from dataclasses import dataclass
from random import Random

from pos_app.domain.notice import NoticeCode, read_qr

NOTICES: tuple[NoticeCode, ...] = (
    read_qr("PAGOPA|002|301000000000012373|77777777777|12550"),
    read_qr("PAGOPA|002|301000000000012474|77777777777|990"),
    read_qr("PAGOPA|002|301000000000012575|77777777777|12550"),  # the amount of the first: reliability.md S14
)

# Every call of a port where the process may end, and about how many of each a payment has.
KILL_POINTS = {
    "append": 20, "appended": 20, "post": 4, "posted": 4, "read": 60, "heard": 45, "write": 30, "wrote": 30,
    "ask": 4, "connect": 2, "printer": 4, "print": 3, "printed": 3,
}  # fmt: skip
_IN_RECOVERY = {"append": 3, "appended": 3, "post": 2, "posted": 2, "read": 8, "heard": 6, "write": 6, "wrote": 6}
_KILLS = (0, 0, 0, 1, 1, 1, 1, 2, 2, 3)
_FAULTS = (0, 1, 1, 1, 1, 2, 2, 2, 3, 4)
_VISITS = (1, 1, 1, 1, 1, 1, 2, 2, 3)
_POLL_SECONDS = (5.0, *(30.0,) * 3, *(60.0,) * 16)  # what is asked in between is the same again
_MEANWHILE = (0, 2, 2, 10, 10, 50, 100)
_REAL_EVERY, _PAPER_EVERY = 10, 20


@dataclass(frozen=True)
class Kill:
    """The process ends at the `count`-th call of `kind`: counted from the start, or from its last restart."""

    kind: str
    count: int
    in_recovery: bool = False


@dataclass(frozen=True)
class Plan:
    """One schedule. `real_disk`: the journal's own files."""

    seed: int
    visits: tuple[int, ...] = (0,)
    faults: tuple[str, ...] = ()
    kills: tuple[Kill, ...] = ()
    fickle: int = 0
    token_seconds: int = 1800
    verify_first: bool = True
    refund_late: bool = False
    extended_result: bool = True
    baseline: str = "g+t"
    poll_seconds: float = 5.0
    real_disk: bool = False
    api_version: int = 2
    fee: str = "fixed"  # or "none", or a "share" of the amount
    month_ends: bool = False  # a minute after the world begins
    meanwhile: int = 0  # of a hundred chances beside the counter, how many what is parked takes
    paper: str = "noted"  # or "drawn", by the printer's double; or "whole", with all that stands on real ones


def plan_of(seed: int, catalogue: tuple[str, ...]) -> Plan:
    """The schedule of this seed: every fault of `catalogue` has its turn, others join it."""
    random = Random(seed)  # noqa: S311 - repeatable, not secret
    count = random.choice(_FAULTS)
    first = (catalogue[seed % len(catalogue)],) if count else ()
    faults = (*first, *random.sample(catalogue, max(count - 1, 0)))
    kills = [_kill(random, number) for number in range(random.choice(_KILLS))]
    return Plan(
        seed=seed,
        visits=tuple(random.randrange(len(NOTICES)) for _ in range(random.choice(_VISITS))),
        faults=tuple(dict.fromkeys(faults)),
        kills=tuple(kills),
        fickle=random.choice((0, 0, 0, 0, 5, 30)),
        token_seconds=random.choice((1800, 1800, 1800, 600)),
        verify_first=random.random() < 0.75,
        refund_late=random.random() < 0.1,
        extended_result=random.random() < 0.85,
        baseline=random.choice(("g+t", "g+t", "g+t", "g+t", "g+t", "g+t", "g+t", "g", "none")),
        poll_seconds=random.choice(_POLL_SECONDS),
        meanwhile=random.choice(_MEANWHILE),
        api_version=random.choice((2, 2, 2, 2, 1)),
        fee=random.choice(("fixed", "fixed", "none", "share")),
        month_ends=random.random() < 0.1,
        real_disk=seed % _REAL_EVERY == 0,
        paper="whole" if seed % _PAPER_EVERY == 1 else "noted",
    )


def _kill(random: Random, number: int) -> Kill:
    in_recovery = number > 0 and random.random() < 0.6
    kinds = _IN_RECOVERY if in_recovery else KILL_POINTS
    kind = random.choice(tuple(kinds))
    return Kill(kind, random.randint(1, kinds[kind]), in_recovery)
