"""One schedule from its seed to what came of it."""

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from pos_app.domain.events import Event
from pos_app.testing.campaign.audit import audit
from pos_app.testing.campaign.catalogue import FAULTS, arm, names
from pos_app.testing.campaign.making import SOUND, Making
from pos_app.testing.campaign.plan import Plan, plan_of
from pos_app.testing.campaign.rulings import people_rule
from pos_app.testing.campaign.witness import Breach
from pos_app.testing.campaign.world import World

_MEMORY = Path("/dev/shm")  # noqa: S108 - a RAM disk where there is one: the campaign times no syncs


@dataclass(frozen=True)
class Outcome:
    """What came of a schedule."""

    plan: Plan
    breaches: tuple[Breach, ...]
    struck: frozenset[str]
    kills: int
    locked: bool
    bytecodes: int = 0


def plan(seed: int) -> Plan:
    """The schedule of this seed, with what its faults need."""
    drawn = plan_of(seed, names())
    needs = {FAULTS[name].needs for name in drawn.faults}
    paper = "drawn" if "paper" in needs and drawn.paper == "noted" else drawn.paper
    return replace(drawn, real_disk=drawn.real_disk or "disk" in needs, paper=paper)


def run(drawn: Plan, making: Making = SOUND, *, trace: list[str] | None = None, opcode: int | None = None) -> Outcome:
    """Live it through, let it heal, look at everything, let people rule, look again.

    `opcode` ends the process at that bytecode of the product; 0 only counts them.
    """
    with ExitStack() as stack:
        folder = _folder(stack) if drawn.real_disk else None
        world = World(drawn, arm, making=making, folder=folder, trace=trace, opcode=opcode)
        try:
            world.run()
            _look(world)
        finally:
            world.disk.let_go()
        return Outcome(
            drawn,
            tuple(world.witness.breaches),
            frozenset(world.struck),
            world.life.kills,
            world.locked,
            world.countdown.count if world.countdown else 0,
        )


def _look(world: World) -> None:
    if world.locked:
        return  # it refuses to touch money, and says so: nothing further happens
    audit(world)
    if any(payment.needs_person for payment in world.journal.payments.values()):
        world.reopen()
        people_rule(world)
        audit(world)


def _folder(stack: ExitStack) -> Path:
    where = _MEMORY if _MEMORY.is_dir() else None
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="campaign-", dir=where))) / "disk"


def records(drawn: Plan) -> list[Event]:
    """The events of this schedule, payment after payment, in their order."""
    world = World(drawn, arm)
    world.run()
    return [event for events in world.witness.events.values() for event in events]


def record_names(drawn: Plan) -> list[str]:
    """The same, by name."""
    return [type(event).__name__ for event in records(drawn)]
