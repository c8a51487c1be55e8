"""What is parked goes on beside the counter, between any two things that happen there, and takes nothing from it."""

from dataclasses import replace

from pos_app.background import needs_devices, needs_none
from pos_app.domain.payment import Payment
from pos_app.domain.prints import JobState, PrintJob
from pos_app.domain.states import State
from pos_app.testing.campaign import schedule
from pos_app.testing.campaign.plan import Plan

# Nobody answers to the first citizen's outcome; the second one thinks long at every question.
SLOW_AND_UNANSWERED = Plan(0, visits=(0, 1), faults=("P6", "O8"))


def while_the_second_is_at_the_counter(plan: Plan) -> list[str]:
    """The operation number of each record from the second citizen's first one until they go, in their order."""
    trace: list[str] = []
    assert schedule.run(plan, trace=trace).breaches == ()
    records = [line.split() for line in trace if line.split()[1] == "journal"]
    begun = next(place for place, words in enumerate(records) if words[2] == "2026-000002")
    parked = ("2026-000002", '"event":"PaymentParked"')
    gone = next(place for place, words in enumerate(records) if words[2] == parked[0] and parked[1] in " ".join(words))
    return [words[2] for words in records[begun:gone]]


def test_what_is_parked_goes_out_while_the_next_citizen_pays() -> None:
    assert "2026-000001" in while_the_second_is_at_the_counter(replace(SLOW_AND_UNANSWERED, meanwhile=100))


def test_without_anybody_beside_the_counter_it_waits() -> None:
    assert "2026-000001" not in while_the_second_is_at_the_counter(replace(SLOW_AND_UNANSWERED, meanwhile=0))


def test_the_same_seed_gives_the_one_beside_the_same_turns() -> None:
    plan = replace(SLOW_AND_UNANSWERED, seed=7, meanwhile=50)
    traces: list[list[str]] = [[], []]
    for trace in traces:
        schedule.run(plan, trace=trace)
    assert traces[0] == traces[1]


def test_a_receipt_that_is_coming_out_belongs_to_the_loop_until_its_last_copy() -> None:
    printing = Payment("P1", State.PRINTING, restarted=True, copies=(PrintJob("customer", 1, JobState.PRINTED),))
    assert needs_devices(printing)
    assert not needs_none(printing)
    assert needs_none(replace(printing, parked=True)), "no receipt of one citizen comes out while another pays"
