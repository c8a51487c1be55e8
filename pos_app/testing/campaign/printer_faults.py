"""T1 to T7: what the printer does. Paper is drawn in these worlds, so that half a copy is half a copy."""

from collections.abc import Mapping
from random import Random

from pos_app.sandbox.notices import Notice
from pos_app.testing.campaign.fault import Arm, Fault
from pos_app.testing.campaign.plan import NOTICES
from pos_app.testing.campaign.world import World


def happens(fault: str, *names: str) -> Arm:
    """One of these befalls the printer at some call, and in half the cases is mended at a later one."""

    def arm(world: World, random: Random) -> None:
        name = random.choice(names)

        def happen() -> None:
            if world.paper_machine is not None:
                world.strikes(fault)
                world.paper_machine.happen(name)

        world.life.at(random.choice(("printer", "print", "printed")), random.randint(1, 3), happen)

    return arm


def _gone(world: World, random: Random) -> None:
    def gone() -> None:
        if world.paper_machine is not None:
            world.strikes("T4")
            world.paper_machine.absent = True

    world.life.at(random.choice(("printer", "print")), random.randint(1, 3), gone)


def _blocked(world: World, random: Random) -> None:
    def block() -> None:
        world.strikes("T5")
        world.printer.blocked = True

    world.life.at("printer", random.randint(1, 3), block)


def _hostile_name(world: World, random: Random) -> None:
    """A payee's object of 140 characters, some of which no printer has."""
    text = random.choice(("市" * 60, "Ufficio ‘Tributi’ " * 7, "É" * 140))[:140]
    for notice in NOTICES:
        world.far_side.put(notice, Notice(notice.amount, description=text))
    world.once_made(lambda: world.strikes("T7"))


FAULTS: Mapping[str, Fault] = {
    "T1": Fault("paper out before, amid or after the text", happens("T1", "paper_out"), needs="paper"),
    "T2": Fault("cover open, cutter jammed", happens("T2", "cover_open", "cutter_jam", "broken"), needs="paper"),
    "T3": Fault("no status", happens("T3", "mute"), needs="paper"),
    "T4": Fault("unplugged", _gone, needs="paper"),
    "T5": Fault("a blocked write", _blocked, needs="paper"),
    "T6": Fault("the printer alone loses power", happens("T6", "power_cut"), needs="paper"),
    "T7": Fault("a name that no printer has letters for", _hostile_name, needs="paper"),
}
