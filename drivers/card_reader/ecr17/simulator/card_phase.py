"""The double between a money request and its result: card, host, ledger, and how the till is told."""

from functools import partial

from drivers.card_reader.ecr17.codec import Signal, encode_progress
from drivers.card_reader.ecr17.simulator import payloads
from drivers.card_reader.ecr17.simulator.agenda import Entry
from drivers.card_reader.ecr17.simulator.answers import ANSWERS, Answer
from drivers.card_reader.ecr17.simulator.host import Fields, Host
from drivers.card_reader.ecr17.simulator.memory import Memory
from drivers.card_reader.ecr17.simulator.outbox import Outbox
from drivers.card_reader.ecr17.simulator.paper import Paper
from drivers.card_reader.ecr17.simulator.script import Script

MONEY_CODES = frozenset("PXSpicAHQ")
REVERSALS = frozenset("SQ")
ADDITIONAL_SECONDS = 5.0  # until a reader gives up waiting for the announced U; no document says
NO_ADDITIONAL = ANSWERS["cancel"]
NOTHING_BACK = "00"  # the ISO field of a `U` that wants none in return


class CardPhase:
    """One money request at a time; each takes the next answer of the script. `away_until`: it is switched off."""

    def __init__(self, script: Script, memory: Memory, outbox: Outbox, paper: Paper) -> None:
        self.in_progress = False
        self.away_until = self.unconfigured_until = 0.0
        self._script = script
        self._traits = script.terminal
        self._memory = memory
        self._outbox = outbox
        self._paper = paper
        self._host = Host(script.terminal, memory)
        self._naks = 0
        self._code = ""
        self._fields: Fields = {}
        self._answer = Answer()
        self._waiting_for_data: Entry | None = None
        self._returned_data = ""

    # --- requests ---

    def take(self, code: str, fields: Fields, now: float) -> bool:
        """Begin, or refuse as the script wants; return whether it began."""
        answer = self._scripted(code)
        if self._naks < answer.naks:
            self._naks += 1
            self._outbox.control(Signal.NAK, now)
            return False
        self._naks = 0
        self._count(code)
        self._code, self._fields, self._answer = code, fields, answer
        self._returned_data = ""
        self._begin(now)
        return True

    def take_additional(self, fields: Fields, now: float) -> bool:
        """Take the data that the request announced; return whether any was awaited."""
        if self._waiting_for_data is None:
            self._outbox.control(Signal.NAK, now)
            return False
        self._waiting_for_data.cancelled = True
        self._waiting_for_data = None
        if fields["iso_field"] != NOTHING_BACK:
            self._returned_data = str(fields["contents"]).split("\x1b")[0]
        self._outbox.control(Signal.ACK, now)
        self._go_on(now)
        return True

    def repeat_earlier(self, now: float) -> None:
        """Deliver the result of a payment that was made before the till came."""
        fields: Fields = {"amount": self._traits.unacknowledged, "text": ""}
        self._outbox.deliver([self._host.settle("X", fields, Answer()).payload], now)

    def _scripted(self, code: str) -> Answer:
        memory, script = self._memory, self._script
        reversal = code in REVERSALS
        answers, taken = (script.reversals, memory.reversals) if reversal else (script.payments, memory.payments)
        return answers[taken] if taken < len(answers) else ANSWERS["approve"]

    def _count(self, code: str) -> None:
        self._memory.reversals += code in REVERSALS
        self._memory.payments += code not in REVERSALS

    # --- the phase ---

    def _begin(self, now: float) -> None:
        answer = self._answer
        self.in_progress = True
        self._outbox.behave(answer)
        self._outbox.line.arm(answer.disturbances)
        began = now + answer.acknowledge_after * self._traits.time_scale
        if answer.closes == "heard":
            self._outbox.break_line(began)
        if not answer.result_first:
            self._outbox.agenda.add(began, self._acknowledge)
        if answer.closes == "accepted":
            self._break(began)
        if self._fields.get("additional_data"):
            self._waiting_for_data = self._outbox.agenda.add(began + ADDITIONAL_SECONDS, self._without_data)
        else:
            self._go_on(began)

    def _go_on(self, began: float) -> None:
        answer, pace = self._answer, self._traits.pace
        shows = answer.shows_progress and answer.acknowledgement != "none"
        shown = self._traits.progress if shows else ()
        for number, text in enumerate(shown, 1):
            self._outbox.agenda.add(began + number * pace, partial(self._outbox.send, encode_progress(text)))
        seconds = answer.seconds * self._traits.time_scale
        self._outbox.agenda.add(began + seconds + (len(shown) + 1) * pace, self._conclude)

    def _without_data(self, now: float) -> None:
        self._waiting_for_data = None
        self._answer = NO_ADDITIONAL
        self._conclude(now)

    def _acknowledge(self, now: float) -> None:
        kind = self._answer.acknowledgement
        if self._answer.glued:
            self._outbox.glue(Signal.ACK)
        elif kind != "none":
            self._outbox.control(Signal.ACK, now, wrong_check=kind == "wrong_check")

    def _conclude(self, now: float) -> None:
        """The host has spoken: the ledger first, then what the till is told."""
        answer, self.in_progress = self._answer, False
        settled = self._host.settle(self._code, self._fields, answer)
        if answer.closes == "charged":
            self._break(now)
        if answer.delivers:
            self._outbox.behave(answer)
            self._outbox.deliver([settled.payload] * answer.copies + self._after(settled.receipt), now)
        if answer.closes == "delivered":
            self._break(now)
        if answer.result_first:
            self._acknowledge(now)
        if not answer.delivers:
            self._outbox.behave(Answer())

    def _after(self, receipt: str) -> list[bytes]:
        """Return what follows the result: the host's own data, where some were sent, and the receipt."""
        data = self._returned_data
        returned = [payloads.additional_payload(self._traits, data)] if data else []
        return returned + self._paper.payloads(receipt)

    def _break(self, now: float) -> None:
        self._outbox.break_line(now)
        if self._answer.reboots:
            self._outbox.drop()
            self.away_until = now + self._answer.reboots
            self.unconfigured_until = now + 2 * self._answer.reboots
