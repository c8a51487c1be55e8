"""A whole terminal and everything around it, from one plan: processes that end and start again, peers that heal."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random

from drivers.contracts import ReceiptPrinter
from drivers.printer.simulator.memory import InMemoryPrinter
from pos_app.background import Background, needs_devices, needs_none
from pos_app.desk import PaymentInProgress
from pos_app.domain.payment import Payment
from pos_app.journal.errors import JournalError, JournalLocked
from pos_app.testing.campaign.bytecode import Countdown, traced
from pos_app.testing.campaign.cable import Cable, Counter
from pos_app.testing.campaign.clock import AT_THE_END_OF_A_MONTH, START, WorldClock
from pos_app.testing.campaign.day import between_two_citizens, serve
from pos_app.testing.campaign.disk import FolderDisk, MemoryDisk
from pos_app.testing.campaign.healing import heal
from pos_app.testing.campaign.life import Life
from pos_app.testing.campaign.line_watch import LineWatch
from pos_app.testing.campaign.making import SOUND, Making
from pos_app.testing.campaign.meanwhile import Meanwhile
from pos_app.testing.campaign.node import FarSide
from pos_app.testing.campaign.paper import Notepad, WatchedPrinter
from pos_app.testing.campaign.people import Habits, People
from pos_app.testing.campaign.plan import NOTICES, Plan
from pos_app.testing.campaign.transport import Network
from pos_app.testing.campaign.watched_journal import WatchedJournal
from pos_app.testing.campaign.witness import FELL, Witness
from pos_app.testing.faults import Killed

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MOST_LIVES = 40

BREAKS = (MemoryError, RecursionError, OSError, JournalError)  # what ends a process without being our mistake


class World:
    """What survives a process, and the process itself. `arm` puts the plan's faults in place."""

    def __init__(  # noqa: PLR0913 - the plan, and how to look at it
        self,
        plan: Plan,
        arm: Callable[["World"], None],
        *,
        making: Making = SOUND,
        folder: Path | None = None,
        trace: list[str] | None = None,
        opcode: int | None = None,
    ) -> None:
        self.plan = plan
        self.random = Random(f"{plan.seed} world")  # noqa: S311 - repeatable, not secret
        self.clock = WorldClock(AT_THE_END_OF_A_MONTH if plan.month_ends else START)
        self._meanwhile = Meanwhile(plan.meanwhile, Random(f"{plan.seed} meanwhile"))  # noqa: S311 - the same
        self.life = Life(self._meanwhile.gets_its_turn)
        self.countdown = None if opcode is None else Countdown(self.life, opcode)
        self.counter = Counter()
        self.habits = Habits(fickle=plan.fickle)
        self.visits = list(plan.visits)
        self.struck: set[str] = set()
        self.locked = False
        self.healed = False
        self._making = making
        self.far_side = FarSide(self.clock, NOTICES)
        self.presented: list[tuple[str, str]] = []  # fault and code: shown before the notice, and no notice
        self.must_lock = False
        self.objection: str | None = None  # why this reader must not be asked for money here
        self.between: list[Callable[[], None]] = []  # what happens between two citizens
        self.at_restart: list[Callable[[], None]] = []
        disk = MemoryDisk(self.clock) if folder is None else FolderDisk(self.clock, folder)
        self.disk = making.disk(disk)
        self._inner_printer: ReceiptPrinter = Notepad() if plan.paper == "noted" else InMemoryPrinter()
        self.people = People(self.habits, self.clock, self.life, self.random, self._meanwhile.gets_its_turn)
        # What faults act on is there before they are armed; the reader is made of what they leave on the counter.
        self._late_arms: list[Callable[[], None]] = []
        arm(self)
        self.cable = Cable(self.counter, self.clock, self.life)
        self.witness = Witness(self.clock, self.cable.truth, self.far_side)
        self.witness.trace = trace
        self.line_watch = LineWatch(self.witness)
        self.people.watch(self.witness)
        self.network = Network(self.clock, self.life, self.far_side, self.witness)
        self.printer = WatchedPrinter(self._inner_printer, self.clock, self.life, self.witness)
        for late in self._late_arms:
            late()
        for kill in plan.kills:
            plan_it = self.life.in_next_life if kill.in_recovery else self.life.at
            plan_it(kill.kind, kill.count, self.life.kill)

    # --- for faults ------------------------------------------------------------------------------

    def once_made(self, arm: Callable[[], None]) -> None:
        """Arm this when cable, network and printer are there."""
        self._late_arms.append(arm)

    def strikes(self, fault: str) -> None:
        """A fault really happened."""
        self.struck.add(fault)
        self.witness.tell("fault", fault)

    @property
    def paper_machine(self) -> InMemoryPrinter | None:
        """The printer's double, where this world draws its paper."""
        return self._inner_printer if isinstance(self._inner_printer, InMemoryPrinter) else None

    # --- a life ----------------------------------------------------------------------------------

    def run(self) -> None:
        """The whole schedule: open, serve everybody, heal, let everything drain."""
        self.lives(self._begin)
        for visit in self.visits:
            if self.locked:
                return
            self.lives(partial(serve, self, NOTICES[visit]))
            between_two_citizens(self)
        heal(self)
        self._note_answers()

    def _note_answers(self) -> None:
        """Which faults of the reader's script had their turn."""
        memory, counter = self.cable.memory, self.counter
        taken = (*counter.payments[: memory.payments], *counter.reversals[: memory.reversals])
        self.struck.update(fault for _, fault in taken if fault)

    def lives(self, work: Callable[[], None]) -> None:
        """Do `work`; when the process ends on the way, start anew until recovery has run through once."""
        if self._survives(work):
            return
        for _ in range(_MOST_LIVES):
            if self.locked or self._survives(self._restart):
                return
        self.witness.breach("stuck", "26 recovery comes to an end", f"{_MOST_LIVES} processes did not suffice")

    def _survives(self, work: Callable[[], None]) -> bool:
        try:
            self._do(work)
        except Killed:
            self.witness.tell("process", f"killed at {self.life.last}")
        except JournalLocked as error:
            self.locked = True
            self.witness.tell("process", f"locked: {error}")
            if not self.must_lock:
                self.witness.breach("stuck", "21 only a damaged journal is refused", str(error))
        except BREAKS as error:
            self.witness.tell("process", f"ends: {type(error).__name__}: {error}")
        except Exception as error:  # noqa: BLE001 - whatever it is, the campaign must tell it
            self.witness.breach("stuck", FELL, f"{type(error).__name__}: {error}")
        else:
            return True
        self._ends()
        return False

    def _ends(self) -> None:
        self.life.is_alive = False
        self._meanwhile.end()
        self.disk.let_go()

    def _do(self, work: Callable[[], None]) -> None:
        if self.countdown is None or self.countdown.is_over:
            work()
            return
        with traced(self.countdown):
            work()

    def _restart(self) -> None:
        if self.random.random() < 0.25:
            self.clock.reboot(self.random.choice((20.0, 60.0, 400.0, 4000.0)))
        else:
            self.clock.advance(self.random.choice((0.5, 2.0, 5.0, 30.0)))
        if self.random.random() < 0.5:
            self.cable.wired.waiting.clear()  # what a terminal line held is lost when its last reader closes it
        if self.at_restart and not self.healed:
            self.at_restart.pop(0)()
        self._begin()
        if self.must_lock:
            self.witness.breach("lost", "21 a damaged journal is refused", "it was opened")

    def _begin(self) -> None:
        self.life.start()
        self.line_watch.new_process()
        self.witness.tell("process", "starts")
        self.journal = WatchedJournal(self.disk.open(), self.life, self.witness, self.disk.text_of)
        if self.countdown is not None:
            self.witness.catch_up(self.disk.records())
        desk = self._making.desk(self)
        self.terminal = self._making.terminal(desk, self._making.actions)
        self._at_devices = Background(desk, takes=needs_devices)
        self._on_the_wire = Background(replace(desk, screen=self.people.aside), takes=needs_none)
        left_open = self.terminal.recover()
        self.terminal.listen()
        for payment in left_open:  # as a start shows them, once it heard the reader
            PaymentInProgress(desk, payment.id).show()
        self._meanwhile.start(self._on_the_wire)

    def random_text(self, length: int) -> str:
        """So many letters and digits, the same again for the same seed."""
        return "".join(self.random.choices(_ALPHABET, k=length))

    # --- what is parked --------------------------------------------------------------------------

    @property
    def parked(self) -> list[Payment]:
        """The payments that go on without anybody at the counter."""
        return [*self._at_devices.owned(), *self._on_the_wire.owned()]

    def seconds_until_due(self) -> float:
        """Seconds until something is due for them; infinite when only people can go on."""
        return min(self._at_devices.seconds_until_due(), self._on_the_wire.seconds_until_due())

    def let_it_go_on(self) -> None:
        """As `run` has it: what needs a device is the loop's, all else is done beside it."""
        self.lives(self._one_turn)

    def _one_turn(self) -> None:
        self._at_devices.step()
        self._meanwhile.step()
        self.journal.roll()

    def reopen(self) -> None:
        """A new process, after somebody else had the journal."""
        self.lives(self._close_and_restart)

    def _close_and_restart(self) -> None:
        self._ends()
        self.clock.advance(1.0)
        self._begin()
