"""The far side of a campaign's world: PSP backend, Node and creditor institution, by the sandbox's own rules.

What the sandbox's server does between two actors over HTTP happens here in one call; requests and answers are the same
bytes. What the Node remembers is the ground truth of every session.
"""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from lxml import etree

from pos_app.domain.money import to_wire
from pos_app.domain.notice import NoticeCode
from pos_app.psp import wire
from pos_app.sandbox import psp_backend
from pos_app.sandbox.clock import SandboxClock
from pos_app.sandbox.creditor import Creditor
from pos_app.sandbox.ec_calls import EcCall, EcReply
from pos_app.sandbox.node import Node, run
from pos_app.sandbox.node_world import NodeWorld
from pos_app.sandbox.notices import Notice, Position, position_key, read_position
from pos_app.sandbox.records import Session
from pos_app.sandbox.registry import Registry, default_registry
from pos_app.sandbox.soap import NODE
from pos_app.sandbox.store import Store
from pos_app.sandbox.xmltree import Item, build, text
from pos_app.testing.campaign.clock import WorldClock

OUR_PSP, RIVAL = "70000000001", "40000000001"
PASSWORD = "pwdpwdpwd"  # noqa: S105 - the sandbox's default, and the canary that no record may hold
_TOKEN_SECONDS = 1800


@cache
def registry() -> Registry:
    """The sandbox's own, read once a process."""
    return default_registry()


@cache
def _position(notice: NoticeCode) -> Position:
    """Where this notice has its place, checked once."""
    return read_position(notice.creditor.digits, notice.number.digits, {"amount": notice.amount}, year=2026)


def _held(notice: NoticeCode, held: Notice) -> Position:
    return replace(_position(notice), notice=replace(held, due_date=held.due_date or "2026-12-31"))


@cache
def _payable(notice: NoticeCode) -> Position:
    """This notice as every world begins with it."""
    return _held(notice, Notice(notice.amount))


class FarSide:
    """Everything behind the PSP's address. `sessions` and `position_status` are what really became of the payments."""

    def __init__(self, clock: WorldClock, notices: tuple[NoticeCode, ...]) -> None:
        self._terminal = registry().terminals[0]
        self._store = Store()
        self._creditor = Creditor(registry, self._store)
        tokens = (f"{count:032x}" for count in itertools.count(1))
        self._world = NodeWorld(
            registry, self._store, SandboxClock(clock.true_utc), lambda: next(tokens), self._creditor.handle
        )
        self._node = Node(self._world)
        self._rival_keys = itertools.count(1)
        for notice in notices:
            self._store.positions.put(_payable(notice).key, _payable(notice))

    # --- answering -------------------------------------------------------------------------------

    def answer(self, data: bytes, soap_action: str) -> bytes:
        """What the PSP's backend answers to these bytes, all effects done."""
        operation, request = NODE.read(data, soap_action)
        forwarded = psp_backend.put_in(registry(), self._terminal, request)
        return wire.envelope(run(self._node.handle(operation, forwarded), self._ask))

    def _ask(self, call: EcCall) -> EcReply:
        return EcReply(self._creditor.handle(call.operation, call.request))

    # --- what a fault or a rival does ------------------------------------------------------------

    def put(self, notice: NoticeCode, held: Notice) -> None:
        """Let the creditor institution hold this notice as `held` says."""
        position = _held(notice, held)
        self._store.positions.put(position.key, position)

    def cancel_expired(self) -> None:
        """Run the Node's job that ends expired sessions."""
        self._node.cancel_expired()

    def forget_answers(self) -> None:
        """No answer is kept under its idempotency key any more."""
        for kept in list(self._store.answers):
            self._store.answers.drop(kept.key)

    def rival_pays(self, notice: NoticeCode) -> bool:
        """Another PSP's till activates and pays this notice, where it can; whether it did."""
        token = self.rival_activates(notice)
        return token is not None and self.rival_reports(token, "OK")

    def rival_activates(self, notice: NoticeCode) -> str | None:
        """Another PSP's till activates; its token, None where the Node refuses."""
        code = [("fiscalCode", notice.creditor.digits), ("noticeNumber", notice.number.digits)]
        answer = self._as_psp(RIVAL, "activatePaymentNoticeV2", [("qrCode", code), ("amount", to_wire(notice.amount))])
        return text(answer, "paymentToken")

    def rival_reports(self, token: str, verdict: str) -> bool:
        """Another PSP's till reports its outcome; whether the Node took it."""
        return text(self._report(RIVAL, token, verdict), "outcome") == "OK"

    def back_office_reports(self, token: str, verdict: str) -> None:
        """Our own PSP's back office reports on a session of ours, behind the terminal's back."""
        self._report(OUR_PSP, token, verdict)

    def _report(self, psp: str, token: str, verdict: str) -> etree._Element:
        details: list[Item] = [
            ("paymentMethod", "cash"),
            ("paymentChannel", "frontOffice"),
            ("fee", "0.00"),
            ("applicationDate", "2026-11-21"),
            ("transferDate", "2026-11-23"),
        ]
        tokens = [("paymentToken", token)]
        items: list[Item] = [("paymentTokens", tokens), ("outcome", verdict)]
        items.append(("details", details if verdict == "OK" else None))
        return self._as_psp(psp, "sendPaymentOutcomeV2", items)

    def _as_psp(self, psp: str, name: str, items: list[Item]) -> etree._Element:
        head: list[Item] = [
            ("idPSP", psp), ("idBrokerPSP", psp), ("idChannel", f"{psp}_01"), ("password", PASSWORD),
        ]  # fmt: skip
        operation = wire.OPERATIONS[name]
        request = build(operation.request, [*head, *items], prefix="nod")
        return run(self._node.handle(operation, request), self._ask)

    # --- the truth -------------------------------------------------------------------------------

    def our_sessions(self) -> Iterator[Session]:
        """The sessions that our PSP ever opened."""
        return (session for session in self._store.sessions if session.psp == OUR_PSP)

    def session(self, token: str) -> Session | None:
        """The session of that token."""
        return self._store.sessions.get(token)

    def open_session_of(self, notice: NoticeCode) -> Session | None:
        """The session that locks this notice."""
        position = position_key(notice.creditor.digits, notice.number.digits)
        return next((each for each in self._store.sessions_of(position) if each.is_open), None)

    def rival_holds_or_paid(self, session: Session) -> bool:
        """Whether another session than this one pays its notice, or did."""
        others = (each for each in self._store.sessions_of(session.position) if each.token != session.token)
        return any(each.is_open or each.is_paid for each in others)

    def was_paid_elsewhere(self, session: Session) -> bool:
        """Whether another session than this one paid its notice."""
        others = (each for each in self._store.sessions_of(session.position) if each.token != session.token)
        return any(each.is_paid for each in others)
