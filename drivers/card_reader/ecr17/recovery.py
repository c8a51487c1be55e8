"""The verdict on an uncertain charge: the reader's last result and totals against the baseline (ecr17.md 3.3). Pure."""

import enum
from dataclasses import dataclass

from drivers.contracts import Baseline, CardTransaction, ChargeVerdict

NOT_PAID = frozenset({"01", "05", "09"})


class Change(enum.Enum):
    """What the reader's last saved result shows, compared with the one before the charge."""

    APPROVED = "approved, the amount asked"
    APPROVED_NO_AMOUNT = "approved, no amount told"
    APPROVED_OTHER_AMOUNT = "approved, another amount"
    NOT_PAID = "refused"
    UNCHANGED = "unchanged"
    UNREADABLE = "nothing can be concluded"


class Moved(enum.Enum):
    """What the totals did since the baseline."""

    AMOUNT = "grew by the amount"
    NOTHING = "stayed"
    OTHERWISE = "moved otherwise"
    UNTOLD = "not offered by this reader"


@dataclass(frozen=True)
class Evidence:
    """What the reader said after the charge.

    `last` is its last saved result, None when it has none. `totals` are its totals in cents, None when it does not
    offer them. `idle` is True once it answered twice that it is idle, long enough after the last byte of the payment.
    """

    last: CardTransaction | None
    totals: int | None
    idle: bool = False


# (last result, totals) -> verdict; what is not here proves nothing.
VERDICTS = {
    (Change.APPROVED, Moved.AMOUNT): ChargeVerdict.APPROVED,
    (Change.APPROVED, Moved.UNTOLD): ChargeVerdict.APPROVED,
    (Change.APPROVED_NO_AMOUNT, Moved.AMOUNT): ChargeVerdict.APPROVED,
    **{(Change.APPROVED_OTHER_AMOUNT, moved): ChargeVerdict.OTHER_AMOUNT for moved in Moved},
    (Change.NOT_PAID, Moved.NOTHING): ChargeVerdict.NOT_CHARGED,
    (Change.NOT_PAID, Moved.UNTOLD): ChargeVerdict.NOT_CHARGED,
    (Change.UNCHANGED, Moved.NOTHING): ChargeVerdict.NOT_CHARGED,
}


def verdict(amount: int, baseline: Baseline | None, evidence: Evidence) -> ChargeVerdict:
    """Return what is proven about a charge of `amount` cents; UNCERTAIN when nothing is.

    "Unchanged" proves nothing while the reader may still be in its card phase, so it needs `idle`.
    """
    if baseline is None or baseline.last_result is None:
        return ChargeVerdict.UNCERTAIN
    change = change_of(amount, baseline, evidence.last)
    if change is Change.UNCHANGED and not evidence.idle:
        return ChargeVerdict.UNCERTAIN
    return VERDICTS.get((change, moved_of(amount, baseline, evidence.totals)), ChargeVerdict.UNCERTAIN)


def change_of(amount: int, baseline: Baseline, last: CardTransaction | None) -> Change:
    """Compare the last result with the baseline's."""
    if (last.fingerprint if last else "") == baseline.last_result:
        return Change.UNCHANGED
    if last is None or last.terminal_id != baseline.terminal_id:
        return Change.UNREADABLE
    if last.approved:
        return _approval(amount, baseline, last)
    return Change.NOT_PAID if last.result_code in NOT_PAID else Change.UNREADABLE


def _approval(amount: int, baseline: Baseline, last: CardTransaction) -> Change:
    """A new approval has a new STAN (reliability.md invariant 10)."""
    if last.stan == baseline.stan:
        return Change.UNREADABLE
    if last.amount is None:
        return Change.APPROVED_NO_AMOUNT
    return Change.APPROVED if last.amount == amount else Change.APPROVED_OTHER_AMOUNT


def moved_of(amount: int, baseline: Baseline, totals: int | None) -> Moved:
    """Compare the totals with the baseline's; totals that were told before and are not now prove nothing."""
    if baseline.totals is None:
        return Moved.UNTOLD
    if totals is None:
        return Moved.OTHERWISE
    return {amount: Moved.AMOUNT, 0: Moved.NOTHING}.get(totals - baseline.totals, Moved.OTHERWISE)
