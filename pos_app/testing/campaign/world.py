"""A whole terminal and everything around it, from one plan: processes that end and start again, peers that heal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Literal, cast

from drivers.card_reader.ecr17.driver import Ecr17CardReader
from drivers.card_reader.ecr17.options import Ecr17Options
from drivers.contracts import CardReader, Cut, Document, ReceiptPrinter, Text
from drivers.link import Link
from drivers.printer.simulator.memory import InMemoryPrinter
from pos_app.background import Background
from pos_app.cases import case_of
from pos_app.desk import Desk, Limits, PaymentInProgress, Rules
from pos_app.domain.events import Event
from pos_app.domain.fees import FeeRule
from pos_app.domain.machine import PaymentMachine
from pos_app.domain.notice import NoticeCode, NoticeError, read_qr
from pos_app.domain.payment import Payment
from pos_app.domain.states import State
from pos_app.journal.errors import JournalError, JournalLocked
from pos_app.psp.account import PspAccount
from pos_app.psp.client import SoapPspClient
from pos_app.psp.contract import PspClient
from pos_app.psp.transport import Transport
from pos_app.receipts.facts import Merchant, Provider
from pos_app.receipts.papers import Stationery
from pos_app.terminal import ACTIONS, Action, Terminal
from pos_app.testing.campaign.bytecode import Countdown, traced
from pos_app.testing.campaign.cable import Cable, Counter
from pos_app.testing.campaign.clock import WorldClock
from pos_app.testing.campaign.disk import Disk, FolderDisk, MemoryDisk, WatchedJournal
from pos_app.testing.campaign.life import Life
from pos_app.testing.campaign.node import OUR_PSP, PASSWORD, FarSide
from pos_app.testing.campaign.paper import Notepad, WatchedPrinter
from pos_app.testing.campaign.people import Habits, People
from pos_app.testing.campaign.plan import NOTICES, Plan
from pos_app.testing.campaign.transport import Network
from pos_app.testing.campaign.witness import FELL, KEY, Witness
from pos_app.testing.faults import Killed

_MACHINE = PaymentMachine()  # stateless between questions
_FEE = FeeRule(fixed=150)
_ACCOUNT = PspAccount(OUR_PSP, OUR_PSP, f"{OUR_PSP}_01", PASSWORD)
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MOST_LIVES = 40
_MOST_STEPS = 400
_DRAIN_SECONDS = 6 * 3600.0

BREAKS = (MemoryError, RecursionError, OSError, JournalError)  # what ends a process without being our mistake


def _same_link(link: Link) -> Link:
    return link


def _same_network(network: Transport) -> Transport:
    return network


def _same_psp(client: PspClient) -> PspClient:
    return client


def _same_reader(reader: CardReader) -> CardReader:
    return reader


def _same_disk(disk: Disk) -> Disk:
    return disk


@dataclass(frozen=True)
class Making:
    """How a terminal is made. Everything but the default is a mutant: a rule that doesn't notice it proves nothing."""

    actions: Mapping[State, Action] = field(default_factory=lambda: ACTIONS)
    limits: Limits = field(default_factory=Limits)
    link: Callable[[Link], Link] = _same_link
    network: Callable[[Transport], Transport] = _same_network
    psp: Callable[[PspClient], PspClient] = _same_psp
    reader: Callable[[Ecr17CardReader], CardReader] = _same_reader
    disk: Callable[[Disk], Disk] = _same_disk


SOUND = Making()


class World:
    """What survives a process, and the process: `terminal` and `background`. `arm` puts the plan's faults in place."""

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
        self.clock = WorldClock()
        self.life = Life()
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
        self.between: list[Callable[[], None]] = []  # what happens between two citizens
        self.at_restart: list[Callable[[], None]] = []
        disk = MemoryDisk(self.clock) if folder is None else FolderDisk(self.clock, folder)
        self.disk = making.disk(disk)
        self._inner_printer: ReceiptPrinter = Notepad() if plan.paper == "noted" else InMemoryPrinter()
        self.people = People(self.habits, self.clock, self.life, self.random)
        # What faults act on is there before they are armed; the reader is made of what they leave on the counter.
        self._late_arms: list[Callable[[], None]] = []
        arm(self)
        self.cable = Cable(self.counter, self.clock, self.life)
        self.witness = Witness(self.clock, self.cable.truth, self.far_side)
        self.witness.trace = trace
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
        self._lives(self._begin)
        for visit in self.visits:
            if self.locked:
                return
            self._lives(lambda notice=NOTICES[visit]: self._serve(notice))  # type: ignore[misc]
            self._between_two_citizens()
        self._heal()
        self._note_answers()

    def _note_answers(self) -> None:
        """Which faults of the reader's script had their turn."""
        memory, counter = self.cable.memory, self.counter
        taken = (*counter.payments[: memory.payments], *counter.reversals[: memory.reversals])
        self.struck.update(fault for _, fault in taken if fault)

    def _lives(self, work: Callable[[], None]) -> None:
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
        self.life.is_alive = False
        self.disk.let_go()
        return False

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
        self.witness.new_process()
        self.witness.tell("process", "starts")
        self.journal = WatchedJournal(self.disk.open(), self.life, self.witness, self.disk.text_of)
        if self.countdown is not None:
            self.witness.catch_up(self.disk.records())
        making, clock = self._making, self.clock
        desk = Desk(
            reader=making.reader(self._reader()),
            printer=self.printer,
            psp=making.psp(SoapPspClient(_ACCOUNT, making.network(self.network))),
            journal=self.journal,
            clock=clock,
            inbox=self.people,
            screen=self.people,
            compose=self._compose(),
            rules=Rules(
                fee=_FEE, key_prefix=OUR_PSP, transfer_date=_next_day, token_seconds=self.plan.token_seconds,
                verify_first=self.plan.verify_first, refund_late=self.plan.refund_late,
            ),
            random_text=self._random_text,
            limits=making.limits,
            machine=_MACHINE,
        )  # fmt: skip
        self.terminal, self.background = Terminal(desk, making.actions), Background(desk)
        self.terminal.recover()
        self.terminal.listen()

    def _reader(self) -> Ecr17CardReader:
        options = Ecr17Options(
            "world",
            extended_result=self.plan.extended_result,
            baseline=cast(Literal["g+t", "g", "none"], self.plan.baseline),
            poll_seconds=self.plan.poll_seconds,
        )
        return Ecr17CardReader(
            options,
            fingerprint_key=KEY,
            monotonic=self.clock.monotonic,
            sleep=self.clock.sleep,
            connect=lambda: self._making.link(self.cable.connect(self.witness)),
        )

    def _compose(self) -> Callable[[Payment, str], Document]:
        if self.plan.paper != "whole":
            return lambda payment, copy: Document(copy, (Text(payment.operation), Text(copy), Cut()))
        merchant = Merchant("Edicola del Corso S.n.c.", "Corso Garibaldi 12, 35121 Padova", "01234567890")
        provider = Provider("Banca di Prova", OUR_PSP)
        return Stationery(merchant, provider, "T0000001", lambda: True, self.clock.utc).compose

    def _random_text(self, length: int) -> str:
        return "".join(self.random.choices(_ALPHABET, k=length))

    # --- the day ---------------------------------------------------------------------------------

    def _serve(self, notice: NoticeCode) -> None:
        for fault, code in self.presented:
            self._show(fault, code)
        held = self.terminal.holding(notice)
        payment = self.terminal.pay(notice)
        if held is not None and payment.id != held.id:
            self.witness.breach("double", "money rule 8", f"{payment.operation} beside {held.operation}")

    def _show(self, fault: str, code: str) -> None:
        self.strikes(fault)
        try:
            read_qr(code)
        except NoticeError:
            return
        self.witness.breach("double", "23 only a notice is a notice", repr(code))

    def _between_two_citizens(self) -> None:
        if self.locked:
            return
        if self.between:
            self.between.pop(0)()
        for _ in range(self.random.choice((0, 1, 3))):
            self._a_minute_passes()

    def _a_minute_passes(self) -> None:
        if not self.locked:
            due = self.background.seconds_until_due()
            self.clock.advance(min(max(due, 1.0), 60.0))
            self._lives(lambda: _step(self.background))

    def _heal(self) -> None:
        """From here on nothing goes wrong: what is open gets its chance, then people do what is theirs to do."""
        self.life.forget_plans()
        self.healed = True
        if self.countdown is not None:
            self.countdown.is_over = True
        self.network.heal()
        self.cable.heal()
        self.habits.fickle = 0
        self._mend_printer()
        self.witness.tell("world", "healed")
        if not self.locked:
            self._lives(self._close_and_restart)
            self._drain()

    def reopen(self) -> None:
        """A new process, after somebody else had the journal."""
        self._lives(self._close_and_restart)

    def _close_and_restart(self) -> None:
        self.life.is_alive = False
        self.disk.let_go()
        self.clock.advance(1.0)
        self._begin()

    def _mend_printer(self) -> None:
        self.printer.blocked = False
        if self.paper_machine is not None:
            self.paper_machine.absent = False
            for repair in ("new_roll", "cover_closed", "cutter_freed", "repaired", "cooled", "talking"):
                self.paper_machine.happen(repair)

    def _drain(self) -> None:
        until = self.clock.now + _DRAIN_SECONDS
        for _ in range(_MOST_STEPS):
            due = self.background.seconds_until_due()
            if due == float("inf") or self.clock.now >= until or self._only_people_can_go_on():
                return
            self.clock.advance(max(due, 0.01))
            self._lives(lambda: _step(self.background))

    def _only_people_can_go_on(self) -> bool:
        """Nothing is left but charges that a person has to rule on, asked about once more since they healed."""
        owned = self.background.owned()
        if any(not payment.needs_person for payment in owned):
            self._polls = 0
            return False
        self._polls += 1
        return self._polls > len(owned)

    _polls = 0

    # --- what people do --------------------------------------------------------------------------

    def people_rule(self) -> None:
        """A person does what every case is waiting for, by what really happened."""
        for payment in list(self.journal.payments.values()):
            if payment.needs_person:
                self._lives(lambda held=payment: self._rule(held))  # type: ignore[misc]
        self._polls = 0
        self._drain()

    def _rule(self, payment: Payment) -> None:
        verdicts = case_of(payment).verdicts
        charged = bool(self.cable.truth.charges_of(payment.operation))
        first = ["retry", "refunded"] if payment.other_amount_card or payment.conflict else ["retry"]
        then = ["charged", "resend", "refunded"] if charged else ["not-charged", "settled"]
        verdict = next(name for name in (*first, *then, *verdicts) if name in verdicts)
        if verdict == "refunded":
            self._give_back(payment)
        event: Event = verdicts[verdict]("Anna Bianchi", "per scontrino del lettore")
        PaymentInProgress(self.terminal.desk, payment.id).record(event)

    def _give_back(self, payment: Payment) -> None:
        """The acquirer refunds it, at a person's word."""
        ledger = self.cable.memory.ledger
        for place, charge in enumerate(ledger):
            if charge.reference == payment.operation:
                ledger[place] = type(charge)(charge.amount, charge.stan, charge.reference, reversed=True)


def _step(background: Background) -> None:
    background.step()


def _next_day(day: date) -> date:
    return day + timedelta(days=1)
