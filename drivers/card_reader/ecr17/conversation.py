"""A session carried over a line: the only place of this driver that waits, writes and opens (ecr17.md 1.5, 1.6)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from drivers.card_reader.ecr17.session import Session
from drivers.card_reader.ecr17.steps import (
    Answer,
    Command,
    Ended,
    Ending,
    LateResult,
    ReceiptPiece,
    Send,
    Shown,
    Step,
)
from drivers.contracts import Tick
from drivers.errors import DeviceError, DeviceUnanswered
from drivers.link import Link

TICK_SECONDS = 0.5  # half of what the watchdog allows
WRITE_SECONDS = 1.0  # a frame fits in every buffer: longer means blocked
REST_SECONDS = 0.3  # for the rest of a packet that has begun before we spoke
DRAIN_READS = 64  # a line that never falls silent must not keep us for ever

Handler = Callable[[bytes], None]


def leave(_payload: bytes) -> None:
    """Do nothing with an answer but keep it in what was spoken."""


def never() -> bool:
    """Go on until the time is over."""
    return False


@dataclass
class Spoken:
    """What one command brought: how it ended, the answer if one came, and the reader's own receipt as raw text."""

    ending: Ending = Ending.NO_ANSWER
    payload: bytes | None = field(default=None, repr=False)
    receipt: str = field(default="", repr=False)


class Conversation:
    """One reader's line and session. The line is opened when it is needed, and by its name again after a failure.

    `on_late` gets a result that no command asked for; it is acknowledged when that returns. `on_shown` gets what the
    reader's display says; it must not raise, for a payment is under way. `heard_at` is when the
    reader last showed by itself that something is going on, None as long as nothing is known.
    """

    def __init__(
        self,
        session: Session,
        connect: Callable[[], Link],
        *,
        monotonic: Callable[[], float],
        on_late: Handler,
        on_shown: Callable[[str], None],
    ) -> None:
        self.on_late = on_late
        self._on_shown = on_shown
        self.heard_at: float | None = None
        self._session = session
        self._connect = connect
        self._monotonic = monotonic
        self._link: Link | None = None

    def run(self, command: Command, *, timeout: float, tick: Tick, on_answer: Handler = leave) -> Spoken:
        """Send a command and wait for its end, at most `timeout` seconds.

        A line lost on the way is an ending. Raises DeviceAbsent or DeviceUnanswered when there is no line to be had:
        then the command was not sent. Before a money command the caller calls `prepare` and looks what came.
        What `on_answer` or `on_late` raise passes through, and the result stays unacknowledged.
        """
        spoken = Spoken()
        if not command.money:
            self.prepare(tick)
        try:
            self._exchange(command, spoken, on_answer, tick, self._monotonic() + timeout)
        except DeviceError:
            self.close()
        finally:
            self._take(self._session.abandon(), spoken, on_answer)
        return spoken

    def listen(self, *, timeout: float, tick: Tick, enough: Callable[[], bool] = never) -> None:
        """Take what comes for `timeout` seconds, or until `enough`. Raises DeviceAbsent or DeviceUnanswered."""
        deadline, nobody_asked = self._monotonic() + timeout, Spoken()
        self.prepare(tick)
        try:
            while not enough() and (left := deadline - self._monotonic()) > 0:
                self._hear(min(left, TICK_SECONDS), nobody_asked, leave)
                tick()
        except DeviceError:
            self.close()
            raise

    def prepare(self, tick: Tick) -> None:
        """Have a line that is alive and drained; one that went away since the last command is opened anew.

        Raises DeviceAbsent or DeviceUnanswered.
        """
        fresh = self._link is None
        try:
            self._drain(tick)
        except DeviceUnanswered:
            self.close()
            if fresh:
                raise
            self._drain(tick)

    def settle(self, payload: bytes) -> None:
        """Know that a result, found by asking, was made durable."""
        self._session.settle(payload)

    def close(self) -> None:
        """Let go of the line; it opens again when it is needed."""
        link, self._link = self._link, None
        if link is not None:
            link.close()
            self._session.forget_line()

    # --- the line ---

    def _open_link(self) -> Link:
        if self._link is None:
            self._link = self._connect()
        return self._link

    def _drain(self, tick: Tick) -> None:
        """Read what already waits: a late result may be there, so nothing is ever flushed."""
        for _ in range(DRAIN_READS):
            wait = REST_SECONDS if self._session.inside_packet else 0.0
            if not self._hear(wait, Spoken(), leave):
                return
            tick()

    def _hear(self, wait: float, spoken: Spoken, on_answer: Handler) -> bool:
        data = (self._link or self._open_link()).read(timeout=wait)
        if data:
            if not self._session.harmless:
                self._mark()
            self._take(self._session.receive(data, self._monotonic()), spoken, on_answer)
        return bool(data)

    def _mark(self) -> None:
        self.heard_at = self._monotonic()

    # --- the session ---

    def _exchange(self, command: Command, spoken: Spoken, on_answer: Handler, tick: Tick, deadline: float) -> None:
        if command.money:
            self._mark()
        self._take(self._session.begin(command, self._monotonic()), spoken, on_answer)
        while self._session.busy and (left := deadline - self._monotonic()) > 0:
            until_due = self._session.due - self._monotonic()
            self._hear(max(0.0, min(left, until_due, TICK_SECONDS)), spoken, on_answer)
            if (now := self._monotonic()) >= self._session.due:
                self._take(self._session.expire(now), spoken, on_answer)
            tick()

    def _take(self, steps: Iterator[Step], spoken: Spoken, on_answer: Handler) -> None:
        for step in steps:
            match step:
                case Send(data):
                    self._open_link().write(data, timeout=WRITE_SECONDS)
                case Answer(payload):
                    spoken.payload = payload
                    on_answer(payload)
                case LateResult(payload):
                    self._mark()
                    self.on_late(payload)
                case ReceiptPiece(text):
                    spoken.receipt += text
                case Ended(ending):
                    spoken.ending = ending
                case Shown(text):
                    self._mark()
                    self._on_shown(text)
