"""How the double answers one payment: well by default, and wrong in every way that a table here names."""

from dataclasses import dataclass, replace
from typing import Literal

from drivers.card_reader.ecr17.simulator.line import Disturbance

CARD_PHASE_LIMIT = 127.0  # seconds until a real reader gives up waiting for a card (ecr17.md 1.3)


@dataclass(frozen=True)
class Answer:
    """One payment as the reader and its host behave. Times in seconds, amounts in cents.

    `naks`: frames refused before one is taken. `acknowledgement`: "send", "none", or "wrong_check". `glued`: it leaves
    in one piece with the result. `charges`: the host takes the money. `saves`: `G` tells the result afterwards.
    `delivers`: the result is sent. `stan`: told instead of the real one. `closes`: the line breaks when the command
    was heard, when it was accepted, when the money was taken, or when the result was sent. `reboots`: after accepting,
    the reader is away for so long, then as long not configured. `disturbances`: what befalls the bytes on the line,
    both ways together, from the acknowledgement on.
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
    glued: bool = False
    seconds: float = 0.0
    shows_progress: bool = True
    copies: int = 1
    bad_checks: int = 0
    host_amount: int | None = None
    stan: str = ""
    exchange: bool = False
    length: int = 0
    chunk: int = 0
    noise: str = ""
    noise_times: int = 1
    receipt_ends: bool = True
    reboots: float = 0.0
    closes: Literal["never", "heard", "accepted", "charged", "delivered"] = "never"
    disturbances: tuple[Disturbance, ...] = ()

    def __post_init__(self) -> None:
        """Refuse noise that is no bytes. Raises ValueError."""
        bytes.fromhex(self.noise)


REFUSED = Answer(result="01", text="TRANSAZIONE RIFIUTATA", charges=False)
NOTHING = Answer(charges=False, saves=False, delivers=False)
LOST = Answer(delivers=False)
REBOOT_SECONDS = 20.0


def cut_at(at: int) -> Answer:
    """Return an approval during which the line breaks at a byte."""
    return Answer(disturbances=(Disturbance(at, "cut"),))


ANSWERS = {
    "approve": Answer(),
    "decline": REFUSED,
    "cancel": replace(REFUSED, text="TRANSAZIONE ANNULLATA"),
    "card_timeout": replace(REFUSED, text="CARD_SEARCH_TIMEOUT", seconds=CARD_PHASE_LIMIT, saves=False),
    "card_absent": replace(REFUSED, result="05", text="", saves=False),
    "silence": NOTHING,  # acknowledged, then nothing, and nothing was charged
    "silence_charged": LOST,  # acknowledged, charged, and the result never leaves
    "close_unheard": replace(NOTHING, closes="heard"),
    "close": replace(NOTHING, closes="accepted"),
    "close_charged": replace(LOST, closes="charged"),
    "close_after_result": Answer(closes="delivered"),
    "cut_before_ack": cut_at(0),
    "cut_in_ack": cut_at(2),
    "cut_after_progress": cut_at(3 + 22),
    "cut_in_result": cut_at(3 + 2 * 22 + 40),
    "flipped_ack": Answer(disturbances=(Disturbance(0, "flip", 0x40),)),
    "lost_etx": Answer(disturbances=(Disturbance(3 + 2 * 22 + 1 + 92, "lose"),)),
    "reboot": replace(NOTHING, closes="accepted", reboots=REBOOT_SECONDS),
    "reboot_charged": replace(LOST, closes="charged", reboots=REBOOT_SECONDS),
    "very_late": Answer(seconds=240.0, shows_progress=False),  # after the till's patience with silence
    "nak": Answer(naks=3),
    "nak_once": Answer(naks=1),
    "no_ack": replace(NOTHING, acknowledgement="none"),
    "no_ack_charged": replace(LOST, acknowledgement="none"),
    "no_ack_result": Answer(acknowledgement="none"),
    "wrong_ack": Answer(acknowledgement="wrong_check"),
    "late_ack": Answer(acknowledge_after=0.05),
    "result_first": Answer(result_first=True),
    "glued": Answer(glued=True, shows_progress=False),
    "no_stan": Answer(stan="000000"),
    "wrong_amount": Answer(host_amount=1),
    "unknown_code": Answer(result="77", charges=False),
    "bad_check": Answer(bad_checks=1),
    "bad_checks": Answer(bad_checks=9),
    "twice": Answer(copies=2),
    "split": Answer(chunk=1),
    "noise": Answer(noise="ff0041307a"),
    "flood": Answer(noise="02", noise_times=1_000_000, shows_progress=False),
    "endless_receipt": Answer(receipt_ends=False),
    "short": Answer(length=40),
    "exchange": Answer(exchange=True),
}
