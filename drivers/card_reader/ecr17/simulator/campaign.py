"""Driver against double under a seeded schedule of faults, in virtual time: the money-safety rules of ecr17.md 3.6.

`run(seed)` plays a few charges with a misbehaving reader, a cable that is pulled and a till whose power is cut, and
says which rules were broken. The double's ledger is the truth.
"""

import random
from dataclasses import dataclass, field

from drivers.card_reader.ecr17.options import Ecr17Options
from drivers.card_reader.ecr17.session import Session
from drivers.card_reader.ecr17.simulator.misfortune import seeded_script
from drivers.card_reader.ecr17.simulator.till import Mishap, SessionFactory, Till
from drivers.contracts import CardTransaction, ChargeVerdict

NOT_CHARGED = frozenset({ChargeVerdict.DECLINED, ChargeVerdict.NOT_STARTED, ChargeVerdict.NOT_CHARGED})


@dataclass
class Run:
    """What one seed brought: the rules it broke, in words, and how its charges ended."""

    seed: int
    broken: list[str] = field(default_factory=list)
    verdicts: list[ChargeVerdict] = field(default_factory=list)


def run(seed: int, *, session: SessionFactory = Session, charges: int = 2) -> Run:
    """Play one schedule. Nothing in it depends on anything but the seed and the code."""
    dice = random.Random(seed)  # noqa: S311 - repeatable, not secret
    done = Run(seed)
    till = Till(seeded_script(seed, payments=charges), _options(dice), session=session)
    for number in range(charges):
        _charge_once(till, 1000 + number, f"R{number}", _mishap(dice), done)
    _check_late(till, done)
    return done


def _charge_once(till: Till, amount: int, reference: str, mishap: Mishap, done: Run) -> None:
    terminal = till.cable.terminal
    asked = len(terminal.seen)
    verdict = till.charge(amount, reference, mishap, done.broken.append)
    done.verdicts.append(verdict)
    taken = [charge.amount for charge in terminal.memory.ledger if charge.reference == reference]
    accepted = sum(code in "XP" for code in terminal.seen[asked:])
    if accepted > 1 or len(taken) > 1:
        done.broken.append(f"{accepted} money commands were accepted for one charge, {len(taken)} times taken")
    if verdict is ChargeVerdict.APPROVED and taken != [amount]:
        done.broken.append(f"approved, and {taken} was taken for {amount}")
    if verdict in NOT_CHARGED and taken:
        done.broken.append(f"{verdict}, and {taken} was taken")


def _check_late(till: Till, done: Run) -> None:
    """A late approval is of money that was taken."""
    stans = {charge.stan for charge in till.cable.terminal.memory.ledger}
    done.broken += [f"a late approval of nothing: {late.stan}" for late in till.late if _strange(late, stans)]


def _strange(late: CardTransaction, stans: set[str]) -> bool:
    return late.approved and late.stan not in stans


def _options(dice: random.Random) -> Ecr17Options:
    return Ecr17Options(
        "double:",
        extended_result=dice.random() < 0.7,
        print_on=dice.choice(("ecr", "terminal")),
        baseline=dice.choice(("g+t", "g+t", "g", "none")),
        lrc=dice.choice(("frame", "frame", "payload", "payload_etx", "stx_payload")),
        poll_seconds=dice.choice((5.0, 30.0, 60.0)),
    )


def _mishap(dice: random.Random) -> Mishap:
    unplug_at = dice.randrange(40) if dice.random() < 0.3 else -1
    cut_at = dice.randrange(40) if dice.random() < 0.2 else -1
    return Mishap(unplug_at, cut_at, dice.choice(("", "", "", "before", "after")), dice.choice((0.0, 0.5, 30.0)))
