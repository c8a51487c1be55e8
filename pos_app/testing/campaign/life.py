"""The life of the terminal's process: every port says when it is called; there it may end, or anything may happen."""

from collections import Counter
from collections.abc import Callable

from pos_app.testing.faults import Killed

Happening = Callable[[], None]


def _nothing_else(_kind: str) -> None:
    """Nobody waits for a chance."""


class Life:
    """Counts the calls of every port by kind, and does at the n-th of a kind what was planned for it.

    A process that was killed does nothing any more: whatever it still tries while its stack unwinds raises Killed.
    `others` is told at each call too: whoever works beside may get a turn there.
    """

    def __init__(self, others: Callable[[str], None] = _nothing_else) -> None:
        self._others = others
        self.counts: Counter[str] = Counter()
        self.is_alive = True
        self.kills = 0
        self.last = ""
        self._planned: dict[tuple[str, int], list[Happening]] = {}
        self._for_later_lives: list[tuple[str, int, Happening]] = []

    def at(self, kind: str, count: int, do: Happening) -> None:
        """Plan `do` for the `count`-th call of `kind` from now on."""
        self._planned.setdefault((kind, self.counts[kind] + count), []).append(do)

    def in_next_life(self, kind: str, count: int, do: Happening) -> None:
        """Plan `do` for the `count`-th call of `kind` after the next start of the process."""
        self._for_later_lives.append((kind, count, do))

    def point(self, kind: str) -> None:
        """Tell that a port is being called. Raises Killed, or what was planned."""
        if not self.is_alive:
            raise Killed
        count = self.counts[kind] + 1
        self.counts[kind] = count
        if self._planned:
            planned = self._planned.pop((kind, count), None)
            if planned is not None:
                self.last = f"{kind} {count}"
                for do in planned:
                    do()
        self._others(kind)

    def kill(self) -> None:
        """End the process here. Raises Killed."""
        self.is_alive = False
        self.kills += 1
        raise Killed

    def start(self) -> None:
        """A new process."""
        self.is_alive = True
        later, self._for_later_lives = self._for_later_lives, []
        for number, (kind, count, do) in enumerate(later):
            if number == 0:
                self.at(kind, count, do)
            else:
                self._for_later_lives.append((kind, count, do))

    def forget_plans(self) -> None:
        """Nothing unplanned happens from here on."""
        self._planned.clear()
        self._for_later_lives.clear()
