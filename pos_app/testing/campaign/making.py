"""How a campaign's terminal is made: the product's own parts on the world's ports; a mutant is made otherwise."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Literal, cast

from drivers.card_reader.ecr17.driver import Ecr17CardReader
from drivers.card_reader.ecr17.options import Ecr17Options
from drivers.contracts import CardReader, Cut, Document, Text
from drivers.link import Link
from pos_app.desk import Compose, Desk, Limits, Rules
from pos_app.domain.fees import FeeRule
from pos_app.domain.machine import PaymentMachine
from pos_app.domain.states import State
from pos_app.psp.account import PspAccount
from pos_app.psp.client import SoapPspClient
from pos_app.psp.contract import PspClient
from pos_app.psp.transport import Transport
from pos_app.receipts.facts import Merchant, Provider
from pos_app.receipts.papers import Stationery
from pos_app.terminal import ACTIONS, Action, Terminal
from pos_app.testing.campaign.disk import Disk
from pos_app.testing.campaign.line_watch import KEY
from pos_app.testing.campaign.node import OUR_PSP, PASSWORD

if TYPE_CHECKING:
    from pos_app.testing.campaign.world import World

_MACHINE = PaymentMachine()  # stateless between questions
_FEES = {
    "fixed": FeeRule(fixed=150),
    "none": FeeRule(),
    "share": FeeRule(fixed=100, percent=Decimal("1.5"), maximum=250),
}


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

    terminal: Callable[[Desk, Mapping[State, Action]], Terminal] = Terminal
    actions: Mapping[State, Action] = field(default_factory=lambda: ACTIONS)
    limits: Limits = field(default_factory=Limits)
    link: Callable[[Link], Link] = _same_link
    network: Callable[[Transport], Transport] = _same_network
    psp: Callable[[PspClient], PspClient] = _same_psp
    reader: Callable[[Ecr17CardReader], CardReader] = _same_reader
    disk: Callable[[Disk], Disk] = _same_disk

    def desk(self, world: "World") -> Desk:
        """The desk of one process in this world, on the journal that it just opened."""
        return Desk(
            reader=self.reader(self._reader(world)),
            printer=world.printer,
            psp=self.psp(SoapPspClient(_account(world), self.network(world.network))),
            journal=world.journal,
            clock=world.clock,
            inbox=world.people,
            screen=world.people,
            compose=_compose(world),
            rules=_rules(world),
            random_text=world.random_text,
            limits=self.limits,
            objection=lambda _status: world.objection,
            machine=_MACHINE,
        )

    def _reader(self, world: "World") -> Ecr17CardReader:
        plan = world.plan
        return Ecr17CardReader(
            _options(plan.baseline, plan.poll_seconds, extended_result=plan.extended_result),
            fingerprint_key=KEY,
            monotonic=world.clock.monotonic,
            sleep=world.clock.sleep,
            connect=lambda: self.link(world.cable.connect(world.line_watch)),
        )


SOUND = Making()


@cache
def _options(baseline: str, poll_seconds: float, *, extended_result: bool) -> Ecr17Options:
    """Checked once a process; every start of a world's terminal has the same ones."""
    known = cast(Literal["g+t", "g", "none"], baseline)
    return Ecr17Options("world", extended_result=extended_result, baseline=known, poll_seconds=poll_seconds)


def _account(world: "World") -> PspAccount:
    return PspAccount(OUR_PSP, OUR_PSP, f"{OUR_PSP}_01", PASSWORD, api_version=world.plan.api_version)


def _rules(world: "World") -> Rules:
    return Rules(
        fee=_FEES[world.plan.fee],
        key_prefix=OUR_PSP,
        transfer_date=_next_day,
        token_seconds=world.plan.token_seconds,
        verify_first=world.plan.verify_first,
        refund_late=world.plan.refund_late,
    )


def _next_day(day: date) -> date:
    return day + timedelta(days=1)


def _compose(world: "World") -> Compose:
    if world.plan.paper != "whole":
        return lambda payment, copy: Document(copy, (Text(payment.operation), Text(copy), Cut()))
    merchant = Merchant("Edicola del Corso S.n.c.", "Corso Garibaldi 12, 35121 Padova", "01234567890")
    provider = Provider("Banca di Prova", OUR_PSP)
    return Stationery(merchant, provider, "T0000001", lambda: True, world.clock.utc).compose
