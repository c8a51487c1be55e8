"""What the double keeps when it is switched off: its last result, its totals, its counters, and the money it took."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Charge:
    """Money that the host took, in cents: the ground truth that a till's records are measured against.

    A refund is a charge below zero.
    """

    amount: int
    stan: str
    reference: str
    reversed: bool = False


@dataclass
class Memory:
    """The double's state; kept in a JSON file when it was loaded from one."""

    last_result: str | None = None
    result_before: str | None = None
    last_receipt: str = ""
    total: int = 0
    stan: int = 0
    online: int = 0
    payments: int = 0  # taken from the script so far
    reversals: int = 0
    held: dict[str, int] = field(default_factory=dict)  # pre-authorisation code -> cents
    ledger: list[Charge] = field(default_factory=list)
    path: Path | None = None

    @classmethod
    def load(cls, path: Path) -> "Memory":
        """Read the file, or begin one that is not there yet. Raises ValueError for a file of another kind."""
        if not path.exists():
            return cls(path=path)
        try:
            kept = json.loads(path.read_text("utf-8"))
            ledger = [Charge(**charge) for charge in kept.pop("ledger")]
            return cls(**kept, ledger=ledger, path=path)
        except (TypeError, KeyError, AttributeError, ValueError) as error:
            raise ValueError(f"{path} is not a card reader double's state: {error}") from error

    @property
    def money_taken(self) -> int:
        """Return what the host took and did not give back, in cents."""
        return sum(charge.amount for charge in self.ledger if not charge.reversed)

    def next_stan(self) -> str:
        """Count a transaction; return its six digits."""
        self.stan = self.stan % 999_999 + 1
        self.online = self.online % 999_999 + 1
        return f"{self.stan:06}"

    def keep(self, result: str, receipt: str) -> None:
        """Make this the last result."""
        self.result_before, self.last_result, self.last_receipt = self.last_result, result, receipt

    def save(self) -> None:
        """Write the file anew, whole or not at all."""
        if self.path is None:
            return
        kept = asdict(self)
        del kept["path"]
        fresh = self.path.with_name(self.path.name + ".new")
        fresh.write_text(json.dumps(kept, indent=1, sort_keys=True), "utf-8")
        fresh.replace(self.path)
