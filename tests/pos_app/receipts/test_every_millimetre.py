"""Each fault at each millimetre of a receipt, the real driver on the double in virtual time, up to the journal.

The paper moves by lines, so every place where it can stop is the end of a line, a code or a feed. POS_CAMPAIGN=full
tries each fault at all of them; else each place is tried with some faults, and each fault at every fifth place.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import pytest

from drivers.contracts import Document, PrinterStatus, Proof, Tick
from drivers.printer.layout import lay_out, plain_text
from drivers.printer.options import EscPosOptions
from drivers.printer.simulator import Fault, InMemoryPrinter, Script
from drivers.printer.simulator.paper import DOTS_PER_MM
from pos_app.actions import paper
from pos_app.counter import Answer, Question, Reply, View
from pos_app.desk import Desk, PaymentInProgress
from pos_app.domain.events import TerminalRestarted
from pos_app.domain.fold import Record
from pos_app.domain.payment import Payment
from pos_app.domain.prints import JobState
from pos_app.domain.states import State
from pos_app.receipts.facts import Merchant, Provider
from pos_app.receipts.papers import Stationery
from pos_app.testing.faults import Killed
from pos_app.testing.journal import MemoryJournal
from pos_app.testing.world import NOTICE, World

FULL = os.environ.get("POS_CAMPAIGN") == "full"
EVERY = 1 if FULL else 5
SPEED = 500.0  # mm/s: virtual, and still a moment
COPIES = ("customer", "merchant")
STATIONERY = Stationery(
    merchant=Merchant("Edicola del Corso S.n.c.", "Corso Garibaldi 12 - 35121 Padova (PD)", "01234567890"),
    provider=Provider("Banca Esempio S.p.A.", "09876543210"),
    terminal_id="T0000001",
    trial=lambda: True,
    utc=lambda: datetime(2026, 11, 21, 10, 5, tzinfo=UTC),
)
Lines = list[tuple[Record, str]]


class Person:
    """Screen and inbox: mends what is said to be wrong, and looks at the paper before saying what came out of it."""

    def __init__(self, printer: InMemoryPrinter, repairs: tuple[str, ...]) -> None:
        self._printer = printer
        self._repairs = repairs
        self._view: View | None = None
        self.asked: list[Question] = []

    def show(self, view: View) -> None:
        self._view = view

    def next(self, timeout: float) -> Reply | None:
        view = self._view
        assert view is not None
        assert view.question is not None
        assert view.payment is not None
        assert len(self.asked) < 8, "this goes round in circles"
        self.asked.append(view.question)
        if view.question is Question.PRINTER_NOT_READY:
            assert view.warnings
            self._mend()
            return Reply(view.number, Answer.YES)
        wanted = next(copy for copy in COPIES if view.payment.copy_state(copy) is not JobState.PRINTED)
        return Reply(view.number, Answer.YES if whole(self._printer, wanted) else Answer.NO)

    def _mend(self) -> None:
        for repair in self._repairs:
            self._printer.happen(repair)
        self._printer.wait(2.0)


@cache
def before_printing() -> tuple[tuple[Record, str], ...]:
    """The journal of a payment that waits for its receipt."""
    world = World()
    world.terminal.begin(NOTICE)
    while world.terminal.current is not None and world.terminal.current.state is not State.PRINTING:
        world.terminal.step()
    return tuple(world.journal._lines)


@cache
def body(copy: str) -> str:
    """What a whole copy says below its marks, to its end."""
    world = World()
    payment = next(iter(MemoryJournal(world.clock, world.misfortune, list(before_printing())).payments.values()))
    document = STATIONERY.compose(payment, copy)
    text = plain_text(lay_out(document, columns=48, repertoire=EscPosOptions("x").repertoire))
    lines = text.splitlines()
    return "\n".join(line.rstrip() for line in lines[1:-1])  # without the trial's mark above, and the cut


def paper_tape(printer: InMemoryPrinter) -> str:
    return "".join(piece.text for piece in (*printer.pieces, printer.tape))


def whole(printer: InMemoryPrinter, copy: str) -> int:
    """How many papers end with a whole copy and were cut off: what lacks its end or its cut is not whole."""
    return sum(piece.text.rstrip().endswith(body(copy)) for piece in printer.pieces)


@cache
def places() -> tuple[float, ...]:
    """Every place of the first copy where the paper can stop, in millimetres from the first line on."""
    printer, run, _ = counter(Script(), ())
    while run.payment.state is State.PRINTING:
        paper.print_receipt(run)
    reached, dots = [0.0], 0
    for mark in printer.pieces[0].marks:
        dots += mark.dots
        reached.append(dots / DOTS_PER_MM)
    return tuple(reached)


def counter(script: Script, repairs: tuple[str, ...]) -> tuple[InMemoryPrinter, PaymentInProgress, Person]:
    """A counter whose payment waits for its receipt, a printer with its fate, and whoever stands there."""
    world = World()
    world.journal = MemoryJournal(world.clock, world.misfortune, list(before_printing()))
    printer = InMemoryPrinter(script=script)
    person = Person(printer, repairs)
    desk: Desk = replace(
        world.desk,
        journal=world.journal,
        printer=printer,
        screen=person,
        inbox=person,
        compose=STATIONERY.compose,
    )
    (payment_id,) = world.journal.payments
    return printer, PaymentInProgress(desk, payment_id), person


def told_truly(printer: InMemoryPrinter, payment: Payment) -> Iterator[str]:
    """Whatever the journal says of the last job that is not so on paper."""
    job = payment.copies[-1]
    if job.state is JobState.PRINTED and whole(printer, job.copy) != 1:
        yield f"{job} is called printed, {whole(printer, job.copy)} are on paper"
    if job.state is JobState.PARTIAL and whole(printer, job.copy):
        yield f"{job} is called partial and is whole"
    if job.state is JobState.CANCELLED and job.attempt == 1 and body(job.copy).splitlines()[0] in paper_tape(printer):
        yield f"{job} is called cancelled and something of it is on paper"


def mark_of(printer: InMemoryPrinter, copy: str) -> str:
    """The line above the whole copy."""
    piece = next(piece for piece in printer.pieces if piece.text.rstrip().endswith(body(copy)))
    above = piece.text.rstrip().removesuffix(body(copy)).splitlines()[-1]
    return "replacement" if "sostituisce" in above else "none" if "PROVA" in above else above


# Fault -> what happens, what mends it, and how the journal may call the first sending once it struck.
FAULTS: dict[str, tuple[tuple[str, ...], tuple[str, ...], dict[str, set[str]]]] = {
    "paper runs out": (("paper_out",), ("new_roll",), {"epson": {"partial"}, "clone": {"unknown"}}),
    "the cover opens": (("cover_open",), ("cover_closed",), {"epson": {"partial"}, "clone": {"unknown"}}),
    "the cutter jams": (("cutter_jam",), ("cutter_freed",), {"epson": {"partial"}, "clone": {"unknown"}}),
    "it breaks": (("broken",), ("repaired",), {"epson": {"partial"}, "clone": {"unknown"}}),
    "it stops and falls silent": (
        ("mute_when_stopped", "paper_out"),
        ("new_roll",),
        {"epson": {"unknown"}, "clone": {"unknown"}},
    ),
    "it falls silent": (("mute",), ("talking",), {"epson": {"unknown"}, "clone": {"unknown"}}),
    "its power blinks": (("power_cut",), (), {"epson": {"unknown"}, "clone": {"unknown"}}),
}


def struck(case: int) -> tuple[float, ...]:
    """The places at which this case is tried: others for the next case, so that none is left out by all."""
    return places()[case % EVERY :: EVERY]


# Model -> seconds that it is away when its power blinks: without macros, shorter ones than this go unnoticed.
BOOT = {"epson": 0.05, "clone": 0.05, "compact": 0.9, "plain": 0.9}


@pytest.mark.slow(reason="with POS_CAMPAIGN=full every place of a receipt, some fifty payments a case")
@pytest.mark.parametrize("model", BOOT)
@pytest.mark.parametrize("fault", FAULTS)
def test_the_job_tells_the_truth_and_one_whole_rightly_marked_copy_comes_out(fault: str, model: str) -> None:
    happening, repairs, called = FAULTS[fault]
    clears = "epson" if model in ("epson", "compact") else "clone"
    for millimetres in struck([*FAULTS].index(fault) + [*BOOT].index(model)):
        faults = tuple(Fault(name, at_mm=millimetres) for name in happening)
        printer, run, person = counter(_script(model, faults), repairs)
        where = f"{fault} at {millimetres} mm"
        while run.payment.state is State.PRINTING:
            paper.print_receipt(run)
            lies = list(told_truly(printer, run.payment)) if run.payment.copies else []
            assert lies == [], where
        assert [whole(printer, copy) for copy in COPIES] == [1, 1], f"{where}: {paper_tape(printer)}"
        assert not run.payment.receipt_deferred, where
        assert printer.unknown == (), where
        first = run.payment.copies[0].state
        assert first in {"printed", "cancelled", *called[clears]}, f"{where}: {run.payment.copies}"
        sent = sum(job.may_be_on_paper for job in run.payment.copies if job.copy == "customer")
        assert mark_of(printer, "customer") == ("none" if sent == 1 else "replacement"), f"{where}: {person.asked}"


def _script(model: str, faults: tuple[Fault, ...]) -> Script:
    return Script(model=model, speed_mm_s=SPEED, boot_seconds=BOOT[model], faults=faults)


def test_a_head_that_is_too_hot_for_a_moment_spoils_nothing() -> None:
    for millimetres in struck(0):
        faults = (Fault("hot", at_mm=millimetres), Fault("cooled", after_seconds=0.3))
        printer, run, person = counter(Script(speed_mm_s=SPEED, faults=faults), ())
        while run.payment.state is State.PRINTING:
            paper.print_receipt(run)
        printer.wait(0.5)
        assert [whole(printer, copy) for copy in COPIES] == [1, 1], f"{millimetres} mm"
        assert [mark_of(printer, copy) for copy in COPIES] == ["none", "none"]
        assert {*person.asked} <= {Question.PRINTER_NOT_READY}, (
            "between two jobs it is asked for, in one it is waited for"
        )


@pytest.mark.parametrize("model", ["epson", "clone"])
@pytest.mark.parametrize("millimetres", [0.0, 40.0, 90.0, 140.0])
def test_after_a_kill_nothing_is_sent_again_until_somebody_looked(model: str, millimetres: float) -> None:
    printer, run, person = counter(Script(model=model, speed_mm_s=SPEED), ())
    dead = replace(run.desk, printer=Dying(printer, millimetres / SPEED))
    with pytest.raises(Killed):
        paper.print_receipt(PaymentInProgress(dead, run.payment_id))
    printer.restart_driver()
    reborn = PaymentInProgress(replace(run.desk, journal=world_journal(run)), run.payment_id)
    assert reborn.payment.copy_state("customer") is JobState.SENDING
    reborn.record(TerminalRestarted())
    assert reborn.payment.copy_state("customer") is JobState.UNKNOWN
    while reborn.payment.state is State.PRINTING:
        paper.print_receipt(reborn)
    printer.wait(0.5)
    assert person.asked[0] is Question.COPY_UNPROVEN
    assert [whole(printer, copy) for copy in COPIES] == [1, 1]


class Dying:
    """A printer whose terminal is killed some seconds after the bytes were handed over."""

    def __init__(self, printer: InMemoryPrinter, seconds: float) -> None:
        self._printer = printer
        self._seconds = seconds

    def status(self, *, timeout: float) -> PrinterStatus:
        return self._printer.status(timeout=timeout)

    def render(self, document: Document) -> bytes:
        return self._printer.render(document)

    def print(self, data: bytes, *, timeout: float, tick: Tick) -> Proof:
        self._printer.hand_over(data)
        self._printer.wait(self._seconds)
        raise Killed

    def close(self) -> None:
        """Nobody closes anything when a process is killed."""


def world_journal(run: PaymentInProgress) -> MemoryJournal:
    """What the next process reads."""
    journal = run.desk.journal
    assert isinstance(journal, MemoryJournal)
    return journal.reopened()
