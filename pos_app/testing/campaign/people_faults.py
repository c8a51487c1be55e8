"""O1 to O5, and O8 to O10, which are beyond the catalogue: what people do at the wrong moment."""

from collections.abc import Mapping
from random import Random

from drivers.contracts import ScannedCode, Symbology
from pos_app.counter import Answer, Question, Reply
from pos_app.testing.campaign.fault import Fault
from pos_app.testing.campaign.node_faults import expired, forgotten_answer, refused_after_all
from pos_app.testing.campaign.plan import NOTICES
from pos_app.testing.campaign.rulings import people_rule_meanwhile
from pos_app.testing.campaign.world import World

_OTHER = ScannedCode("PAGOPA|002|301000000000012474|77777777777|990", Symbology.QR_CODE)


def _impatient(world: World, random: Random) -> None:
    """Taps twice, and holds the next notice before the scanner."""

    def tap() -> None:
        world.strikes("O1")
        view = world.people.view_number
        world.habits.intrusions += [
            Reply(view - 1, Answer.YES),
            _OTHER,
            Reply(view, Answer.YES),
            Reply(view, Answer.YES),
        ]

    world.life.at("ask", random.randint(1, 3), tap)


def _cancels_too_late(world: World, _random: Random) -> None:
    """Presses cancel when the reader has the command already; nobody asked, so nobody listens."""

    def cancel() -> None:
        world.strikes("O2")
        world.habits.intrusions.append(Reply(world.people.view_number, Answer.NO))

    world.life.at("money", 1, cancel)


def _restarts_in_doubt(world: World, random: Random) -> None:
    """Switches off and on while a charge is unknown."""

    def restart() -> None:
        world.strikes("O3")
        world.life.kill()

    world.counter.answers(random.choice(("silence", "silence_charged", "close_charged", "close")), "O3", None)
    world.life.at("money", 1, lambda: world.life.at("read", random.randint(10, 200), restart))


def _unplugs(world: World, random: Random) -> None:
    """Pulls the reader's plug to mend it."""

    def pull() -> None:
        world.strikes("O4")
        world.cable.reboot()

    world.counter.answers(random.choice(("silence", "silence_charged", "approve")), "O4", random.choice((None, 20.0)))
    world.life.at("money", 1, lambda: world.life.at("read", random.randint(1, 60), pull))


def _pays_again(world: World, random: Random) -> None:
    """Brings the same notice again while its payment is unknown."""
    world.counter.answers(random.choice(("silence", "silence_charged", "unknown_code")), "O5", None)
    world.visits[:0] = [0, 0]


def _slow(world: World, random: Random) -> None:
    """Thinks long at every question, and tries one card after the other."""
    world.habits.seconds = random.uniform(20.0, 119.0)
    world.habits.answers[Question.ANOTHER_CARD] = Answer.YES
    for _ in range(random.randint(1, 14)):
        world.counter.answers(random.choice(("decline", "cancel", "card_timeout", "nak")), "O8", None)


def _wrong_reader(world: World, random: Random) -> None:
    """Puts another reader on the counter, one that must not be asked for money with this PSP (money rule 11)."""

    def put() -> None:
        world.strikes("O9")
        world.objection = "Il lettore è un simulatore e il PSP è vero."
        world.witness.forbidden = True

    if random.random() < 0.5:
        world.once_made(put)
    else:
        world.visits.append(random.randrange(len(NOTICES)))
        world.between.append(put)


def _rules_at_once(world: World, random: Random) -> None:
    """Rules on every case between two citizens, by what really happened, while more can go wrong with it."""

    def rule() -> None:
        if any(payment.needs_person for payment in world.journal.payments.values()):
            world.strikes("O10")
            people_rule_meanwhile(world)

    world.visits.append(random.randrange(len(NOTICES)))
    world.between += [rule, rule]
    wrong = random.choice((refused_after_all, forgotten_answer, expired("O10", rival=random.random() < 0.5)))
    wrong(world, random)


FAULTS: Mapping[str, Fault] = {
    "O1": Fault("taps twice, shows the next notice", _impatient),
    "O2": Fault("cancels when the reader has the command", _cancels_too_late),
    "O3": Fault("restarts while a charge is unknown", _restarts_in_doubt),
    "O4": Fault("unplugs the reader", _unplugs),
    "O5": Fault("brings a notice in doubt again", _pays_again),
    "O10": Fault("rules on a case while it goes on (beyond the catalogue)", _rules_at_once),
    "O9": Fault("puts a reader there that does not belong to this PSP (money rule 11)", _wrong_reader),
    "O8": Fault("thinks long, tries card after card (beyond the catalogue)", _slow),
}
