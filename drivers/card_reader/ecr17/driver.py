"""A real card reader that speaks ECR17, as drivers.contracts.CardReader wants one.

Of all the messages it sends only s, P, X, S, T, G, E and R. Every doubt is UNCERTAIN: a charge is NOT_STARTED only when
nothing was sent or the reader refused it three times, and a money frame is never repeated on a timer (ecr17.md 3.2).
"""

import logging
import time
from collections.abc import Callable

from drivers.card_reader.ecr17 import words
from drivers.card_reader.ecr17.conversation import Conversation
from drivers.card_reader.ecr17.inquiry import Charge, Inquiry
from drivers.card_reader.ecr17.judgement import as_reversal, judge_charge, transaction_of
from drivers.card_reader.ecr17.layout import Value
from drivers.card_reader.ecr17.messages import NO_STAN, WILDCARD, SessionClosed, request
from drivers.card_reader.ecr17.options import ID_LENGTH, Ecr17Options
from drivers.card_reader.ecr17.questions import Questions, Waiting
from drivers.card_reader.ecr17.receipt import receipt_lines
from drivers.card_reader.ecr17.session import Session
from drivers.card_reader.ecr17.spending import MoneyCommand, Spending
from drivers.contracts import (
    Baseline,
    CardTransaction,
    ChargeAnswer,
    ChargeVerdict,
    ReaderStatus,
    ReversalAnswer,
    Tick,
)
from drivers.errors import DeviceError
from drivers.link import Link, open_link

logger = logging.getLogger(__name__)

MAX_AMOUNT = 99_999_999  # cents: eight digits
REFERENCE_LENGTH = 128
STAN_LENGTH = 6
DOUBLE = "DOUBLE"  # how a reader's double begins its release
PAYMENT_REPLIES = frozenset("EV")
REVERSAL_REPLIES = frozenset("E")


class Ecr17CardReader:
    """One ECR17 reader behind one line, which is opened when it is first needed.

    `fingerprint_key` keys the hash of results: the same key for as long as baselines are kept. `connect` opens the
    line (the profile's port unless a test wires something else); `monotonic` is the clock used for waiting, `sleep`
    lets it pass where no line can be waited on. `session` is for tests that prove what wrong rules would break.

    `on_progress` gets the texts of the reader's display while a command waits: to be shown, never to be concluded from.
    """

    def __init__(  # noqa: PLR0913 - its collaborators, each by its name
        self,
        options: Ecr17Options,
        *,
        fingerprint_key: bytes,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        connect: Callable[[], Link] | None = None,
        session: Session | None = None,
    ) -> None:
        self.on_late: Callable[[CardTransaction], None] = _nobody_listens
        self.on_progress: Callable[[str], None] = _nobody_looks
        self._options = options
        self._key = fingerprint_key
        self._monotonic = monotonic
        self._conversation = Conversation(
            session or Session(options.rule),
            connect or self._open_port,
            monotonic=monotonic,
            on_late=self._take_late,
            on_shown=self._show,
        )
        self._questions = Questions(options, self._conversation, Waiting(monotonic, sleep))
        self._late_results = 0
        self._spending = Spending(options, self._conversation, self._questions, late_results=lambda: self._late_results)
        self._outstanding: int | None = None

    # --- before a charge ---

    def status(self, *, timeout: float, tick: Tick) -> ReaderStatus:
        """See CardReader.status. A reader that is not the profile's is not ready."""
        reply = self._questions.status(timeout=timeout, tick=tick)
        ready, description = words.status_words(reply, self._expected_id())
        return ReaderStatus(ready, description, reply.terminal_id, reply.release, reply.release.startswith(DOUBLE))

    def baseline(self, *, timeout: float, tick: Tick) -> Baseline:
        """See CardReader.baseline. What an idle reader refuses twice it does not offer, or has not saved yet."""
        deadline = self._monotonic() + timeout
        questions, offered = self._questions, self._options.baseline
        terminal_id = questions.status(timeout=timeout, tick=tick).terminal_id
        if offered == "none":
            return Baseline(terminal_id, None)
        payload = questions.if_offered(questions.last_result, timeout=questions.time_left(deadline), tick=tick)
        totals = None
        if offered == "g+t":
            totals = questions.if_offered(questions.totals, timeout=questions.time_left(deadline), tick=tick)
        if payload is None:
            return Baseline(terminal_id, "", totals=totals)
        last = transaction_of(payload, self._key)
        return Baseline(last.terminal_id, last.fingerprint, last.stan, totals)

    # --- money ---

    def pay(
        self,
        amount: int,
        *,
        reference: str,
        timeout: float,
        tick: Tick,
        on_result: Callable[[ChargeAnswer], None],
    ) -> ChargeAnswer:
        """See CardReader.pay."""
        _check_amount(amount)
        code = "X" if self._options.extended_result else "P"
        payload = self._money_request(code, amount=amount, text=_printable(reference))
        command = MoneyCommand(payload, PAYMENT_REPLIES, lambda result: judge_charge(result, amount, self._key))
        self._outstanding = amount
        answer = self._spending.spend(command, timeout=timeout, tick=tick, on_result=on_result)
        self._note(answer)
        return answer

    def reverse(
        self,
        stan: str,
        *,
        timeout: float,
        tick: Tick,
        on_result: Callable[[ReversalAnswer], None],
    ) -> ReversalAnswer:
        """See CardReader.reverse. Raises ValueError for a STAN that would switch the reader's own check off."""
        _check_stan(stan)
        payload = self._money_request("S", stan=stan)
        command = MoneyCommand(payload, REVERSAL_REPLIES, lambda result: judge_charge(result, None, self._key))
        answer = self._spending.spend(
            command, timeout=timeout, tick=tick, on_result=lambda found: on_result(as_reversal(found))
        )
        return as_reversal(answer)

    def resolve(
        self,
        amount: int,
        baseline: Baseline | None,
        *,
        timeout: float,
        tick: Tick,
        on_result: Callable[[ChargeAnswer], None],
    ) -> ChargeAnswer:
        """See CardReader.resolve."""
        _check_amount(amount)
        charge = Charge(amount, baseline, ours=self._outstanding == amount)
        inquiry = Inquiry(charge, self._options, self._conversation, self._questions, self._key)
        answer = inquiry.settle(timeout=timeout, tick=tick, on_result=on_result)
        self._note(answer)
        return answer

    def listen(self, *, timeout: float, tick: Tick) -> None:
        """See CardReader.listen. A reader that is not there has nothing waiting: that raises nothing."""
        try:
            self._conversation.listen(timeout=timeout, tick=tick)
        except DeviceError as error:
            logger.info("reader_not_heard reason=%s", error)

    # --- by hand (`pos-terminal reader …`), beyond the contract ---

    def last(self, *, timeout: float, tick: Tick) -> CardTransaction | None:
        """Return the reader's last saved result, None where it has or offers none. Raises as `status` does."""
        payload = self._questions.if_offered(self._questions.last_result, timeout=timeout, tick=tick)
        return transaction_of(payload, self._key) if payload else None

    def totals(self, *, timeout: float, tick: Tick) -> int | None:
        """Return the reader's totals in cents, None where it offers none. Raises as `status` does."""
        return self._questions.if_offered(self._questions.totals, timeout=timeout, tick=tick)

    def close_session(self, *, timeout: float, tick: Tick) -> SessionClosed:
        """Close the accounting session, which empties the totals: never while a charge is uncertain.

        Raises as `status` does; DeviceUnanswered leaves open whether it was closed.
        """
        return self._questions.close_session(timeout=timeout, tick=tick)

    def reprint(self, *, timeout: float, tick: Tick) -> tuple[str, ...]:
        """Return the lines of the reader's last receipt. Raises as `status` does."""
        text = self._questions.reprint(timeout=timeout, tick=tick)
        return tuple(line.text for line in receipt_lines(text))

    def close(self) -> None:
        """See CardReader.close."""
        self._conversation.close()

    # --- within ---

    def _money_request(self, code: str, **values: Value) -> bytes:
        options = self._options
        return request(code, options.terminal_id, cash_register_id=options.cash_register_id, **values)

    def _note(self, answer: ChargeAnswer) -> None:
        """Keep the charge outstanding while no result of it was seen; raise an alarm about a strange reader."""
        if answer.verdict is not ChargeVerdict.UNCERTAIN or answer.transaction is not None:
            self._outstanding = None
        expected, found = self._expected_id(), answer.transaction
        if found and expected not in (None, found.terminal_id):
            logger.warning("reader_id_differs expected=%s found=%s", expected, found.terminal_id)
        logger.info("reader_verdict verdict=%s", answer.verdict)

    def _show(self, text: str) -> None:
        self.on_progress(text)

    def _take_late(self, payload: bytes) -> None:
        self._late_results += 1
        self.on_late(transaction_of(payload, self._key))

    def _expected_id(self) -> str | None:
        """Return the id the reader must have; the wildcard accepts any (ecr17.md 2)."""
        expected = self._options.terminal_id.rjust(ID_LENGTH, "0")
        return None if expected == WILDCARD else expected

    def _open_port(self) -> Link:
        return open_link(self._options.line, timeout=self._options.connect_seconds, monotonic=self._monotonic)


def _nobody_listens(_transaction: CardTransaction) -> None:
    raise RuntimeError("a late card result came and on_late is not set: it stays unacknowledged")


def _nobody_looks(_text: str) -> None:
    """Leave the text to the reader's own display."""


def _check_amount(amount: int) -> None:
    if type(amount) is not int or not 1 <= amount <= MAX_AMOUNT:
        raise ValueError(f"an amount is 1 to {MAX_AMOUNT} cents, not {amount!r}")


def _check_stan(stan: str) -> None:
    if len(stan) != STAN_LENGTH or not (stan.isascii() and stan.isdigit()) or stan in NO_STAN:
        raise ValueError(f"a reversal needs the STAN of the transaction, six digits, not {stan!r}")


def _printable(text: str) -> str:
    """Return what a reader can print at the end of its slip: ASCII without its own control characters."""
    return "".join(character if " " <= character <= "z" and character != "^" else "?" for character in text)[
        :REFERENCE_LENGTH
    ]
