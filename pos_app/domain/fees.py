"""The citizen's commission: a fixed part, a percentage, a ceiling; cents, rounded half up."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from pos_app.domain.money import Cents, cents


@dataclass(frozen=True)
class FeeRule:
    """`fixed` and `maximum` in cents, `percent` of the amount; `maximum` None means no ceiling."""

    fixed: int = 0
    percent: Decimal = Decimal(0)
    maximum: int | None = None

    def fee_for(self, amount: int) -> Cents:
        """The commission on `amount` cents."""
        share = (Decimal(amount) * self.percent / 100).to_integral_value(rounding=ROUND_HALF_UP)
        fee = self.fixed + int(share)
        return cents(fee if self.maximum is None else min(fee, self.maximum))
