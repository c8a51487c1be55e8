"""Virtual time: it moves only when somebody waits."""

from datetime import UTC, datetime, timedelta

_START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


class VirtualClock:
    """A clock that is moved by hand. `reboot` begins a new boot, `jump` moves the wall clock alone."""

    def __init__(self) -> None:
        self._elapsed = 1000.0
        self._utc = _START
        self._boots = 1

    @property
    def boot_id(self) -> str:
        """Names this boot."""
        return f"boot-{self._boots}"

    def elapsed(self) -> float:
        """Seconds since the virtual boot."""
        return self._elapsed

    def utc(self) -> datetime:
        """The virtual wall clock."""
        return self._utc

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._elapsed += seconds
        self._utc += timedelta(seconds=seconds)

    def jump(self, seconds: float) -> None:
        """The wall clock is set; nothing else moves."""
        self._utc += timedelta(seconds=seconds)

    def reboot(self, seconds: float) -> None:
        """The machine is off for a while, then boots anew."""
        self._utc += timedelta(seconds=seconds)
        self._elapsed = 10.0
        self._boots += 1
