"""When the money is credited: the next Italian working day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.psp.working_days import _easter, is_working_day, next_working_day


@pytest.mark.parametrize(
    ("day", "following"),
    [
        ("2026-11-20", "2026-11-23"),  # a Friday
        ("2026-11-21", "2026-11-23"),
        ("2026-11-23", "2026-11-24"),
        ("2026-12-07", "2026-12-09"),  # the Immaculate Conception
        ("2026-12-24", "2026-12-28"),  # Christmas, Saint Stephen, a Sunday
        ("2026-12-31", "2027-01-04"),
        ("2027-01-05", "2027-01-07"),  # the Epiphany
        ("2026-04-03", "2026-04-07"),  # Easter Monday; Good Friday is a working day in Italy
        ("2026-04-24", "2026-04-27"),
        ("2026-04-30", "2026-05-04"),
        ("2026-06-01", "2026-06-03"),
        ("2025-08-14", "2025-08-18"),
        ("2027-10-31", "2027-11-02"),
        ("2024-10-03", "2024-10-04"),  # Saint Francis was no holiday before 2026
        ("2027-10-01", "2027-10-05"),
    ],
)
def test_the_next_working_day(day: str, following: str) -> None:
    assert next_working_day(date.fromisoformat(day)) == date.fromisoformat(following)


@pytest.mark.parametrize(
    ("year", "easter"),
    [(1818, "03-22"), (1961, "04-02"), (2000, "04-23"), (2008, "03-23"), (2011, "04-24"), (2016, "03-27"),
     (2024, "03-31"), (2025, "04-20"), (2026, "04-05"), (2027, "03-28"), (2038, "04-25"), (2049, "04-18")],
)  # fmt: skip
def test_easter_falls_on_its_sunday(year: int, easter: str) -> None:
    assert _easter(year) == date.fromisoformat(f"{year}-{easter}")


@given(st.dates(date(1990, 1, 1), date(2200, 1, 1)))
def test_the_next_working_day_is_the_first_one_and_at_most_five_days_off(day: date) -> None:
    following = next_working_day(day)
    assert is_working_day(following)
    between = [day + timedelta(days=n) for n in range(1, (following - day).days)]
    assert not any(map(is_working_day, between))
    assert len(between) <= 4
