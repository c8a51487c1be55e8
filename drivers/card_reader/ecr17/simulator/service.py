"""What the double answers without touching money: status, totals, last result, receipts, parameters, VAS."""

from collections.abc import Callable

from drivers.card_reader.ecr17.codec import Signal
from drivers.card_reader.ecr17.simulator import payloads
from drivers.card_reader.ecr17.simulator.host import Fields
from drivers.card_reader.ecr17.simulator.memory import Memory
from drivers.card_reader.ecr17.simulator.outbox import Outbox
from drivers.card_reader.ecr17.simulator.paper import Paper, totals_text
from drivers.card_reader.ecr17.simulator.script import Question, Traits


class Service:
    """Answers one request at a time. A `Question` says what is wrong with the answer, if anything is."""

    def __init__(self, traits: Traits, memory: Memory, outbox: Outbox, paper: Paper) -> None:
        self._traits = traits
        self._memory = memory
        self._outbox = outbox
        self._paper = paper
        self._answers: dict[str, Callable[[Fields, Question | None, float], None]] = {
            "s": self._status,
            "t": self._status,
            "T": self._totals,
            "C": self._close,
            "G": self._last_result,
            "E": self._print_switch,
            "R": self._reprint,
            "K": self._vas,
            "D": self._parameters,
        }

    def knows(self, code: str) -> bool:
        """Whether requests of this code are answered here."""
        return code in self._answers

    def answer(self, code: str, fields: Fields, question: Question | None, now: float) -> None:
        """Acknowledge and answer a request."""
        self._answers[code]({**fields, "code": code}, question, now)

    def _status(self, fields: Fields, question: Question | None, now: float) -> None:
        state = question.state if question else self._traits.state
        tell = payloads.status_payload if fields["code"] == "s" else payloads.extended_status_payload
        self._reply([tell(self._traits, state)], now)

    def _totals(self, _fields: Fields, _question: Question | None, now: float) -> None:
        total = self._memory.total
        self._reply([payloads.totals_payload(self._traits, total)], now, totals_text(self._traits, total))

    def _close(self, _fields: Fields, _question: Question | None, now: float) -> None:
        total, self._memory.total = self._memory.total, 0
        self._memory.save()
        self._reply([payloads.closed_payload(self._traits, total)], now, totals_text(self._traits, total))

    def _last_result(self, _fields: Fields, question: Question | None, now: float) -> None:
        last = self._memory.result_before if question else self._memory.last_result
        if last is None:
            self._outbox.control(Signal.NAK, now)
        else:
            self._reply([last.encode("ascii")], now)

    def _print_switch(self, fields: Fields, _question: Question | None, now: float) -> None:
        self._paper.goes_to_till = fields["print_on_ecr"] != "0"
        self._outbox.control(Signal.ACK, now)

    def _reprint(self, fields: Fields, _question: Question | None, now: float) -> None:
        self._outbox.control(Signal.ACK, now)
        if fields["to_ecr"]:
            self._outbox.deliver(self._paper.copy(self._memory.last_receipt), now)

    def _vas(self, _fields: Fields, _question: Question | None, now: float) -> None:
        self._reply(payloads.vas_payloads(self._traits), now)

    def _parameters(self, _fields: Fields, _question: Question | None, now: float) -> None:
        stan = self._memory.next_stan()
        self._memory.save()
        self._reply([payloads.parameters_payload(self._traits, stan, f"{self._memory.online:06}")], now)

    def _reply(self, answer: list[bytes], now: float, receipt: str = "") -> None:
        self._outbox.control(Signal.ACK, now)
        self._outbox.deliver([*answer, *self._paper.payloads(receipt)], now + self._traits.pace)
