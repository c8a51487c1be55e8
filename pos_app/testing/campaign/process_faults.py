"""X1 to X10: what becomes of the process."""

from collections.abc import Mapping
from random import Random

from pos_app.journal.errors import JournalInUse
from pos_app.testing.campaign.disk import FolderDisk
from pos_app.testing.campaign.fault import Fault
from pos_app.testing.campaign.plan import KILL_POINTS
from pos_app.testing.campaign.world import World


def _anywhere(random: Random) -> tuple[str, int]:
    kind = random.choice(tuple(KILL_POINTS))
    return kind, random.randint(1, KILL_POINTS[kind])


def _killed_twice(world: World, random: Random) -> None:
    def kill() -> None:
        world.strikes("X1")
        world.life.kill()

    world.life.at(*_anywhere(random), kill)
    world.life.in_next_life(random.choice(("append", "appended", "read", "post")), random.randint(1, 4), kill)


def _out_of_memory(world: World, random: Random) -> None:
    def fail() -> None:
        world.strikes("X4")
        raise random.choice((MemoryError, RecursionError))

    world.life.at(*_anywhere(random), fail)


def _hangs(world: World, random: Random) -> None:
    """A call that never comes back: the watchdog ends the process."""

    def hang() -> None:
        world.strikes("X5")
        world.clock.advance(60.0)
        world.life.kill()

    world.life.at(*_anywhere(random), hang)


def _crash_loop(world: World, random: Random) -> None:
    def kill() -> None:
        world.strikes("X6")
        world.life.kill()

    world.life.at(*_anywhere(random), kill)
    for _ in range(random.randint(3, 12)):
        world.life.in_next_life(random.choice(("append", "appended", "read")), random.randint(1, 2), kill)


def _second_instance(world: World, random: Random) -> None:
    def start() -> None:
        disk = world.disk
        if not isinstance(disk, FolderDisk):
            return
        world.strikes("X8")
        try:
            disk.open_anew().close()
        except JournalInUse:
            return
        world.witness.breach("double", "22 one process", "a second one opened the journal")

    world.life.at("ask", random.randint(1, 2), start)


def _no_descriptors(world: World, random: Random) -> None:
    def use_up() -> None:
        world.strikes("X10")
        world.cable.absent_until = world.network.down_until = world.clock.now + random.uniform(5.0, 300.0)

    world.life.at(*_anywhere(random), use_up)


FAULTS: Mapping[str, Fault] = {
    "X1": Fault("killed, and again in recovery", _killed_twice),
    "X4": Fault("out of memory or stack at any call", _out_of_memory),
    "X5": Fault("a call that hangs until the watchdog", _hangs),
    "X6": Fault("a crash loop", _crash_loop),
    "X8": Fault("a second instance", _second_instance, needs="disk"),
    "X10": Fault("no file descriptors left: nothing opens", _no_descriptors),
}
