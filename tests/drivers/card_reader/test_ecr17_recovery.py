"""The one verdict table of ecr17.md 3.3, row by row."""

import pytest

from drivers.card_reader.ecr17.recovery import Change, Evidence, Moved, change_of, moved_of, verdict
from drivers.contracts import Baseline, CardTransaction, ChargeVerdict

AMOUNT = 4210
BASELINE = Baseline("12345678", "before", "000041", 10_000)
WITHOUT_TOTALS = Baseline("12345678", "before", "000041")
APPROVED, NOT_CHARGED = ChargeVerdict.APPROVED, ChargeVerdict.NOT_CHARGED
OTHER_AMOUNT, UNCERTAIN = ChargeVerdict.OTHER_AMOUNT, ChargeVerdict.UNCERTAIN


def result(
    code: str = "00",
    amount: int | None = AMOUNT,
    *,
    fingerprint: str = "after",
    terminal_id: str = "12345678",
    stan: str = "000042",
) -> CardTransaction:
    return CardTransaction(code, code == "00", fingerprint, terminal_id, amount=amount, stan=stan)


UNCHANGED = result(fingerprint="before", stan="000041")


@pytest.mark.parametrize(
    ("baseline", "last", "totals", "expected"),
    [
        # changed, 00, host amount equal
        (BASELINE, result(), 14_210, APPROVED),
        (WITHOUT_TOTALS, result(), None, APPROVED),
        (BASELINE, result(), 10_000, UNCERTAIN),
        (BASELINE, result(), 12_345, UNCERTAIN),
        (BASELINE, result(), None, UNCERTAIN),
        # changed, 00, no amount in the result (P)
        (BASELINE, result(amount=None), 14_210, APPROVED),
        (BASELINE, result(amount=None), 10_000, UNCERTAIN),
        (WITHOUT_TOTALS, result(amount=None), None, UNCERTAIN),
        # changed, 00, other amount
        (BASELINE, result(amount=1), 14_210, OTHER_AMOUNT),
        (BASELINE, result(amount=1), 10_000, OTHER_AMOUNT),
        (BASELINE, result(amount=1), None, OTHER_AMOUNT),
        (WITHOUT_TOTALS, result(amount=1), None, OTHER_AMOUNT),
        # changed, 01/05/09
        (BASELINE, result("01"), 10_000, NOT_CHARGED),
        (BASELINE, result("05"), 10_000, NOT_CHARGED),
        (WITHOUT_TOTALS, result("09"), None, NOT_CHARGED),
        (BASELINE, result("01"), 14_210, UNCERTAIN),
        (BASELINE, result("01"), None, UNCERTAIN),
        # unchanged
        (BASELINE, UNCHANGED, 10_000, NOT_CHARGED),
        (BASELINE, UNCHANGED, 14_210, UNCERTAIN),
        (BASELINE, UNCHANGED, None, UNCERTAIN),
        (WITHOUT_TOTALS, UNCHANGED, None, UNCERTAIN),
        # nothing saved before, and nothing now
        (Baseline("12345678", "", totals=10_000), None, 10_000, NOT_CHARGED),
        (Baseline("12345678", "", totals=10_000), result(), 14_210, APPROVED),
        # anything else
        (None, result(), 14_210, UNCERTAIN),
        (Baseline("12345678", None, totals=10_000), result(), 14_210, UNCERTAIN),
        (BASELINE, None, 10_000, UNCERTAIN),
        (BASELINE, result("77"), 10_000, UNCERTAIN),
        (BASELINE, result(terminal_id="99999999"), 14_210, UNCERTAIN),
        (BASELINE, result(stan="000041"), 14_210, UNCERTAIN),
        (BASELINE, CardTransaction("00", False, "after", "12345678", amount=AMOUNT), 14_210, UNCERTAIN),
    ],
)
def test_a_row_of_the_verdict_table(
    baseline: Baseline | None, last: CardTransaction | None, totals: int | None, expected: ChargeVerdict
) -> None:
    assert verdict(AMOUNT, baseline, Evidence(last, totals, idle=True)) is expected


def test_unchanged_proves_nothing_while_the_reader_may_still_be_in_its_card_phase() -> None:
    assert verdict(AMOUNT, BASELINE, Evidence(UNCHANGED, 10_000, idle=False)) is UNCERTAIN


def test_a_changed_result_needs_no_idle_reader() -> None:
    assert verdict(AMOUNT, BASELINE, Evidence(result(), 14_210, idle=False)) is APPROVED


def test_changes_and_movements_have_names() -> None:
    assert change_of(AMOUNT, BASELINE, UNCHANGED) is Change.UNCHANGED
    assert change_of(AMOUNT, BASELINE, result(amount=None)) is Change.APPROVED_NO_AMOUNT
    assert moved_of(AMOUNT, BASELINE, 9_999) is Moved.OTHERWISE
    assert moved_of(AMOUNT, WITHOUT_TOTALS, 9_999) is Moved.UNTOLD
