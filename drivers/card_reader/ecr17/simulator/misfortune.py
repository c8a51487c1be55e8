"""A double's misbehaviour drawn from a seed: the same seed, the same reader, the same mishaps.

Drawn is only what can be: never two errors in one frame that its check byte cannot see, nor a reader that calls itself
idle in a card phase longer than its own limit, nor one that offers no totals and tells old results as its last.
"""

import random
from dataclasses import replace

from drivers.card_reader.ecr17.simulator.answers import ANSWERS, CARD_PHASE_LIMIT, Answer
from drivers.card_reader.ecr17.simulator.line import Disturbance
from drivers.card_reader.ecr17.simulator.script import Question, Script, Traits

PAYMENT_BYTES = 700  # on the line during one payment with its receipt, both ways together
NAMES = sorted(set(ANSWERS) - {"flood"})
TAMPERED = ("flip", "lose", "add")
STATES = ("2", "2", "OPERATIVE", "5")
TEXTS = ("Attesa carta", "Inserire PIN", "Elaborazione", "Transazione eseguita", "TRANSAZIONE ANNULLATA")
STALE, NO_TOTALS = Question("G", "stale", times=2), Question("T", "nak")
DOUBTS = (
    STALE,
    NO_TOTALS,
    Question("G", "nak"),
    Question("E", "nak"),
    Question("s", "mute", times=2),
    Question("G", "mute", times=1),
    Question("T", "mute", times=1),
    Question("s", "state", times=3),
    Question("s", "nak", times=1),
)


def seeded_script(seed: int, *, payments: int = 1) -> Script:
    """Return a whole script."""
    dice = random.Random(seed)  # noqa: S311 - repeatable, not secret
    traits = _traits(dice)
    names = [name for name in NAMES if not (traits.talks_in_card_phase and ANSWERS[name].seconds > CARD_PHASE_LIMIT)]
    return Script(
        traits,
        tuple(_answer(dice, names) for _ in range(payments)),
        tuple(_answer(dice, names) for _ in range(payments)),
        _questions(dice),
    )


def _questions(dice: random.Random) -> tuple[Question, ...]:
    drawn = dice.sample(DOUBTS, k=dice.choice((0, 0, 1, 2)))
    return () if STALE in drawn and NO_TOTALS in drawn else tuple(drawn)


def _traits(dice: random.Random) -> Traits:
    return Traits(
        state=dice.choice(STATES),
        card=dice.choice(("4929123412341232", "000438746******9993", "6799991234567893224")),
        mask=dice.choice(("none", "last_four", "first_six")),
        talks_in_card_phase=dice.random() < 0.2,
        payment_length=dice.choice((71, 74)),
        progress=tuple(dice.choices(TEXTS, k=dice.randrange(6))),
        receipt=dice.choice(("separated", "filled", "columns", "none")),
        pace=dice.choice((0.0, 0.002, 0.05)),
        repeat_after=dice.choice((0.5, 1.0, 5.0)),
        replug_after=dice.choice((0.05, 0.5, 20.0)),
    )


def _answer(dice: random.Random, names: list[str]) -> Answer:
    """Return a named answer, now and then slower, disturbed, or broken off."""
    answer = ANSWERS[dice.choice(names)]
    if dice.random() < 0.3:
        answer = replace(answer, seconds=dice.uniform(0.0, CARD_PHASE_LIMIT))
    if dice.random() < 0.2:
        answer = replace(answer, acknowledge_after=dice.choice((0.5, 2.9, 3.1, 8.0)))
    if dice.random() < 0.2:
        answer = replace(answer, naks=dice.randrange(5))
    if dice.random() < 0.15:
        answer = replace(answer, chunk=dice.randrange(1, 9))
    return replace(answer, disturbances=answer.disturbances or _disturbances(dice))


def _disturbances(dice: random.Random) -> tuple[Disturbance, ...]:
    drawn = []
    if dice.random() < 0.4:
        value = 1 << dice.randrange(7)
        drawn.append(Disturbance(dice.randrange(PAYMENT_BYTES), dice.choice(TAMPERED), value))  # type: ignore[arg-type]
    if dice.random() < 0.3:
        drawn.append(Disturbance(dice.randrange(PAYMENT_BYTES), "cut"))
    return tuple(drawn)
