"""What people do with a campaign's cases once everything healed: each by what really happened."""

from functools import partial

from pos_app.cases import case_of
from pos_app.desk import PaymentInProgress
from pos_app.domain.events import Event
from pos_app.domain.payment import Payment
from pos_app.domain.states import State
from pos_app.testing.campaign.healing import drain
from pos_app.testing.campaign.world import World


def people_rule(world: World) -> None:
    """A person does what every case is waiting for; then what is open gets its chance."""
    for payment in list(world.journal.payments.values()):
        if payment.needs_person:
            world.lives(partial(_rule, world, payment))
    drain(world)


def people_rule_meanwhile(world: World) -> None:
    """The same while all goes on; of a charge that nobody can prove, nobody says that it was none."""
    for payment in list(world.journal.payments.values()):
        if payment.needs_person and (payment.state is not State.OPERATOR_RULING or _was_charged(world, payment)):
            world.lives(partial(_rule, world, payment))


def _was_charged(world: World, payment: Payment) -> bool:
    return bool(world.cable.truth.charges_of(payment.operation))


def _rule(world: World, payment: Payment) -> None:
    verdicts, charged = case_of(payment).verdicts, _was_charged(world, payment)
    first = ["retry", "refunded"] if payment.other_amount_card or payment.conflict else ["retry"]
    then = ["charged", "resend", "refunded"] if charged else ["not-charged", "settled"]
    verdict = next(name for name in (*first, *then, *verdicts) if name in verdicts)
    if verdict == "refunded":
        _give_back(world, payment)
    event: Event = verdicts[verdict]("Anna Bianchi", "per scontrino del lettore")
    PaymentInProgress(world.terminal.desk, payment.id).record(event)


def _give_back(world: World, payment: Payment) -> None:
    """The acquirer refunds it, at a person's word."""
    ledger = world.cable.memory.ledger
    for place, charge in enumerate(ledger):
        if charge.reference == payment.operation:
            ledger[place] = type(charge)(charge.amount, charge.stan, charge.reference, reversed=True)
