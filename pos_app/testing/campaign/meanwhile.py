"""The thread beside the counter: what is parked goes on while somebody pays, between any two things that happen there.

In the product it is a thread of its own (architecture.md, "Processes and threads"). Here it gets its turn whenever the
counter calls a port or has shown a record; what it does then takes time for both.
"""

from random import Random

from pos_app.background import Background
from pos_app.journal.errors import JournalFailed

# Where the counter waits, or has just shown a record (""); never while the journal is being written.
_CHANCES = frozenset({"", "ask", "post", "posted", "read", "printer", "print", "printed"})


class Meanwhile:
    """Of a hundred chances, about `often` are taken."""

    def __init__(self, often: int, random: Random) -> None:
        self._often = often
        self._random = random
        self._background: Background | None = None
        self._is_working = False

    def start(self, background: Background) -> None:
        """A new process, with this one beside the counter."""
        self._background = background
        self._is_working = False

    def end(self) -> None:
        """The process is no more, or its journal can't be written: nothing goes out that can't be written down."""
        self._background = None

    def gets_its_turn(self, kind: str = "") -> None:
        """Perhaps let it do the first thing that is due, unless it is at work already, or somebody is writing."""
        background = self._background
        if kind not in _CHANCES or not self._often or background is None or self._is_working:
            return
        if self._random.random() * 100 < self._often and background.owned():
            self.step()

    def step(self) -> None:
        """Let it do the first thing that is due."""
        background = self._background
        if background is None:
            return
        self._is_working = True
        try:
            background.step()
        except JournalFailed:
            self.end()
        finally:
            self._is_working = False
