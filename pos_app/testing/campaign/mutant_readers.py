"""Drivers of wrong terminals: one trusts the last result, one acknowledges before anything is written down."""

from collections.abc import Callable

from drivers.card_reader.ecr17.driver import Ecr17CardReader
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

OnResult = Callable[[ChargeAnswer], None]


class PlainReader:
    """The reader as it is: what a mutant doesn't change."""

    def __init__(self, inner: Ecr17CardReader) -> None:
        self.inner = inner

    @property
    def on_late(self) -> Callable[[CardTransaction], None]:
        """See CardReader."""
        return self.inner.on_late

    @on_late.setter
    def on_late(self, take: Callable[[CardTransaction], None]) -> None:
        self.inner.on_late = take

    @property
    def on_progress(self) -> Callable[[str], None]:
        """See CardReader."""
        return self.inner.on_progress

    @on_progress.setter
    def on_progress(self, show: Callable[[str], None]) -> None:
        self.inner.on_progress = show

    def status(self, *, timeout: float, tick: Tick) -> ReaderStatus:
        """See CardReader.status."""
        return self.inner.status(timeout=timeout, tick=tick)

    def baseline(self, *, timeout: float, tick: Tick) -> Baseline:
        """See CardReader.baseline."""
        return self.inner.baseline(timeout=timeout, tick=tick)

    def pay(self, amount: int, *, reference: str, timeout: float, tick: Tick, on_result: OnResult) -> ChargeAnswer:
        """See CardReader.pay."""
        return self.inner.pay(amount, reference=reference, timeout=timeout, tick=tick, on_result=on_result)

    def resolve(
        self, amount: int, baseline: Baseline | None, *, timeout: float, tick: Tick, on_result: OnResult
    ) -> ChargeAnswer:
        """See CardReader.resolve."""
        return self.inner.resolve(amount, baseline, timeout=timeout, tick=tick, on_result=on_result)

    def reverse(
        self, stan: str, *, timeout: float, tick: Tick, on_result: Callable[[ReversalAnswer], None]
    ) -> ReversalAnswer:
        """See CardReader.reverse."""
        return self.inner.reverse(stan, timeout=timeout, tick=tick, on_result=on_result)

    def listen(self, *, timeout: float, tick: Tick) -> None:
        """See CardReader.listen."""
        self.inner.listen(timeout=timeout, tick=tick)

    def close(self) -> None:
        """See CardReader.close."""
        self.inner.close()


class TrustingReader(PlainReader):
    """Takes the last approval of the right amount for this one's, whatever the baseline says."""

    def resolve(
        self, amount: int, baseline: Baseline | None, *, timeout: float, tick: Tick, on_result: OnResult
    ) -> ChargeAnswer:
        """See CardReader.resolve."""
        try:
            last = self.inner.last(timeout=timeout, tick=tick)
        except DeviceError:
            last = None
        if last is None or not last.approved or last.amount != amount:
            return self.inner.resolve(amount, baseline, timeout=timeout, tick=tick, on_result=on_result)
        answer = ChargeAnswer(ChargeVerdict.APPROVED, "ultimo esito", last)
        on_result(answer)
        return answer


class HastyReader(PlainReader):
    """Acknowledges the reader first, and tells the answer afterwards."""

    def pay(self, amount: int, *, reference: str, timeout: float, tick: Tick, on_result: OnResult) -> ChargeAnswer:
        """See CardReader.pay."""
        answer = self.inner.pay(amount, reference=reference, timeout=timeout, tick=tick, on_result=_keep_quiet)
        on_result(answer)
        return answer


def _keep_quiet(_answer: ChargeAnswer) -> None:
    """Nobody is told yet."""
