"""Cents, the wire's two decimals, and how Italians write money."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.domain.fees import FeeRule
from pos_app.domain.money import (
    LARGEST_CHARGE,
    LARGEST_WIRE_AMOUNT,
    MoneyError,
    cents,
    from_wire,
    is_chargeable,
    to_euro,
    to_italian,
    to_wire,
)

AMOUNTS = st.integers(0, LARGEST_WIRE_AMOUNT)


@given(AMOUNTS)
def test_an_amount_survives_the_wire(amount: int) -> None:
    assert from_wire(to_wire(amount)) == amount


@given(AMOUNTS)
def test_the_wire_form_has_exactly_two_decimals(amount: int) -> None:
    whole, decimals = to_wire(amount).split(".")
    assert Decimal(f"{whole}.{decimals}") * 100 == amount
    assert len(decimals) == 2


@pytest.mark.parametrize(
    "text", ["10", "10.1", "10,00", "-1.00", "1.000", "", ".50", "1e2", "١.٠٠", "1.00 ", "9" * 10 + ".00"]
)
def test_other_forms_are_refused(text: str) -> None:
    with pytest.raises(MoneyError):
        from_wire(text)


@pytest.mark.parametrize("amount", [-1, LARGEST_WIRE_AMOUNT + 1, 1.0, True, "1"])
def test_only_whole_cents_are_money(amount: object) -> None:
    with pytest.raises(MoneyError):
        cents(amount)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("amount", "text"), [(0, "0,00"), (5, "0,05"), (12550, "125,50"), (123456789, "1.234.567,89"), (-150, "-1,50")]
)
def test_italians_read_points_and_a_comma(amount: int, text: str) -> None:
    assert to_italian(amount) == text
    assert to_euro(amount) == f"EUR {text}"


def test_the_reader_takes_eight_digits() -> None:
    assert [is_chargeable(amount) for amount in (0, 1, LARGEST_CHARGE, LARGEST_CHARGE + 1)] == [
        False,
        True,
        True,
        False,
    ]


def test_a_fee_is_fixed_plus_percent_rounded_half_up_and_has_a_ceiling() -> None:
    rule = FeeRule(fixed=100, percent=Decimal("0.50"), maximum=500)
    assert [rule.fee_for(amount) for amount in (0, 99, 100, 10_000, 1_000_000)] == [100, 100, 101, 150, 500]
    assert FeeRule().fee_for(12550) == 0
