"""How the double answers one payment: well by default, and wrong in every way that a table here names."""

from dataclasses import dataclass, replace
from typing import Literal

CARD_PHASE_LIMIT = 127.0  # seconds until a real reader gives up waiting for a card (ecr17.md 1.3)


@dataclass(frozen=True)
class Answer:
    """One payment as the reader and its host behave. Times in seconds, amounts in cents.

    `naks`: frames refused before one is taken. `acknowledgement`: "send", "none", or "wrong_check". `charges`: the
    host takes the money. `saves`: `G` tells the result afterwards. `delivers`: the result is sent. `closes`: the line
    breaks when the command was accepted, when the money was taken, or when the result was sent.
    """

    result: str = "00"
    text: str = ""
    charges: bool = True
    saves: bool = True
    delivers: bool = True
    naks: int = 0
    acknowledgement: Literal["send", "none", "wrong_check"] = "send"
    acknowledge_after: float = 0.0
    result_first: bool = False
    seconds: float = 0.0
    shows_progress: bool = True
    copies: int = 1
    bad_checks: int = 0
    host_amount: int | None = None
    exchange: bool = False
    length: int = 0
    chunk: int = 0
    noise: str = ""
    closes: Literal["never", "accepted", "charged", "delivered"] = "never"


REFUSED = Answer(result="01", text="TRANSAZIONE RIFIUTATA", charges=False)
NOTHING = Answer(charges=False, saves=False, delivers=False)
LOST = Answer(delivers=False)

ANSWERS = {
    "approve": Answer(),
    "decline": REFUSED,
    "cancel": replace(REFUSED, text="TRANSAZIONE ANNULLATA"),
    "card_timeout": replace(REFUSED, text="CARD_SEARCH_TIMEOUT", seconds=CARD_PHASE_LIMIT, saves=False),
    "card_absent": replace(REFUSED, result="05", text="", saves=False),
    "silence": NOTHING,  # acknowledged, then nothing, and nothing was charged
    "silence_charged": LOST,  # acknowledged, charged, and the result never leaves
    "close": replace(NOTHING, closes="accepted"),
    "close_charged": replace(LOST, closes="charged"),
    "close_after_result": Answer(closes="delivered"),
    "nak": Answer(naks=3),
    "nak_once": Answer(naks=1),
    "no_ack": replace(NOTHING, acknowledgement="none"),
    "no_ack_charged": replace(LOST, acknowledgement="none"),
    "no_ack_result": Answer(acknowledgement="none"),
    "wrong_ack": Answer(acknowledgement="wrong_check"),
    "late_ack": Answer(acknowledge_after=0.05),
    "result_first": Answer(result_first=True),
    "wrong_amount": Answer(host_amount=1),
    "unknown_code": Answer(result="77", charges=False),
    "bad_check": Answer(bad_checks=1),
    "bad_checks": Answer(bad_checks=9),
    "twice": Answer(copies=2),
    "split": Answer(chunk=1),
    "noise": Answer(noise="ff0041307a"),
    "short": Answer(length=40),
    "exchange": Answer(exchange=True),
}
