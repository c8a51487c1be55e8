"""Time of a campaign's world: true seconds, and what the terminal's machine makes of them."""

from datetime import UTC, datetime, timedelta

from drivers.card_reader.ecr17.simulator.wired import VirtualClock

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
AT_THE_END_OF_A_MONTH = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)
LEAST = 0.001  # seconds that every wait takes: less than the clock can add would be no time at all
_SINCE_BOOT = 1000.0


class WorldClock(VirtualClock):
    """True seconds in `now`, for devices and networks; `elapsed`, `utc` and `boot_id` are the terminal's own view."""

    def __init__(self, start: datetime = START) -> None:
        super().__init__(0.0)
        self._start = start
        self._booted_at = -_SINCE_BOOT
        self._shift = timedelta(0)
        self._boots = 1

    def begin(self, start: datetime) -> None:
        """The world begins at this moment."""
        self._start = start

    @property
    def boot_id(self) -> str:
        """Names this boot."""
        return f"boot-{self._boots}"

    def elapsed(self) -> float:
        """Seconds since boot, suspend included."""
        return self.now - self._booted_at

    def utc(self) -> datetime:
        """The terminal's wall clock."""
        return self.true_utc() + self._shift

    def true_utc(self) -> datetime:
        """Everybody else's wall clock."""
        return self._start + timedelta(seconds=self.now)

    def advance(self, seconds: float) -> None:
        """Let time pass for everybody; the terminal's boot clock counts it, suspended or not."""
        self.now += seconds

    def jump(self, seconds: float) -> None:
        """Somebody sets the terminal's wall clock; nothing else moves."""
        self._shift += timedelta(seconds=seconds)

    def set_wall(self, moment: datetime) -> None:
        """The terminal's wall clock says `moment`."""
        self._shift = moment - self.true_utc()

    def reboot(self, off: float) -> None:
        """The terminal's machine is off for `off` seconds and boots anew."""
        self.now += off
        self._booted_at = self.now - 10.0
        self._boots += 1
