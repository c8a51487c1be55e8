"""Whatever tills do at one notice, in whatever order: what must hold at the Node all the time (pagopa.md 1.2)."""

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.pos_app.sandbox.conftest import Rules

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["activate", "OK", "KO", "pass time", "cancel", "deliver"]),
        st.booleans(),
        st.integers(0, 3),
    ),
    max_size=14,
)


class Notice:
    """Two tills at one notice."""

    def __init__(self, rules: "Rules", number: str) -> None:
        self.rules = rules
        self.number = number
        self.tills = (rules.till, rules.till.as_rival())
        rules.put(number)
        rules.configure(cancel_job="manual")

    def step(self, what: str, *, rival: bool, which: int) -> None:
        till = self.tills[rival]
        if what == "activate":
            till.activate(self.number)
        elif what == "pass time":
            self.rules.sandbox.advance(901)
        elif what == "cancel":
            self.rules.sandbox.node.cancel_expired()
        elif what == "deliver":
            self.rules.deliver()
        else:
            tokens = [session.token for session in self.rules.sessions(self.number)]
            till.outcome(tokens[which % len(tokens)] if tokens else "unknown", what)

    def check(self) -> None:
        sessions = self.rules.sessions(self.number)
        paid = [session for session in sessions if session.is_paid]
        opened = [session for session in sessions if session.is_open]
        receipts = [receipt for session in sessions for receipt in self.rules.sandbox.store.receipts_of(session.token)]
        assert len(paid) <= 1
        assert len(opened) <= (0 if paid else 1)
        assert {receipt.token for receipt in receipts} == {session.token for session in paid}
        assert all(session.history[0] == "PAYING" for session in sessions)
        assert not any("FAILED" in session.history for session in paid)
        expected = "PAID" if paid else "PAYING" if opened else "INSERTED"
        notified = bool(paid) and paid[0].status == "NOTIFIED"
        assert self.rules.position(self.number) == ("NOTIFIED" if notified else expected)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_a_notice_is_paid_once_and_locked_by_one_at_a_time(rules: "Rules", steps: list[tuple[str, bool, int]]) -> None:
    rules.sandbox.reset()
    notice = Notice(rules, "301000000000000144")
    for what, rival, which in steps:
        notice.step(what, rival=rival, which=which)
        notice.check()
