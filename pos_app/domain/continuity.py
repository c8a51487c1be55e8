"""Whether the card reader's memory goes on from the journal's.

A journal that was put back whole from an older copy, head and all, fits itself. Only something outside can tell: the
reader's last result, when it is one of which the journal never heard (reliability.md 3, K7).
"""

from collections.abc import Iterable

from pos_app.domain import events as e

# What begins something whose result may never have reached the journal, and what says that records may be lost.
_UNDECIDED = (e.ChargeStarted, e.ReversalStarted, e.CarriedOver)

# What tells of a result that the reader had.
_TELLING = (
    e.BaselineTaken,
    e.ReaderAccepted,
    e.CardApproved,
    e.CardDeclined,
    e.CardNotCharged,
    e.CardOtherAmount,
    e.LateCardApproval,
    e.UnexplainedApproval,
    e.ReversalApproved,
)
WITNESSES: tuple[type[e.Event], ...] = (*_UNDECIDED, *_TELLING)


def moved_on(now: e.BaselineTaken, newest_first: Iterable[e.Event]) -> bool:
    """Whether the reader has a result, `now`, that the journal doesn't know, and that none of its records explains.

    `newest_first` are the journal's events of the kinds in WITNESSES. False where nothing can be concluded: the reader
    tells no result, is another one than before, or was last asked for something whose end is not known.
    """
    if not now.last_result:
        return False
    told_before = False
    for event in newest_first:
        if not told_before and isinstance(event, _UNDECIDED):
            return False
        for reader_id, result in _told(event):
            if result == now.last_result:
                return False
            if not told_before and reader_id != now.reader_id:
                return False
            told_before = True
    return told_before


def _told(event: e.Event) -> Iterable[tuple[str, str]]:
    """The reader and its result, where the event tells of one; a result "" means that it had none yet."""
    if isinstance(event, (e.BaselineTaken, e.ReaderAccepted)):
        return [(event.reader_id, event.last_result)] if event.last_result is not None else []
    card = getattr(event, "card", None)
    return [(card.terminal_id, card.fingerprint)] if card is not None else []
