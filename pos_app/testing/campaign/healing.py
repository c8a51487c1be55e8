"""The end of a campaign's schedule: nothing goes wrong any more, and all that is open gets its chance."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pos_app.testing.campaign.world import World

_MOST_STEPS = 400
_DRAIN_SECONDS = 6 * 3600.0
_REPAIRS = ("new_roll", "cover_closed", "cutter_freed", "repaired", "cooled", "talking")


def heal(world: "World") -> None:
    """Mend everything, start a new process, let everything drain."""
    world.life.forget_plans()
    world.healed = True
    if world.countdown is not None:
        world.countdown.is_over = True
    world.network.heal()
    world.cable.heal()
    world.habits.fickle = 0
    _mend_printer(world)
    world.witness.tell("world", "healed")
    if not world.locked:
        world.reopen()
        drain(world)


def drain(world: "World") -> None:
    """Let everything that is due happen, until only people can go on."""
    until, polls = world.clock.now + _DRAIN_SECONDS, 0
    for _ in range(_MOST_STEPS):
        due = world.seconds_until_due()
        # What only a person can rule on is asked about once more after it healed.
        polls = 0 if any(not payment.needs_person for payment in world.parked) else polls + 1
        if due == float("inf") or world.clock.now >= until or polls > len(world.parked):
            return
        world.clock.advance(max(due, 0.01))
        world.let_it_go_on()


def _mend_printer(world: "World") -> None:
    world.printer.blocked = False
    machine = world.paper_machine
    if machine is not None:
        machine.absent = False
        for repair in _REPAIRS:
            machine.happen(repair)
