"""Italian working days: when the money of a payment is planned to be credited (pagopa.md 2.4, transferDate).

Public holidays by law 260/1949 as amended; Saint Francis (4 October) again from 2026 by law 151/2025. Local patron
saints are no national holidays.
"""

from datetime import date, timedelta

_SATURDAY = 5
_FIXED_HOLIDAYS = frozenset(
    {(1, 1), (1, 6), (4, 25), (5, 1), (6, 2), (8, 15), (11, 1), (12, 8), (12, 25), (12, 26)},
)
_SAINT_FRANCIS = (10, 4)
_SAINT_FRANCIS_SINCE = 2026


def next_working_day(day: date) -> date:
    """The first working day after `day`."""
    following = day + timedelta(days=1)
    while not is_working_day(following):
        following += timedelta(days=1)
    return following


def is_working_day(day: date) -> bool:
    """Whether `day` is neither Saturday, Sunday nor a national holiday."""
    return day.weekday() < _SATURDAY and not _is_holiday(day)


def _is_holiday(day: date) -> bool:
    month_and_day = (day.month, day.day)
    return (
        month_and_day in _FIXED_HOLIDAYS
        or (month_and_day == _SAINT_FRANCIS and day.year >= _SAINT_FRANCIS_SINCE)
        or day == _easter(day.year) + timedelta(days=1)
    )


def _easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar, by the anonymous algorithm (Meeus, Astronomical Algorithms, ch. 8)."""
    century, year_of_century = divmod(year, 100)
    golden = year % 19
    leaps, century_rest = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leaps - correction + 15) % 30
    weekday = (32 + 2 * century_rest + 2 * (year_of_century // 4) - epact - year_of_century % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)
