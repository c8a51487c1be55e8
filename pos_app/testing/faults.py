"""Where things go wrong: a seeded source of misfortune that every double asks before and after it acts."""

import random


class Killed(BaseException):
    """The process ended here. Not an Exception: nothing may catch it and go on."""


class Misfortune:
    """Decides, from one seed, what goes wrong. `heal` ends all of it."""

    def __init__(self, seed: int, *, kill_rate: float = 0.0, fault_rate: float = 0.0) -> None:
        self.random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self._kill_rate = kill_rate
        self._fault_rate = fault_rate

    def maybe_kill(self) -> None:
        """Perhaps end the process at this very point. Raises Killed."""
        if self.random.random() < self._kill_rate:
            raise Killed

    def strikes(self) -> bool:
        """Whether this call goes wrong."""
        return self.random.random() < self._fault_rate

    def heal(self) -> None:
        """From now on nothing goes wrong any more."""
        self._kill_rate = self._fault_rate = 0.0
