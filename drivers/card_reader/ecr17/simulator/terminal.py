"""The brain of the double: requests in, answers out at their time. No port, no clock; it keeps a ledger of money."""

from collections import Counter

from drivers.card_reader.ecr17.codec import (
    BadFrame,
    Control,
    Frame,
    FrameReader,
    LrcRule,
    Packet,
    Signal,
)
from drivers.card_reader.ecr17.layout import code_of, terminal_id_of
from drivers.card_reader.ecr17.messages import WILDCARD
from drivers.card_reader.ecr17.requests import REQUESTS
from drivers.card_reader.ecr17.simulator.card_phase import MONEY_CODES, CardPhase
from drivers.card_reader.ecr17.simulator.line import Line
from drivers.card_reader.ecr17.simulator.memory import Memory
from drivers.card_reader.ecr17.simulator.outbox import Outbox, Output
from drivers.card_reader.ecr17.simulator.paper import Paper
from drivers.card_reader.ecr17.simulator.script import QUESTION_CODES, Question, Script
from drivers.card_reader.ecr17.simulator.service import Service

CONTENT_END = b"\x1b"
CONTENTS = 4  # of one `U` at most, of 100 characters each
CONTENT_LENGTH = 100
XML_LENGTH = 1024
NOT_CONFIGURED = Question("s", "state", state="0")


class SimulatedTerminal:
    """One reader. `seen` lists the codes of the requests it took in, for a test to look at; `line` can be disturbed."""

    def __init__(
        self, script: Script | None = None, *, rule: LrcRule = LrcRule.FRAME, memory: Memory | None = None
    ) -> None:
        self.memory = memory or Memory()
        self.seen: list[str] = []
        self._script = script or Script()
        self._traits = self._script.terminal
        self._reader = FrameReader(rule, guard=_as_it_is)
        self._outbox = Outbox(
            rule, pace=self._traits.pace, repeat_after=self._traits.repeat_after * self._traits.time_scale
        )
        paper = Paper(self._traits)
        self._service = Service(self._traits, self.memory, self._outbox, paper)
        self._card_phase = CardPhase(self._script, self.memory, self._outbox, paper)
        self._asked_of = Counter[str]()
        self._is_on = False
        self.line.arm(self._script.disturbances)

    # --- the line ---

    @property
    def line(self) -> Line:
        """Return what every byte crosses, both ways."""
        return self._outbox.line

    @property
    def due(self) -> float | None:
        """Return when `emit` has something to do next, None when only a request can wake the double."""
        return self._outbox.agenda.due if self._is_on else 0.0

    @property
    def replug_after(self) -> float:
        """Return the seconds after which a line that broke is there again."""
        return self._traits.replug_after

    def receive(self, data: bytes, now: float) -> None:
        """Take bytes of the till."""
        for packet in self._reader.feed(self._outbox.hear(data)):
            self._on_packet(packet, now)

    def emit(self, now: float) -> list[Output]:
        """Return what has left by `now`."""
        self._switch_on(now)
        return self._outbox.emit(now)

    def line_lost(self) -> None:
        """The till is gone: a half-received request goes with it. What is to be sent stays to be sent."""
        self._reader.forget()

    def _switch_on(self, now: float) -> None:
        if not self._is_on and self._traits.unacknowledged and not self.memory.ledger:
            self._card_phase.repeat_earlier(now)
        self._is_on = True

    # --- packets of the till ---

    def _on_packet(self, packet: Packet, now: float) -> None:
        if now < self._card_phase.away_until:
            return
        match packet:
            case BadFrame():
                self._outbox.control(Signal.NAK, now)
            case Control(Signal.ACK):
                self._outbox.acknowledged(now)
            case Control(Signal.NAK):
                self._outbox.send_frame(now)
            case Frame(payload):
                self._on_request(payload, now)
            case _:
                pass

    def _on_request(self, payload: bytes, now: float) -> None:
        code = code_of(payload)
        question = self._question(code, now)
        behaviour = question.answer if question else ""
        if behaviour == "mute":
            return
        if behaviour == "nak" or self._is_busy(code) or not self._understands(payload):
            self._outbox.control(Signal.NAK, now)
        elif self._take(code, payload, question, now):
            self.seen.append(code)

    def _take(self, code: str, payload: bytes, question: Question | None, now: float) -> bool:
        fields = REQUESTS[code].decode(payload)
        if code in MONEY_CODES:
            return self._card_phase.take(code, fields, now)
        if code == "U":
            return self._card_phase.take_additional(fields, now)
        self._service.answer(code, fields, question, now)
        return True

    def _question(self, code: str, now: float) -> Question | None:
        """Return what the script wants to go wrong with this request."""
        self._asked_of[code] += 1
        for question in self._script.questions:
            if question.code == code and question.strikes(self._asked_of[code]):
                return question
        return NOT_CONFIGURED if code == "s" and now < self._card_phase.unconfigured_until else None

    def _is_busy(self, code: str) -> bool:
        talks = code == "U" or (self._traits.talks_in_card_phase and code in QUESTION_CODES)
        return (self._card_phase.in_progress and not talks) or self._outbox.waits_for_acknowledgement

    def _understands(self, payload: bytes) -> bool:
        code, named = code_of(payload), terminal_id_of(payload)
        right_id = named in (WILDCARD, self._traits.terminal_id) or not self._traits.checks_terminal_id
        known = code in MONEY_CODES or code == "U" or self._service.knows(code)
        return known and right_id and _has_its_length(code, payload)


def _has_its_length(code: str, payload: bytes) -> bool:
    """Whether a request is as long as its code wants; only `U` and `K` may vary (ecr17.md 2.1, 2.6)."""
    fixed = REQUESTS[code].length
    rest = payload[fixed:]
    if code == "U":
        contents = rest.split(CONTENT_END)
        return contents[-1] == b"" and 1 < len(contents) <= CONTENTS + 1 and max(map(len, contents)) <= CONTENT_LENGTH
    if code == "K":
        return len(rest) <= XML_LENGTH and REQUESTS[code].decode(payload)["xml_length"] == len(rest)
    return not rest and len(payload) == fixed


def _as_it_is(payload: bytes) -> bytes:
    """Requests carry no card number to mask, and another message has other positions."""
    return payload
