"""The brain of the double: requests in, answers out at their time. No port, no clock; it keeps a ledger of money."""

from collections import Counter
from collections.abc import Callable
from functools import partial

from drivers.card_reader.ecr17.codec import (
    BadFrame,
    Control,
    Frame,
    FrameReader,
    LrcRule,
    Packet,
    Signal,
    encode_progress,
)
from drivers.card_reader.ecr17.layout import code_of, terminal_id_of
from drivers.card_reader.ecr17.messages import WILDCARD
from drivers.card_reader.ecr17.requests import REQUESTS
from drivers.card_reader.ecr17.simulator import payloads
from drivers.card_reader.ecr17.simulator.answers import ANSWERS, Answer
from drivers.card_reader.ecr17.simulator.host import Fields, Host
from drivers.card_reader.ecr17.simulator.memory import Memory
from drivers.card_reader.ecr17.simulator.outbox import Outbox, Output
from drivers.card_reader.ecr17.simulator.script import Script


class SimulatedTerminal:
    """One reader. `seen` lists the codes of the requests it took in, for a test to look at."""

    def __init__(
        self, script: Script | None = None, *, rule: LrcRule = LrcRule.FRAME, memory: Memory | None = None
    ) -> None:
        self.memory = memory or Memory()
        self.seen: list[str] = []
        self._script = script or Script()
        self._traits = self._script.terminal
        self._reader = FrameReader(rule, guard=_as_it_is)
        self._outbox = Outbox(rule, pace=self._traits.pace, repeat_after=self._traits.repeat_after)
        self._host = Host(self._traits, self.memory)
        self._in_card_phase = False
        self._prints_on_ecr = False
        self._naks = 0
        self._asked_of = Counter[str]()
        self._handlers: dict[str, Callable[[Fields, float], None]] = {
            "s": self._on_status,
            "P": partial(self._on_money, "P"),
            "X": partial(self._on_money, "X"),
            "S": partial(self._on_money, "S"),
            "T": self._on_totals,
            "C": self._on_close,
            "G": self._on_last_result,
            "E": self._on_print_switch,
            "R": self._on_reprint,
        }

    # --- the line ---

    @property
    def due(self) -> float | None:
        """Return when `emit` has something to do next, None when only a request can wake the double."""
        return self._outbox.agenda.due

    @property
    def replug_after(self) -> float:
        """Return the seconds after which a line that broke is there again."""
        return self._traits.replug_after

    def receive(self, data: bytes, now: float) -> None:
        """Take bytes of the till."""
        for packet in self._reader.feed(data):
            self._on_packet(packet, now)

    def emit(self, now: float) -> list[Output]:
        """Return what has left by `now`."""
        return self._outbox.emit(now)

    def line_lost(self) -> None:
        """The till is gone: a half-received request goes with it. What is to be sent stays to be sent."""
        self._reader.forget()

    # --- packets of the till ---

    def _on_packet(self, packet: Packet, now: float) -> None:
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
        behaviour = self._behaviour(code)
        if behaviour == "mute":
            return
        if behaviour == "nak" or self._is_busy() or not self._understands(payload):
            self._outbox.control(Signal.NAK, now)
            return
        self.seen.append(code)
        self._handlers[code](REQUESTS[code].decode(payload), now)

    def _behaviour(self, code: str) -> str:
        self._asked_of[code] += 1
        for question in self._script.questions:
            if question.code == code and (not question.times or self._asked_of[code] <= question.times):
                return question.answer
        return "well"

    def _is_busy(self) -> bool:
        return self._in_card_phase or self._outbox.waits_for_acknowledgement

    def _understands(self, payload: bytes) -> bool:
        code, named = code_of(payload), terminal_id_of(payload)
        right_id = named in (WILDCARD, self._traits.terminal_id) or not self._traits.checks_terminal_id
        return code in self._handlers and right_id and len(payload) == REQUESTS[code].length

    # --- requests that move no money ---

    def _on_status(self, _fields: Fields, now: float) -> None:
        self._reply(payloads.status_payload(self._traits), now)

    def _on_totals(self, _fields: Fields, now: float) -> None:
        total = self.memory.total
        self._reply(payloads.totals_payload(self._traits, total), now, payloads.totals_text(self._traits, total))

    def _on_close(self, _fields: Fields, now: float) -> None:
        total, self.memory.total = self.memory.total, 0
        self.memory.save()
        self._reply(payloads.closed_payload(self._traits, total), now, payloads.totals_text(self._traits, total))

    def _on_last_result(self, _fields: Fields, now: float) -> None:
        if self.memory.last_result is None:
            self._outbox.control(Signal.NAK, now)
        else:
            self._reply(self.memory.last_result.encode("ascii"), now)

    def _on_print_switch(self, fields: Fields, now: float) -> None:
        self._prints_on_ecr = fields["print_on_ecr"] != "0"
        self._outbox.control(Signal.ACK, now)

    def _on_reprint(self, fields: Fields, now: float) -> None:
        self._outbox.control(Signal.ACK, now)
        if fields["to_ecr"]:
            self._outbox.deliver(payloads.receipt_payloads(self._traits, self.memory.last_receipt), now)

    def _reply(self, payload: bytes, now: float, receipt: str = "") -> None:
        self._outbox.control(Signal.ACK, now)
        self._outbox.deliver([payload, *self._receipt(receipt)], now + self._traits.pace)

    # --- payments and reversals ---

    def _on_money(self, code: str, fields: Fields, now: float) -> None:
        answer = self._scripted(code)
        if self._naks < answer.naks:
            self._naks += 1
            self.seen.pop()
            self._outbox.control(Signal.NAK, now)
            return
        self._naks = 0
        self._count(code)
        self._begin_card_phase(code, fields, answer, now)

    def _scripted(self, code: str) -> Answer:
        memory, script = self.memory, self._script
        answers, taken = (script.reversals, memory.reversals) if code == "S" else (script.payments, memory.payments)
        return answers[taken] if taken < len(answers) else ANSWERS["approve"]

    def _count(self, code: str) -> None:
        self.memory.reversals += code == "S"
        self.memory.payments += code != "S"

    def _begin_card_phase(self, code: str, fields: Fields, answer: Answer, now: float) -> None:
        self._in_card_phase = True
        self._outbox.behave(answer)
        began = now + answer.acknowledge_after
        if not answer.result_first:
            self._outbox.agenda.add(began, self._acknowledge)
        if answer.closes == "accepted":
            self._outbox.break_line(began)
        shown = self._traits.progress if answer.shows_progress and answer.acknowledgement != "none" else ()
        for number, text in enumerate(shown, 1):
            self._outbox.agenda.add(
                began + number * self._traits.pace, partial(self._outbox.send, encode_progress(text))
            )
        ends = began + answer.seconds + (len(shown) + 1) * self._traits.pace
        self._outbox.agenda.add(ends, partial(self._conclude, code, fields))

    def _acknowledge(self, now: float) -> None:
        kind = self._outbox.manner.acknowledgement
        if kind != "none":
            self._outbox.control(Signal.ACK, now, wrong_check=kind == "wrong_check")

    def _conclude(self, code: str, fields: Fields, now: float) -> None:
        """The host has spoken: the ledger first, then what the till is told."""
        answer, self._in_card_phase = self._outbox.manner, False
        settled = self._host.settle(code, fields, answer)
        receipt = self._receipt(settled.receipt)
        if answer.closes == "charged":
            self._outbox.break_line(now)
        if answer.delivers:
            self._outbox.deliver([settled.payload] * answer.copies + receipt, now)
        if answer.closes == "delivered":
            self._outbox.break_line(now)
        if answer.result_first:
            self._acknowledge(now)
        if not answer.delivers:
            self._outbox.behave(Answer())

    def _receipt(self, text: str) -> list[bytes]:
        """Return what is printed on the till, if it asked for it: that holds for one procedure (ecr17.md 2.7)."""
        if not text or not self._prints_on_ecr:
            return []
        self._prints_on_ecr = False
        return payloads.receipt_payloads(self._traits, text)


def _as_it_is(payload: bytes) -> bytes:
    """Requests carry no card number to mask, and another message has other positions."""
    return payload
