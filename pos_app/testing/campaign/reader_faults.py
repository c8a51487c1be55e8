"""S1 to S24: what the reader, its line and its host do to a charge."""

from collections.abc import Mapping
from dataclasses import replace
from random import Random

from drivers.card_reader.ecr17.simulator.answers import ANSWERS
from drivers.card_reader.ecr17.simulator.script import Question
from pos_app.testing.campaign.fault import Arm, Fault
from pos_app.testing.campaign.node_faults import expired
from pos_app.testing.campaign.world import World


def answers(fault: str, *names: str, seconds: tuple[float | None, ...] = (None, None, 3.0, 40.0)) -> Arm:
    """The next payment is answered in one of these ways."""

    def arm(world: World, random: Random) -> None:
        world.counter.answers(random.choice(names), fault, random.choice(seconds))

    return arm


def question(fault: str, *codes: str, answer: str, times: tuple[int, ...]) -> Arm:
    """The next requests of one of these codes are answered that way; 0: all of them."""

    def arm(world: World, random: Random) -> None:
        asked = Question(random.choice(codes), answer, random.choice(times))  # type: ignore[arg-type]
        world.counter.questions.append((asked, fault))
        world.once_made(lambda: world.strikes(fault))

    return arm


def _late_result(world: World, random: Random) -> None:
    """The process ends in the card phase; the result comes while nobody listens, and waits."""
    world.counter.answers("approve", "S9", random.choice((1.0, 2.0, 10.0)))
    world.life.at("money", 1, lambda: world.life.at("read", random.randint(2, 6), world.life.kill))


def _unplugged_while_it_speaks(world: World, random: Random) -> None:
    """The cable comes off at any read behind the command, byte by byte or not."""
    world.counter.answers(random.choice(("approve", "split", "approve")), "S10", random.choice((0.0, 5.0)))
    after = random.randint(1, 40)
    world.life.at(
        "money", 1, lambda: world.life.at("read", after, lambda: world.cable.unplug(random.choice((0.2, 30.0))))
    )


def _gone_and_back(world: World, random: Random) -> None:
    def gone() -> None:
        world.strikes("S11")
        world.cable.unplug(random.choice((1.0, 20.0, 200.0)))

    world.life.at(random.choice(("read", "write")), random.randint(1, 50), gone)


def _reader_reboots(world: World, random: Random) -> None:
    world.counter.answers("approve", "S12", random.choice((0.0, 5.0)))
    world.life.at("money", 1, lambda: world.life.at("read", random.randint(1, 20), world.cable.reboot))


def _same_amount_before(world: World, random: Random) -> None:
    """A citizen before paid the same amount; this one's result is lost."""
    world.counter.answers("approve", "S14", None)
    world.counter.answers(random.choice(("silence", "silence_charged", "close", "close_charged")), "S14", None)
    world.visits[:0] = [0, 2]


def _blocked_write(world: World, random: Random) -> None:
    def block() -> None:
        world.strikes("S20")
        world.cable.blocked = True

    if random.random() < 0.5:
        world.life.at("money", 1, block)
    else:
        world.life.at("write", random.randint(1, 25), block)


def _reversal(world: World, random: Random) -> None:
    name = random.choice(("decline", "silence", "silence_charged", "unknown_code", "close_charged"))
    world.counter.reversals.append((ANSWERS[name], "S24"))
    expired("P22", rival=True)(world, random)  # so that there is something to reverse


def _later_than_we_wait(world: World, random: Random) -> None:
    late = replace(
        ANSWERS["approve"], seconds=random.choice((190.0, 240.0, 320.0)), shows_progress=random.random() < 0.5
    )
    world.counter.payments.append((late, "S22"))


FAULTS: Mapping[str, Fault] = {
    "S1": Fault("no ACK", answers("S1", "no_ack", "no_ack_charged", "no_ack_result")),
    "S2": Fault("NAK", answers("S2", "nak", "nak_once")),
    "S3": Fault("a corrupted ACK", answers("S3", "wrong_ack", "flipped_ack")),
    "S4": Fault("ACK, then silence", answers("S4", "silence", "silence_charged")),
    "S5": Fault("a response with a bad check", answers("S5", "bad_check", "bad_checks")),
    "S6": Fault("a response byte by byte", answers("S6", "split", "glued")),
    "S7": Fault("the response before the ACK", answers("S7", "result_first")),
    "S8": Fault("the response twice", answers("S8", "twice")),
    "S9": Fault("a late result waits in the buffer", _late_result),
    "S10": Fault("approved, and the cable off before or amid the result", _unplugged_while_it_speaks),
    "S11": Fault("the device vanishes and comes back", _gone_and_back),
    "S12": Fault("the reader reboots in a payment", _reader_reboots),
    "S13": Fault("G tells the old result", answers("S13", "silence", "close")),
    "S14": Fault("the same amount as an earlier sale", _same_amount_before),
    "S15": Fault("G refused or mute", question("S15", "G", "T", answer="nak", times=(0, 2, 4))),
    "S16": Fault("another amount, or no STAN", answers("S16", "wrong_amount", "no_stan")),
    "S17": Fault("an unknown result code", answers("S17", "unknown_code", "short")),
    "S18": Fault("another currency (V)", answers("S18", "exchange")),
    "S19": Fault("noise on the line", answers("S19", "noise", "lost_etx", "cut_in_result", seconds=(None,))),
    "S20": Fault("a blocked write", _blocked_write),
    "S21": Fault("refused, cancelled, no card", answers("S21", "decline", "cancel", "card_timeout", "card_absent")),
    "S22": Fault("the answer after our patience", _later_than_we_wait),
    "S24": Fault("a reversal refused or unknown", _reversal),
}
