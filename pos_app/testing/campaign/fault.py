"""One fault of the catalogue: its sentence, and how it is put in place before a world begins."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

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
