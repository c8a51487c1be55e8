"""A whole terminal in virtual time: every double, one journal, and processes that end and start again."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import TypeVar

from drivers.contracts import Cut, Document
from pos_app.background import Background
from pos_app.desk import Desk, Rules
from pos_app.domain.fees import FeeRule
from pos_app.domain.machine import PaymentMachine
from pos_app.domain.notice import NoticeCode, read_qr
from pos_app.domain.payment import Payment
from pos_app.domain.states import State
from pos_app.terminal import ACTIONS, Action, Terminal
from pos_app.testing.clock import VirtualClock
from pos_app.testing.counter import People
from pos_app.testing.faults import Killed, Misfortune
from pos_app.testing.journal import MemoryJournal
from pos_app.testing.printer import MemoryPrinter
from pos_app.testing.psp import MemoryPsp
from pos_app.testing.reader import MemoryReader

NOTICE = read_qr("PAGOPA|002|301000000000012373|77777777777|12550")
FEE = FeeRule(fixed=150)
T = TypeVar("T")
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MACHINE = PaymentMachine()  # stateless between questions, and the one thing here that costs milliseconds


class World:
    """What survives a process: clock, journal, reader, PSP, printer, people. `terminal` is the process."""

    def __init__(
        self,
        seed: int = 0,
        *,
        kill_rate: float = 0.0,
        fault_rate: float = 0.0,
        actions: Mapping[State, Action] = ACTIONS,
    ) -> None:
        self._actions = actions
        self.misfortune = Misfortune(seed, kill_rate=kill_rate, fault_rate=fault_rate)
        self.clock = VirtualClock()
        self.reader = MemoryReader(self.clock, self.misfortune)
        self.psp = MemoryPsp(self.clock, self.misfortune)
        self.printer = MemoryPrinter(self.clock, self.misfortune)
        self.people = People(self.clock, self.misfortune)
        self.journal = MemoryJournal(self.clock, self.misfortune)
        self.kills = 0
        self.refund_late = False
        self.start()

    def start(self) -> None:
        """A new process on what the last one left."""
        self.start_on(self.journal.reopened())

    def start_on(self, journal: MemoryJournal) -> None:
        """A new process on this journal."""
        self.journal = journal
        self.desk = Desk(
            reader=self.reader,
            printer=self.printer,
            psp=self.psp,
            journal=self.journal,
            clock=self.clock,
            inbox=self.people,
            screen=self.people,
            compose=lambda _payment, copy: Document(copy, (Cut(),)),
            rules=Rules(fee=FEE, key_prefix="70000000001", transfer_date=_next_day, refund_late=self.refund_late),
            random_text=self._random_text,
            machine=_MACHINE,
        )
        self.terminal = Terminal(self.desk, self._actions)
        self.background = Background(self.desk)

    def pay(self, notice: NoticeCode = NOTICE) -> Payment | None:
        """One payment at the counter; None when the process ended on the way."""
        return self._survive(lambda: self.terminal.pay(notice))

    def restart(self) -> None:
        """Start anew until recovery has run through once."""
        self._time_passes()
        self.start()
        while self._survive(self._recover) is None:
            self.start()

    def drain(self, *, hours: float = 3.0) -> None:
        """Let the background do all it can; the process may end meanwhile and start again."""
        until = self.clock.elapsed() + hours * 3600
        while self.clock.elapsed() < until and self.background.seconds_until_due() != float("inf"):
            self.clock.advance(min(max(self.background.seconds_until_due(), 0.01), 600.0))
            self.psp.rivals_act()
            if self._survive(self.background.step) is None:
                self.restart()

    def heal(self) -> None:
        """Nothing goes wrong from here on, and whatever is open gets its chance."""
        self.misfortune.heal()
        self.restart()
        self.drain()

    @property
    def payments(self) -> list[Payment]:
        """All payments, as the journal tells them."""
        return list(self.journal.payments.values())

    def _recover(self) -> bool:
        self.terminal.recover()
        self.reader.listen(timeout=1.0, tick=self.desk.tick)
        return True

    def _time_passes(self) -> None:
        if self.misfortune.strikes():
            self.clock.reboot(self.misfortune.random.uniform(20.0, 4000.0))
        if self.misfortune.strikes():
            self.clock.jump(self.misfortune.random.uniform(-7200.0, 7200.0))

    def _survive(self, work: Callable[[], T]) -> T | None:
        try:
            return work()
        except Killed:
            self.kills += 1
            return None

    def _random_text(self, length: int) -> str:
        return "".join(self.misfortune.random.choices(_ALPHABET, k=length))


def _next_day(day: date) -> date:
    return day + timedelta(days=1)
