"""What the terminal asks of its devices, and the values that cross that boundary.

Amounts are integer cents, durations are seconds, text is text: nothing here knows pagoPA.
"""

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

# A driver calls its tick at least once a second while it waits; the loop feeds the watchdog there.
Tick = Callable[[], None]


# --- scanner -----------------------------------------------------------------------------------


class Symbology(enum.StrEnum):
    """How a code was printed, or that it was typed."""

    QR_CODE = "qr_code"
    DATA_MATRIX = "data_matrix"
    OTHER = "other"
    TYPED = "typed"


@dataclass(frozen=True)
class ScannedCode:
    """One code as read: its bytes as text (bytes that are not UTF-8 appear escaped) and its kind."""

    text: str
    symbology: Symbology


class NoticeScanner(Protocol):
    """Whatever reads codes: picture files, a camera, a hand scanner."""

    def scan(self, *, timeout: float, tick: Tick) -> Sequence[ScannedCode]:
        """All different codes in view, nearest to the aim first; empty when none came in `timeout` seconds.

        Raises DeviceAbsent when the source cannot be opened.
        """
        ...


# --- card reader -------------------------------------------------------------------------------


class CardType(enum.StrEnum):
    """The card's family as the reader names it (ecr17.md 2.3, position 48)."""

    BANCOMAT = "bancomat"
    CREDIT = "credit"
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class ReaderStatus:
    """The reader's answer to a status request; `simulated` when it presents itself as a double."""

    ready: bool
    description: str
    terminal_id: str
    release: str = ""
    simulated: bool = False


@dataclass(frozen=True)
class CardTransaction:
    """One result as the reader tells it. Of the card number only the last four digits ever get here.

    `fingerprint` is a keyed hash of the whole result: equal for equal results, and nothing can be read from it.
    `amount` is what the host authorised, in cents, None where the reader does not say (command P).
    """

    result_code: str
    approved: bool
    fingerprint: str
    terminal_id: str
    amount: int | None = None
    card_last4: str = ""
    card_type: CardType = CardType.UNKNOWN
    entry_mode: str = ""
    authorisation_code: str = ""
    stan: str = ""
    online_id: str = ""
    acquirer_id: str = ""
    action_code: str = ""
    host_time: str = ""
    message: str = ""


class ChargeVerdict(enum.StrEnum):
    """What may be concluded about one charge (ecr17.md 3.2 and 3.3)."""

    APPROVED = "approved"
    DECLINED = "declined"  # the reader said so: not paid
    NOT_STARTED = "not_started"  # the command was never accepted
    NOT_CHARGED = "not_charged"  # proven afterwards, by last result and totals
    OTHER_AMOUNT = "other_amount"  # approved, but for another amount
    UNCERTAIN = "uncertain"  # nothing may be concluded


@dataclass(frozen=True)
class ChargeAnswer:
    """A verdict with its evidence; `receipt` is the reader's own text, line by line, where it was sent."""

    verdict: ChargeVerdict
    reason: str
    transaction: CardTransaction | None = None
    receipt: tuple[str, ...] = ()


@dataclass(frozen=True)
class Baseline:
    """What the reader remembered before a charge: the reference that a verdict is measured against.

    `last_result` is the fingerprint of its last saved result, "" when it has saved none yet, None when this reader
    does not offer it. `totals` are its totals in cents, None when it does not offer them.
    """

    terminal_id: str
    last_result: str | None
    stan: str = ""
    totals: int | None = None


class ReversalVerdict(enum.StrEnum):
    """What may be concluded about one reversal."""

    APPROVED = "approved"
    REFUSED = "refused"
    NOT_STARTED = "not_started"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True)
class ReversalAnswer:
    """A reversal's verdict with its evidence."""

    verdict: ReversalVerdict
    reason: str
    transaction: CardTransaction | None = None
    receipt: tuple[str, ...] = ()


class CardReader(Protocol):
    """A card reader that takes one charge at a time.

    `on_late` is called with any result that arrives outside a command (at open, between commands): it makes it
    durable; only when it has returned is the reader acknowledged. The terminal sets it once, before the first command.

    `on_progress` may be set too: it gets the texts of the reader's display while a command waits (twenty characters,
    any number of them, repeated or none). They are to be shown and never to be concluded from. It must not raise.
    """

    on_late: Callable[[CardTransaction], None]
    on_progress: Callable[[str], None]

    def status(self, *, timeout: float, tick: Tick) -> ReaderStatus:
        """Whether it is idle and able to charge. Raises DeviceAbsent, DeviceRefused or DeviceUnanswered."""
        ...

    def baseline(self, *, timeout: float, tick: Tick) -> Baseline:
        """Last result and totals, as far as this reader offers them. Raises as `status` does."""
        ...

    def pay(
        self,
        amount: int,
        *,
        reference: str,
        timeout: float,
        tick: Tick,
        on_result: Callable[[ChargeAnswer], None],
    ) -> ChargeAnswer:
        """Charge `amount` cents, once. Never raises a DeviceError: what went wrong is in the verdict.

        `on_result` gets the answer as soon as it is known and makes it durable; the reader's result is acknowledged
        only after `on_result` returned. It is called exactly once, also for UNCERTAIN and NOT_STARTED. What is
        returned is the same answer with the receipt's lines joined to it. `reference` is printed at the end of the
        reader's own slip. Raises ValueError for an amount outside 1..99 999 999.
        """
        ...

    def resolve(
        self,
        amount: int,
        baseline: Baseline | None,
        *,
        timeout: float,
        tick: Tick,
        on_result: Callable[[ChargeAnswer], None],
    ) -> ChargeAnswer:
        """Find out what became of an uncertain charge: listen, re-open, status until idle, last result, totals.

        At most `timeout` seconds. `on_result` as in `pay`. UNCERTAIN when nothing can be proven yet; it may be
        called again. Never sends a money command. Never raises a DeviceError.
        """
        ...

    def reverse(
        self,
        stan: str,
        *,
        timeout: float,
        tick: Tick,
        on_result: Callable[[ReversalAnswer], None],
    ) -> ReversalAnswer:
        """Reverse the last transaction if its STAN is `stan`; the same card is asked for again. Once."""
        ...

    def listen(self, *, timeout: float, tick: Tick) -> None:
        """Read what waits on the line for at most `timeout` seconds; results go to `on_late`.

        Never raises a DeviceError: a reader that is not there has nothing waiting. What `on_late` raises passes.
        """
        ...

    def close(self) -> None:
        """Let go of the line. May be called twice."""
        ...


# --- printer -----------------------------------------------------------------------------------


class Align(enum.StrEnum):
    """Where a text stands on its line."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


@dataclass(frozen=True)
class Text:
    """A paragraph; wrapped, never cut."""

    text: str
    align: Align = Align.LEFT
    bold: bool = False
    tall: bool = False


@dataclass(frozen=True)
class Row:
    """Label left and value right where they fit on one line, else the value on lines of its own."""

    label: str
    value: str
    bold: bool = False
    tall: bool = False


@dataclass(frozen=True)
class Rule:
    """A line across the paper."""

    heavy: bool = False


@dataclass(frozen=True)
class QrCode:
    """A QR code of `data`, centred."""

    data: str


@dataclass(frozen=True)
class ReaderLines:
    """The card reader's own receipt lines, printed as they are (24 columns, centred on wider paper)."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Logo:
    """The logo that was stored in the printer's memory, centred; nothing on a printer without one."""


@dataclass(frozen=True)
class Cut:
    """End of one piece of paper."""


Block = Text | Row | Rule | QrCode | ReaderLines | Logo | Cut


@dataclass(frozen=True)
class Document:
    """What is to stand on paper, before anyone decided how wide the paper is."""

    name: str
    blocks: tuple[Block, ...] = field(default=())


@dataclass(frozen=True)
class PrinterStatus:
    """`ready`: it can print now; `paper_low`: warn, still ready. `description` says in words what is wrong."""

    ready: bool
    description: str
    paper_low: bool = False
    proven: bool = True  # False: it did not answer, so `ready` is only assumed


class PrintState(enum.StrEnum):
    """What is known about a copy (printing.md 4)."""

    PRINTED = "printed"  # proven
    PARTIAL = "partial"  # stopped in the middle, and the rest will not come
    UNKNOWN = "unknown"  # sent, nothing proven; the rest may still come
    NOT_STARTED = "not_started"  # no byte left


@dataclass(frozen=True)
class Proof:
    """How a print ended. `method` names the proof (process_id, gs_r, asb, none)."""

    state: PrintState
    method: str
    reason: str = ""


class ReceiptPrinter(Protocol):
    """A receipt printer that can say whether it printed."""

    def status(self, *, timeout: float) -> PrinterStatus:
        """Preflight. Raises DeviceAbsent when it cannot be opened; silence is `proven=False`, never "paper ok"."""
        ...

    def render(self, document: Document) -> bytes:
        """The exact bytes for this printer. No I/O."""
        ...

    def print(self, data: bytes, *, timeout: float, tick: Tick) -> Proof:
        """Send bytes and wait for the strongest proof this printer gives. Never raises a DeviceError."""
        ...

    def close(self) -> None:
        """Let go of the line. May be called twice."""
        ...
