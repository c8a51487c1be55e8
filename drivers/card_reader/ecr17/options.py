"""How one ECR17 reader is reached and spoken to: the `[card_reader]` table of a hardware profile."""

from dataclasses import dataclass
from typing import Literal

from drivers.card_reader.ecr17.codec import LrcRule
from drivers.card_reader.ecr17.messages import WILDCARD
from drivers.card_reader.ecr17.steps import Limits
from drivers.link import LineSettings

ID_LENGTH = 8
LrcName = Literal["frame", "payload", "payload_etx", "stx_payload"]


@dataclass(frozen=True)
class Ecr17Options:
    """Line settings as pyserial names them, the reader's own settings, and every waiting time in seconds.

    The times' reasons stand in ecr17.md 1.3: a card that nobody presents is answered after 127 s. Raises ValueError
    for a value that cannot be.
    """

    port: str
    baudrate: int = 9600
    bytesize: Literal[7, 8] = 8
    parity: Literal["N", "E", "O"] = "N"
    stopbits: Literal[1, 2] = 1
    rtscts: bool = False
    xonxoff: bool = False
    dtr: bool = True
    rts: bool = True
    terminal_id: str = WILDCARD
    cash_register_id: str = "00000001"
    lrc: LrcName = "frame"
    extended_result: bool = True
    print_on: Literal["ecr", "terminal"] = "ecr"
    baseline: Literal["g+t", "g", "none"] = "g+t"
    connect_seconds: float = 1.0  # blocking; a local network answers in milliseconds
    acknowledgement_seconds: float = 3.0
    status_seconds: float = 5.0
    answer_seconds: float = 15.0
    silence_seconds: float = 180.0
    payment_seconds: float = 300.0
    receipt_seconds: float = 3.0
    nak_pause_seconds: float = 2.0
    quiet_seconds: float = 180.0
    poll_seconds: float = 5.0

    def __post_init__(self) -> None:
        """Refuse what no reader can be set to."""
        for name in ("terminal_id", "cash_register_id"):
            value = getattr(self, name)
            if not (value.isascii() and value.isdigit() and len(value) <= ID_LENGTH):
                raise ValueError(f"{name} must be 1 to {ID_LENGTH} digits, not {value!r}")
        for name, value in vars(self).items():
            if name.endswith("_seconds") and value < 0:
                raise ValueError(f"{name} must not be negative, not {value!r}")

    @property
    def line(self) -> LineSettings:
        """Return what the link needs."""
        return LineSettings(
            self.port, self.baudrate, self.bytesize, self.parity, self.stopbits, self.rtscts, self.xonxoff, self.dtr,
            self.rts,
        )  # fmt: skip

    @property
    def rule(self) -> LrcRule:
        """Return the check rule."""
        return LrcRule(self.lrc)

    def question_limits(self, seconds: float, receipt: float) -> Limits:
        """Return the limits of a request that moves no money and is answered within `seconds`."""
        whole = 3 * (self.acknowledgement_seconds + seconds) + receipt
        return Limits(self.acknowledgement_seconds, seconds, whole, receipt)

    def money_limits(self, timeout: float) -> Limits:
        """Return the limits of a payment that may take `timeout` seconds at most."""
        receipt = self.receipt_seconds if self.print_on == "ecr" else 0.0
        whole = min(self.payment_seconds, timeout)
        return Limits(self.acknowledgement_seconds, self.silence_seconds, whole, receipt, self.nak_pause_seconds)
