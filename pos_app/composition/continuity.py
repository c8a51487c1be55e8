"""The card reader as witness against an old copy of the journal (reliability.md 3, K7): heard before money moves."""

from dataclasses import dataclass, field
from pathlib import Path

from drivers.contracts import CardReader
from drivers.errors import DeviceError
from pos_app.desk import no_tick
from pos_app.domain.continuity import WITNESSES, moved_on
from pos_app.domain.events import BaselineTaken
from pos_app.journal.errors import JournalLocked
from pos_app.journal.reader import JournalReader

_LOOK_SECONDS = 15.0
_ADVICE = (
    "No money moves until a person looked (`pos-terminal reader last`). Is this an older copy of the journal? Put the "
    "newest one back, or make cases of what it has open: `pos-terminal journal quarantine --although-it-verifies "
    "--reason …`. Was the reader used without this terminal? `pos-terminal reader accept --operator NAME --reason …`."
)


@dataclass
class Continuity:
    """Whether the reader's memory goes on from the journal's. `shared`: others charge on this reader too."""

    reader: CardReader
    journal: Path
    shared: bool
    known: bool = field(default=False, init=False)

    def look(self) -> None:
        """Ask the reader, if it is there, until it was once. Raises JournalLocked for a result nobody explains."""
        if self.known or self.shared:
            return
        try:
            unexplained = unexplained_result(self.reader, self.journal)
        except DeviceError:
            return
        if unexplained is not None:
            stan = f" (STAN {unexplained.stan})" if unexplained.stan else ""
            raise JournalLocked(f"The card reader has a result{stan} of which the journal knows nothing.", _ADVICE)
        self.known = True


def unexplained_result(reader: CardReader, journal: Path) -> BaselineTaken | None:
    """What the reader remembers, where no record in the folder `journal` explains it. Raises DeviceError."""
    told = reader.baseline(timeout=_LOOK_SECONDS, tick=no_tick)
    last = BaselineTaken(told.terminal_id, told.last_result, told.stan, told.totals)
    return last if moved_on(last, JournalReader(journal).newest_first(WITNESSES)) else None
