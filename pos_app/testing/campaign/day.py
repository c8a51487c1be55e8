"""A day at a campaign's counter: one citizen after the other, and the minutes between them."""

from typing import TYPE_CHECKING

from pos_app.domain.notice import NoticeCode, NoticeError, read_qr

if TYPE_CHECKING:
    from pos_app.testing.campaign.world import World


def serve(world: "World", notice: NoticeCode) -> None:
    """Somebody comes to pay this notice."""
    for fault, code in world.presented:
        _show(world, fault, code)
    world.terminal.pay(notice)


def _show(world: "World", fault: str, code: str) -> None:
    world.strikes(fault)
    try:
        read_qr(code)
    except NoticeError:
        return
    world.witness.breach("double", "23 only a notice is a notice", repr(code))


def between_two_citizens(world: "World") -> None:
    """What a fault does there; then some minutes pass, or none."""
    if world.locked:
        return
    if world.between:
        world.between.pop(0)()
    for _ in range(world.random.choice((0, 1, 3))):
        if not world.locked:
            world.clock.advance(min(max(world.seconds_until_due(), 1.0), 60.0))
            world.let_it_go_on()
