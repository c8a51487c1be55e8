"""C1 to C5: what becomes of the terminal's idea of time."""

from collections.abc import Mapping
from datetime import UTC, datetime
from random import Random

from pos_app.testing.campaign.fault import Fault
from pos_app.testing.campaign.plan import KILL_POINTS
from pos_app.testing.campaign.world import World

_YEAR = 365 * 86400.0
_ANYWHERE = ("append", "post", "read", "ask", "write")


def _anywhere(random: Random) -> tuple[str, int]:
    kind = random.choice(_ANYWHERE)
    return kind, random.randint(1, KILL_POINTS[kind])


def _jump(world: World, random: Random) -> None:
    def jump() -> None:
        world.strikes("C1")
        world.clock.jump(random.choice((3600.0, -3600.0, 10 * _YEAR, -10 * _YEAR)))

    world.life.at(*_anywhere(random), jump)


def _no_battery(world: World, random: Random) -> None:
    """The machine boots in 1970."""

    def boot() -> None:
        world.strikes("C2")
        world.clock.reboot(60.0)
        world.clock.set_wall(datetime(1970, 1, 1, tzinfo=UTC))

    world.at_restart.append(boot)
    world.life.at(*_anywhere(random), world.life.kill)


def _reboot(world: World, random: Random) -> None:
    """The machine boots anew between activation and outcome."""

    def boot() -> None:
        world.strikes("C3")
        world.clock.reboot(random.choice((30.0, 900.0, 1900.0, 7200.0)))

    world.at_restart.append(boot)
    world.life.at("append", random.randint(7, 12), world.life.kill)


def _suspend(world: World, random: Random) -> None:
    def sleep() -> None:
        world.strikes("C4")
        world.clock.advance(3600.0)

    world.life.at(*_anywhere(random), sleep)


def _summer_ends(world: World, random: Random) -> None:
    """The night in which an hour comes twice, or never."""
    night = random.choice((datetime(2026, 10, 25, 0, 59, 50, tzinfo=UTC), datetime(2027, 3, 28, 0, 59, 50, tzinfo=UTC)))

    def begin() -> None:
        world.strikes("C5")
        world.clock.begin(night)

    world.once_made(begin)


FAULTS: Mapping[str, Fault] = {
    "C1": Fault("the wall clock jumps by hours or years", _jump),
    "C2": Fault("the machine boots in 1970", _no_battery),
    "C3": Fault("a reboot between activation and outcome", _reboot),
    "C4": Fault("suspended for an hour", _suspend),
    "C5": Fault("summer time ends or begins", _summer_ends),
}
