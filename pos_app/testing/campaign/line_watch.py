"""Who sees the bytes between till and reader: what is asked, what is told, and what was written down in between."""

from drivers.card_reader.ecr17.codec import Frame, FrameReader, Signal, encode_control
from drivers.card_reader.ecr17.judgement import fingerprint
from drivers.card_reader.ecr17.layout import code_of
from drivers.card_reader.ecr17.messages import CARD_RESULTS, card_result
from drivers.card_reader.ecr17.requests import REQUESTS
from pos_app.domain import events as e
from pos_app.domain.states import State
from pos_app.testing.campaign.witness import Witness

KEY = b"k" * 32
_CHARGES = ("X", "P")
_NAK = encode_control(Signal.NAK)


class LineWatch:
    """Tells `witness` what is wrong with what one process says and hears."""

    def __init__(self, witness: Witness) -> None:
        self._witness = witness
        self._line = FrameReader()
        self._asked = ""
        self._unheard: str | None = None

    def new_process(self) -> None:
        """What the last process had read and not yet written down is gone with it, as it may be."""
        self._unheard = None
        self._line = FrameReader()

    def reads(self, data: bytes) -> None:
        """Bytes came out of the line."""
        for packet in self._line.feed(data):
            if isinstance(packet, Frame) and code_of(packet.payload) in CARD_RESULTS:
                self._hears(packet.payload)

    def writes(self, data: bytes) -> None:
        """Bytes are leaving for the reader: what it told before must be written down by now (rule 9)."""
        if data == _NAK:
            return
        if self._unheard is not None and self._unheard not in self._witness.known_cards:
            rule = "9 a result is durable before the reader hears of it"
            self._witness.breach("lost", rule, f"after {self._asked}")
        self._unheard = None
        if len(data) > len(_NAK):
            self._asks(data[1:-2])

    def reader_took(self) -> None:
        """Look what the reader took in: never more than was journaled (rule 1)."""
        taken = self._witness.reader.taken_in()
        charges, reversals = taken.count("X") + taken.count("P"), taken.count("S")
        if charges > self._happened(e.ChargeStarted):
            self._witness.breach("double", "1 one card command for a ChargeStarted", f"{charges} were taken in")
        if reversals > self._happened(e.ReversalStarted):
            self._witness.breach("double", "1 one reversal for a ReversalStarted", f"{reversals} were taken in")

    def _hears(self, payload: bytes) -> None:
        result = card_result(payload)
        if self._witness.trace is not None:
            self._witness.tell("reader", f"<- result {result.result if result else '?'} (asked {self._asked})")
        if result is not None and result.approved and self._asked != "G":
            self._unheard = fingerprint(payload, KEY)

    def _asks(self, payload: bytes) -> None:
        self._asked = code_of(payload)
        self._witness.tell("reader", f"-> {self._asked}")
        if self._asked in _CHARGES:
            self._charges(payload)

    def _charges(self, payload: bytes) -> None:
        """Rule 2 and invariant 13: what is asked for is what the one charge that is under way was journaled with."""
        amount = REQUESTS[self._asked].decode(payload)["amount"]
        begun = [payment.total for payment in self._witness.payments.values() if payment.state is State.CHARGING]
        if begun != [amount]:
            rule = "13 the card is asked for what was journaled"
            self._witness.breach("double", rule, f"{amount} asked, {begun} begun")

    def _happened(self, kind: type[e.Event]) -> int:
        return sum(isinstance(event, kind) for events in self._witness.events.values() for event in events)
