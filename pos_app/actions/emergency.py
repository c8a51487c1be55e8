"""When the journal cannot take an approval, paper is the only record: it is printed before anything else fails."""

import contextlib
from dataclasses import replace

from drivers.errors import DeviceError
from pos_app.desk import PaymentInProgress
from pos_app.domain.events import Card


def print_emergency_slip(run: PaymentInProgress, card: Card) -> None:
    """Print what the reader said of this charge; nothing is journaled, because nothing can be (reliability.md K2)."""
    desk = run.desk
    data = desk.printer.render(desk.compose(replace(run.payment, card=card), "emergency"))
    with contextlib.suppress(DeviceError):
        desk.printer.print(data, timeout=desk.limits.printing, tick=desk.tick)
