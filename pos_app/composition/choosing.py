"""Which of the codes held up is the notice to pay: the only one, or the one that a person chooses."""

from collections.abc import Callable, Sequence

from drivers.contracts import ScannedCode
from pos_app.counter import Inbox
from pos_app.domain.money import to_euro
from pos_app.domain.notice import NoticeCode, NoticeError, read_code
from pos_app.ui.keyboard import Keyboard

CHOICE_SECONDS = 120
_SLICE = 1.0

Tell = Callable[[str], None]


def the_notice(codes: Sequence[ScannedCode], inbox: Inbox, tell: Tell) -> NoticeCode:
    """The one notice among `codes`, nearest to the aim first; of several the one chosen, where somebody is there.

    Raises NoticeError when there is none, or several and nobody chooses.
    """
    notices = _notices(codes)
    if len(notices) == 1:
        return notices[0]
    chosen = _asked(notices, inbox, tell) if isinstance(inbox, Keyboard) else None
    if chosen is None:
        listed = ", ".join(f"…{notice.number.digits[-4:]}" for notice in notices)
        raise NoticeError(f"Nell'immagine ci sono {len(notices)} avvisi diversi ({listed}): inquadrarne uno solo.")
    return chosen


def _notices(codes: Sequence[ScannedCode]) -> list[NoticeCode]:
    """Different notices in the order given; a QR code and a Data Matrix of one notice are one."""
    notices: dict[tuple[str, str], NoticeCode] = {}
    refusals = []
    for code in codes:
        try:
            read = read_code(code.text)
            notices.setdefault((read.number.digits, read.creditor.digits), read)
        except NoticeError as error:
            refusals.append(str(error))
    if not notices:
        raise NoticeError(refusals[0])
    return list(notices.values())


def _asked(notices: list[NoticeCode], keyboard: Keyboard, tell: Tell) -> NoticeCode | None:
    """Whom the person at the keyboard chooses; None when nobody does."""
    tell(f"Ci sono {len(notices)} avvisi:")
    for number, notice in enumerate(notices, 1):
        tell(f"  {number}  {to_euro(notice.amount):>12}  avviso …{notice.number.digits[-4:]}")
    question = f"  ? Quale si paga? Da 1 a {len(notices)}, poi Invio."
    tell(question)
    for _ in range(int(CHOICE_SECONDS / _SLICE)):
        item = keyboard.next(_SLICE)
        if isinstance(item, ScannedCode):
            if item.text in map(str, range(1, len(notices) + 1)):
                return notices[int(item.text) - 1]
            tell(question)
        if keyboard.ended:
            break
    return None
