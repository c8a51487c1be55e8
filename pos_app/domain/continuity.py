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
        told = _told(event)
        if told is None:
            continue
        if told.last_result == now.last_result or (not told_before and _may_be_the_same(told, now)):
            return False
        told_before = True
    return told_before


def _may_be_the_same(told: e.BaselineTaken, now: e.BaselineTaken) -> bool:
    """Another reader says nothing; and a reader may tell one transaction in two ways, at once and when asked again."""
    return told.reader_id != now.reader_id or (told.stan == now.stan and bool(now.stan.strip("0")))


def _told(event: e.Event) -> e.BaselineTaken | None:
    """What the event tells of the reader's memory, if anything; a result "" means that it had none yet."""
    if isinstance(event, e.BaselineTaken):
        return event if event.last_result is not None else None
    if isinstance(event, e.ReaderAccepted):
        return e.BaselineTaken(event.reader_id, event.last_result, event.stan)
    card: e.Card | None = getattr(event, "card", None)
    return None if card is None else e.BaselineTaken(card.terminal_id, card.fingerprint, card.stan)
