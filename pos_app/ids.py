"""The names a payment goes by: one for machines, one for people."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from pos_app.clock import Clock

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no I, L, O, U: read aloud without mistakes
_TIME_DIGITS = 10
_RANDOM_DIGITS = 8
_ROME = ZoneInfo("Europe/Rome")


def payment_id(clock: Clock, random_text: Callable[[int], str]) -> str:
    """An id that sorts by time: ten Crockford digits of milliseconds, then random letters and digits."""
    milliseconds = int(clock.utc().timestamp() * 1000)
    digits = [_CROCKFORD[milliseconds >> shift & 31] for shift in range(5 * (_TIME_DIGITS - 1), -1, -5)]
    return "".join(digits) + random_text(_RANDOM_DIGITS).upper()


def operation_number(clock: Clock, count: int) -> str:
    """The number on paper: `2026-000317`, the year in Rome and this terminal's count of payments."""
    return f"{clock.utc().astimezone(_ROME).year}-{count:06d}"
