"""What Node and EC remember of payments in the old model (pagopa.md 1.3)."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Occurrence:
    """A payment occurrence that the Node asked an EC for by paaAttivaRPT, known by its CCP.

    `token` is the session's, and the CCP of the first asking; a second one has its own CCP. `failed`: the asking came
    to nothing, so there is no session. `rpt` is what the EC told; `answered`: an RT went out for it. `next_asking` is
    when the Node asks on its own, None when it has nothing to ask.
    """

    ccp: str
    token: str
    creditor: str
    station: str
    reference: str
    psp: str
    failed: bool = False
    rpt: str | None = None
    answered: bool = False
    next_asking: datetime | None = None

    @property
    def has_open_rpt(self) -> bool:
        """Whether an RPT came that no RT has answered."""
        return self.rpt is not None and not self.answered


@dataclass(frozen=True)
class PromisedRpt:
    """An RPT that an EC still owes the Node; `xml` is the nodoInviaRPT request, to be sent when `due`."""

    ccp: str
    creditor: str
    station: str
    reference: str
    xml: str
    due: datetime
