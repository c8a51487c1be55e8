"""The two clocks that are injected everywhere: `elapsed` for waiting, `utc` for stamps (architecture.md, "Time")."""

import math
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from pos_app.domain.events import Stamp

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_DRIFT = 1.0  # seconds that the two clocks may drift apart in one uptime: stamps are rounded, the wall clock is slewed


class Clock(Protocol):
    """Time as the terminal sees it."""

    @property
    def boot_id(self) -> str:
        """Names this boot: `elapsed` of another boot says nothing."""
        ...

    def elapsed(self) -> float:
        """Seconds since boot, suspend included; never jumps."""
        ...

    def utc(self) -> datetime:
        """The wall clock, for people; may jump."""
        ...


class BootClock:
    """The machine's own clocks."""

    def __init__(self) -> None:
        self._boot_id = _BOOT_ID.read_text(encoding="ascii").strip()

    @property
    def boot_id(self) -> str:
        """The kernel's boot id."""
        return self._boot_id

    def elapsed(self) -> float:
        """CLOCK_BOOTTIME: counts suspend as well."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def utc(self) -> datetime:
        """The wall clock, in UTC."""
        return datetime.now(UTC)


def stamp(clock: Clock) -> Stamp:
    """This moment, as the journal keeps it."""
    return Stamp(clock.utc().isoformat(timespec="milliseconds"), clock.boot_id, round(clock.elapsed(), 6))


def later(known: Stamp | None, moment: Stamp) -> Stamp:
    """The one of the two with the later wall clock."""
    return known if known is not None and known.utc > moment.utc else moment  # one form of text, so it sorts by time


@dataclass(frozen=True)
class Age:
    """How long ago something was, in seconds: surely `at_least`, surely not more than `at_most` (infinite: unknown)."""

    at_least: float
    at_most: float


def age(clock: Clock, moment: Stamp, latest: Stamp | None = None) -> Age:
    """The age of `moment` (reliability.md C1-C4). `latest` is the stamp with the latest wall clock that was journaled.

    Within one boot only `elapsed` counts, whatever the wall clock does. Over a reboot the wall clock is all there is,
    unless it stands before something that was already journaled: then it was set back or lost its battery, and all
    that is sure is that the machine has been up since.
    """
    if moment.boot_id == clock.boot_id:
        exact = clock.elapsed() - moment.elapsed
        return Age(exact, exact)
    by_wall, up = (clock.utc() - _utc(moment)).total_seconds(), clock.elapsed()
    if by_wall < up - _DRIFT or clock.utc() < _utc(latest or moment):
        return Age(up, math.inf)
    return Age(max(by_wall, up), max(by_wall, up))


def has_surely_passed(clock: Clock, moment: Stamp, seconds: float, latest: Stamp | None = None) -> bool:
    """Whether `seconds` are over since `moment`, provably: what was locked for that long is free."""
    return age(clock, moment, latest).at_least >= seconds


def may_still_be_valid(clock: Clock, moment: Stamp, seconds: float, latest: Stamp | None = None) -> bool:
    """Whether what `moment` gave `seconds` to live may be alive: it is not given up yet."""
    return not has_surely_passed(clock, moment, seconds, latest)


def surely_left(clock: Clock, moment: Stamp, seconds: float, latest: Stamp | None = None) -> float:
    """How much of `seconds` since `moment` is left at the least; 0 where it may be over: nothing may rely on it."""
    return max(0.0, seconds - age(clock, moment, latest).at_most)


def seconds_since(clock: Clock, moment: Stamp, latest: Stamp | None = None) -> float:
    """Seconds since `moment`, at the least: for waiting."""
    return age(clock, moment, latest).at_least


def _utc(moment: Stamp) -> datetime:
    return datetime.fromisoformat(moment.utc)
