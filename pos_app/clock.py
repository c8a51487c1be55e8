"""The two clocks that are injected everywhere: `elapsed` for waiting, `utc` for stamps (architecture.md, "Time")."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from pos_app.domain.events import Stamp

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


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


def seconds_since(clock: Clock, moment: Stamp) -> float:
    """Seconds since `moment`: by `elapsed` within one boot; over a reboot by the wall clock, which is all there is."""
    if moment.boot_id == clock.boot_id:
        return clock.elapsed() - moment.elapsed
    by_wall = (clock.utc() - datetime.fromisoformat(moment.utc)).total_seconds()
    return max(by_wall, 0.0)
