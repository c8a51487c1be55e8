"""The Node as its callers know it: a request in, questions to the EC if it needs them, an answer out.

No HTTP, no threads, no clock of its own. `handle` is a generator: it yields EcCall and is sent EcReply; its value is
the answer's element. The checks before it (well-formed, in the schema) are those of `soap.Contract`.
"""

from collections.abc import Callable
from datetime import timedelta

from lxml import etree

from pos_app.psp.wire import Operation
from pos_app.sandbox import node_activation, node_outcome, node_rpt, node_rpt_checks, node_verification
from pos_app.sandbox.ec_calls import EcCall, EcReply, Steps
from pos_app.sandbox.faultcodes import Refused
from pos_app.sandbox.legacy_soap import Head
from pos_app.sandbox.node_world import NodeWorld
from pos_app.sandbox.soap import NODE


class Node:
    """The rules of the Nodo dei Pagamenti towards PSPs, on the collaborators of `world`."""

    def __init__(self, world: NodeWorld) -> None:
        self.world = world
        self._cancel_ran = world.clock.now()

    def handle(self, operation: Operation, request: etree._Element) -> Steps:
        """Answer a request that the schema allows."""
        self.cancel_if_due()
        try:
            if operation.name in _ASKING:
                return (yield from _ASKING[operation.name](self.world, operation, request))
            return _ALONE[operation.name](self.world, operation, request)
        except Refused as refusal:
            return NODE.refusal(operation, refusal.fault)

    def take_rpt(self, operation: Operation, head: Head, request: etree._Element) -> etree._Element:
        """Answer an EC of the old model that sends an RPT."""
        self.cancel_if_due()
        return node_rpt_checks.send_rpt(self.world, operation, head, request)

    def cancel_expired(self) -> int:
        """The job that ends expired sessions (pagopa.md 1.2); how many there were."""
        self._cancel_ran = self.world.clock.now()
        expired = [session for session in self.world.store.open_sessions() if session.expires_at <= self._cancel_ran]
        for session in expired:
            if session.legacy:
                node_rpt.cancel(self.world, session)
            else:
                self.world.keep(session.after("CANCELLED"))
        return len(expired)

    def cancel_if_due(self) -> int:
        """Run the job if it runs by itself and its time has come; how many it cancelled."""
        registry = self.world.registry()
        if registry.cancel_job != "auto":
            return 0
        next_run = self._cancel_ran + timedelta(seconds=registry.cancel_job_seconds)
        return self.cancel_expired() if self.world.clock.now() >= next_run else 0


def run(steps: Steps, ask: Callable[[EcCall], EcReply]) -> etree._Element:
    """Drive the rules without a network: `ask` answers each question at once."""
    try:
        question = next(steps)
        while True:
            question = steps.send(ask(question))
    except StopIteration as end:
        answer: etree._Element = end.value
        return answer


# What asks the EC on the way, and what the Node knows alone.
_ASKING: dict[str, Callable[[NodeWorld, Operation, etree._Element], Steps]] = {
    "verifyPaymentNotice": node_verification.verify,
    "verificaBollettino": node_verification.verify_bollettino,
    "activatePaymentNotice": node_activation.activate,
    "activatePaymentNoticeV2": node_activation.activate,
}
_ALONE: dict[str, Callable[[NodeWorld, Operation, etree._Element], etree._Element]] = {
    "sendPaymentOutcome": node_outcome.send_outcome,
    "sendPaymentOutcomeV2": node_outcome.send_outcome,
}
