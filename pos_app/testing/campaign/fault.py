"""One fault of the catalogue: its sentence, and how it is put in place before a world begins."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from pos_app.testing.campaign.transport import Armed, Spoil
from pos_app.testing.campaign.world import World

Arm = Callable[[World, Random], None]


@dataclass(frozen=True)
class Fault:
    """`arm` puts it in place; whoever carries it out calls `World.strikes` with its number.

    `needs` is what the world must have for it: "disk", the journal's own files; "paper", a printer that draws.
    """

    sentence: str
    arm: Arm
    needs: str = ""


_CALLS = ("verify", "activate", "outcome", "outcome")


def armed(
    fault: str, spoil: Spoil, *, kinds: tuple[str, ...] = _CALLS, times: tuple[int, ...] = (1, 1, 2, 3), skip: int = 1
) -> Arm:
    """Strike calls of one of these kinds."""

    def arm(world: World, random: Random) -> None:
        strike = Armed(
            random.choice(kinds), spoil, random.choice(times), random.randint(0, skip), lambda: world.strikes(fault)
        )
        world.once_made(lambda: world.network.armed.append(strike))

    return arm
