"""One money command: sent once, its verdict handed over exactly once, its receipt gathered (ecr17.md 3.2)."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from drivers.card_reader.ecr17 import words
from drivers.card_reader.ecr17.conversation import Conversation
from drivers.card_reader.ecr17.options import Ecr17Options
from drivers.card_reader.ecr17.questions import Questions
from drivers.card_reader.ecr17.receipt import receipt_lines
from drivers.card_reader.ecr17.steps import Command
from drivers.contracts import ChargeAnswer, ChargeVerdict, Tick
from drivers.errors import DeviceError

OnResult = Callable[[ChargeAnswer], None]


@dataclass(frozen=True)
class MoneyCommand:
    """A payment or a reversal: its frame, the codes that answer it, and how such an answer is judged."""

    payload: bytes = field(repr=False)
    replies: frozenset[str]
    judge: Callable[[bytes], ChargeAnswer]


class Spending:
    """Sends money commands. `late_results` counts what came by itself: a charge never starts right after one."""

    def __init__(
        self,
        options: Ecr17Options,
        conversation: Conversation,
        questions: Questions,
        *,
        late_results: Callable[[], int],
    ) -> None:
        self._options = options
        self._conversation = conversation
        self._questions = questions
        self._late_results = late_results

    def spend(self, command: MoneyCommand, *, timeout: float, tick: Tick, on_result: OnResult) -> ChargeAnswer:
        """Return the answer with the receipt's lines. Never raises a DeviceError of its own."""
        answers: list[ChargeAnswer] = []

        def hand_over(answer: ChargeAnswer) -> None:
            on_result(answer)
            answers.append(answer)

        receipt = ""
        try:
            receipt = self._send(command, timeout=timeout, tick=tick, hand_over=hand_over)
        except DeviceError as error:
            if not answers:
                hand_over(ChargeAnswer(ChargeVerdict.NOT_STARTED, f"{error} Nessun addebito."))
        return replace(answers[0], receipt=tuple(line.text for line in receipt_lines(receipt)))

    def _send(self, command: MoneyCommand, *, timeout: float, tick: Tick, hand_over: OnResult) -> str:
        """Return the raw receipt. Raises a DeviceError only where the money frame was not sent."""
        before = self._late_results()
        self._questions.print_on_ecr(timeout=timeout, tick=tick)
        self._conversation.prepare(tick)
        if self._late_results() != before:
            hand_over(ChargeAnswer(ChargeVerdict.NOT_STARTED, words.EARLIER_RESULT))
            return ""
        spoken = self._conversation.run(
            Command(command.payload, self._options.money_limits(timeout), command.replies, money=True, receipt=True),
            timeout=timeout,
            tick=tick,
            on_answer=lambda payload: hand_over(command.judge(payload)),
        )
        if spoken.payload is None:
            hand_over(ChargeAnswer(*words.CHARGE_ENDINGS[spoken.ending]))
        return spoken.receipt
