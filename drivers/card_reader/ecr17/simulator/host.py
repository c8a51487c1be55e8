"""The bank behind the double: takes and gives back money, and writes what the till is told. Keeps the ledger."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from drivers.card_reader.ecr17.layout import Value
from drivers.card_reader.ecr17.messages import NO_STAN
from drivers.card_reader.ecr17.simulator.answers import ANSWERS, Answer
from drivers.card_reader.ecr17.simulator.memory import Charge, Memory
from drivers.card_reader.ecr17.simulator.paper import receipt_text
from drivers.card_reader.ecr17.simulator.payloads import Purchase, result_payload
from drivers.card_reader.ecr17.simulator.script import Traits

Fields = dict[str, Value]
IMPOSSIBLE = replace(ANSWERS["decline"], text="STORNO NON POSSIBILE")
UNSUPPORTED = replace(ANSWERS["decline"], result="91", text="", saves=False)
UNKNOWN_CODE = replace(ANSWERS["decline"], text="PREAUT. SCONOSCIUTA")


@dataclass(frozen=True)
class Settled:
    """A result as the till will be told it, and its receipt's text."""

    payload: bytes = field(repr=False)
    receipt: str = field(repr=False)


class Host:
    """Settles payments, reversals and their kin in a memory."""

    def __init__(self, traits: Traits, memory: Memory) -> None:
        self._traits = traits
        self._memory = memory
        self._settlers: dict[str, Callable[[str, Fields, Answer], Settled]] = {
            "P": self._pay,
            "X": self._pay,
            "S": self._reverse,
            "A": self._refund,
            "p": self._hold,
            "i": self._hold_more,
            "c": self._take_held,
            "H": self._verify,
            "Q": self._reverse_older,
        }

    def settle(self, code: str, fields: Fields, answer: Answer) -> Settled:
        """Do what `answer` says with the request of this code, and write it down."""
        settled = self._settlers[code](code, fields, answer)
        self._memory.save()
        return settled

    # --- money ---

    def _pay(self, code: str, fields: Fields, answer: Answer) -> Settled:
        amount, reference = _amount(fields), str(fields["text"] or "")
        stan = self._numbered(answer)
        if answer.charges:
            self._take(Charge(amount, stan, reference))
        return self._tell(Purchase(code, amount, stan, reference), answer)

    def _reverse(self, code: str, fields: Fields, answer: Answer) -> Settled:
        """Give the last charge back, if it is the one that is meant (ecr17.md 3.4)."""
        last = self._memory.ledger[-1] if self._memory.ledger else None
        meant = last is not None and not last.reversed and str(fields["stan"]) in NO_STAN | {last.stan}
        told = answer if meant else IMPOSSIBLE
        if told.charges:
            self._give_back(len(self._memory.ledger) - 1)
        amount = last.amount if last else 0
        return self._tell(Purchase(code, amount, self._memory.next_stan(), "STORNO"), told)

    def _reverse_older(self, code: str, fields: Fields, answer: Answer) -> Settled:
        """Give back the charge of this STAN and amount; `G` never tells it (ecr17.md 3.1)."""
        wanted = (fields["stan"], fields["amount"], False)
        found = [
            place
            for place, one in enumerate(self._memory.ledger)
            if (one.stan, one.amount, one.reversed) == wanted and self._traits.retroactive
        ]
        told = replace(answer, saves=False) if found else replace(IMPOSSIBLE, saves=False)
        if found and told.charges:
            self._give_back(found[0])
        stan = self._memory.next_stan()
        return self._tell(Purchase(code, 0, stan, "STORNO"), told if self._traits.retroactive else UNSUPPORTED)

    def _refund(self, code: str, fields: Fields, answer: Answer) -> Settled:
        amount, stan = _amount(fields), self._numbered(answer)
        if answer.charges:
            self._take(Charge(-amount, stan, "ACCREDITO"))
        return self._tell(Purchase(code, amount, stan, "ACCREDITO"), answer)

    # --- money that is only held ---

    def _hold(self, code: str, fields: Fields, answer: Answer) -> Settled:
        amount, stan = _amount(fields), self._numbered(answer)
        preauth_code = f"{self._memory.online:09}"
        if answer.charges:
            self._memory.held[preauth_code] = amount
        return self._tell(Purchase(code, amount, stan, str(fields["text"] or ""), preauth_code), answer)

    def _hold_more(self, code: str, fields: Fields, answer: Answer) -> Settled:
        wanted, amount = str(fields["preauth_code"]), _amount(fields)
        told = answer if wanted in self._memory.held else UNKNOWN_CODE
        if told.charges:
            self._memory.held[wanted] += amount
        return self._tell(Purchase(code, amount, self._numbered(told), "", wanted), told)

    def _take_held(self, code: str, fields: Fields, answer: Answer) -> Settled:
        """Charge what was used of the amount held; the rest is free again."""
        wanted, amount = str(fields["preauth_code"]), _amount(fields)
        told = answer if amount <= self._memory.held.get(wanted, 0) else UNKNOWN_CODE
        stan = self._numbered(told)
        if told.charges:
            del self._memory.held[wanted]
            self._take(Charge(amount, stan, str(fields["text"] or "")))
        return self._tell(Purchase(code, amount, stan, "", wanted), told)

    def _verify(self, code: str, _fields: Fields, answer: Answer) -> Settled:
        return self._tell(Purchase(code, 0, self._numbered(answer), ""), replace(answer, saves=False))

    # --- the books ---

    def _numbered(self, answer: Answer) -> str:
        """Return the transaction's number; what never reached the host has none."""
        return self._memory.next_stan() if answer.saves or answer.charges else "000000"

    def _take(self, charge: Charge) -> None:
        self._memory.ledger.append(charge)
        self._memory.total += charge.amount

    def _give_back(self, place: int) -> None:
        charge = self._memory.ledger[place]
        self._memory.ledger[place] = replace(charge, reversed=True)
        self._memory.total -= charge.amount

    def _tell(self, purchase: Purchase, answer: Answer) -> Settled:
        payload = result_payload(self._traits, answer, purchase, f"{self._memory.online:06}")
        receipt = receipt_text(self._traits, answer, purchase)
        if answer.saves:
            self._memory.keep(payload.decode("ascii"), receipt)
        return Settled(payload, receipt)


def _amount(fields: Fields) -> int:
    amount = fields["amount"]
    return amount if isinstance(amount, int) else 0
