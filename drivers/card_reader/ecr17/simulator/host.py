"""The bank behind the double: takes and gives back money, and writes what the till is told. Keeps the ledger."""

from dataclasses import dataclass, field, replace

from drivers.card_reader.ecr17.layout import Value
from drivers.card_reader.ecr17.messages import NO_STAN
from drivers.card_reader.ecr17.simulator import payloads
from drivers.card_reader.ecr17.simulator.answers import ANSWERS, Answer
from drivers.card_reader.ecr17.simulator.memory import Charge, Memory
from drivers.card_reader.ecr17.simulator.script import Traits

Fields = dict[str, Value]
IMPOSSIBLE = replace(ANSWERS["decline"], text="STORNO NON POSSIBILE")


@dataclass(frozen=True)
class Settled:
    """A result as the till will be told it, and its receipt's text."""

    payload: bytes = field(repr=False)
    receipt: str = field(repr=False)


class Host:
    """Settles payments and reversals in a memory."""

    def __init__(self, traits: Traits, memory: Memory) -> None:
        self._traits = traits
        self._memory = memory

    def settle(self, code: str, fields: Fields, answer: Answer) -> Settled:
        """Do what `answer` says with a payment (P, X) or a reversal (S), and write it down."""
        settled = self._reverse(fields, answer) if code == "S" else self._pay(code, fields, answer)
        self._memory.save()
        return settled

    def _pay(self, code: str, fields: Fields, answer: Answer) -> Settled:
        amount, reference = int(fields["amount"] or 0), str(fields["text"] or "")
        stan = self._memory.next_stan() if answer.saves or answer.charges else "000000"
        if answer.charges:
            self._memory.ledger.append(Charge(amount, stan, reference))
            self._memory.total += amount
        return self._tell(payloads.Purchase(code, amount, stan, reference), answer)

    def _reverse(self, fields: Fields, answer: Answer) -> Settled:
        """Give the last charge back, if it is the one that is meant (ecr17.md 3.4)."""
        last = self._memory.ledger[-1] if self._memory.ledger else None
        meant = last is not None and not last.reversed and str(fields["stan"]) in NO_STAN | {last.stan}
        told = answer if meant else IMPOSSIBLE
        if last is not None and told.charges:
            self._memory.ledger[-1] = replace(last, reversed=True)
            self._memory.total -= last.amount
        amount = last.amount if last else 0
        return self._tell(payloads.Purchase("S", amount, self._memory.next_stan(), "STORNO"), told)

    def _tell(self, purchase: payloads.Purchase, answer: Answer) -> Settled:
        payload = payloads.result_payload(self._traits, answer, purchase, f"{self._memory.online:06}")
        receipt = payloads.receipt_text(self._traits, answer, purchase)
        if answer.saves:
            self._memory.last_result, self._memory.last_receipt = payload.decode("ascii"), receipt
        return Settled(payload, receipt)
