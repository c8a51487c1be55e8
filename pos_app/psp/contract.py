"""What the terminal asks of the PSP's backend, and the answers: always a domain event, never an exception.

The split between building a body and sending it is the point: the body is journaled before it is sent, and the same
body is sent on every repeat (pagopa.md 5). A body is the SOAP envelope without the password, which goes in when it is
sent.
"""

import re
from dataclasses import dataclass
from typing import Protocol

from pos_app.domain.events import (
    ActivationAccepted,
    ActivationRefused,
    ActivationUnanswered,
    NoticeRefused,
    NoticeVerified,
    OutcomeAccepted,
    OutcomeBlocked,
    OutcomeDiscordant,
    OutcomeRecordedLate,
    OutcomeRefused,
    OutcomeUnanswered,
    RivalPaymentFound,
    VerificationUnanswered,
)
from pos_app.domain.notice import NoticeCode

VerificationAnswer = NoticeVerified | NoticeRefused | VerificationUnanswered
ActivationAnswer = ActivationAccepted | ActivationRefused | ActivationUnanswered
OutcomeAnswer = (
    OutcomeAccepted
    | OutcomeRecordedLate
    | RivalPaymentFound
    | OutcomeDiscordant
    | OutcomeUnanswered
    | OutcomeBlocked
    | OutcomeRefused
)

_IDEMPOTENCY_KEY = re.compile(r"[a-zA-Z0-9]{2,18}_[a-zA-Z0-9]{10}")


def idempotency_key(fiscal_code: str, random10: str) -> str:
    """`<PSP's fiscal code>_<ten random letters or digits>` (pagopa.md 5). Raises ValueError where that is no key."""
    key = f"{fiscal_code}_{random10}"
    if _IDEMPOTENCY_KEY.fullmatch(key) is None:
        raise ValueError(
            f"An idempotency key is 2 to 18 letters or digits, an underscore and 10 letters or digits, not {key!r}."
        )
    return key


@dataclass(frozen=True)
class OutcomeDetails:
    """The details of an outcome OK (pagopa.md 2.4). `fee` in cents, dates as `YYYY-MM-DD`.

    `payment_method` is bancomat, creditCard or other.
    """

    payment_method: str
    fee: int
    application_date: str
    transfer_date: str


class PspClient(Protocol):
    """The PSP primitives a terminal needs. The card must never move on anything but ActivationAccepted."""

    def verify(self, notice: NoticeCode, *, timeout: float) -> VerificationAnswer:
        """Ask what is due today. Reads only; may be repeated freely."""
        ...

    def activation_body(self, notice: NoticeCode, *, amount: int, key: str, token_seconds: int) -> str:
        """The exact activation request, password left out. Raises ValueError where it would break the schema."""
        ...

    def activate(self, notice: NoticeCode, body: str, *, repeated: bool, timeout: float) -> ActivationAnswer:
        """Send an activation body. `repeated`: this very body was sent before and no usable answer came."""
        ...

    def outcome_body(self, *, token: str, key: str, details: OutcomeDetails | None) -> str:
        """The exact outcome request, password left out: OK with details, KO with None. Raises ValueError."""
        ...

    def send_outcome(self, body: str, *, verdict: str, timeout: float) -> OutcomeAnswer:
        """Send an outcome body whose verdict is OK or KO."""
        ...
