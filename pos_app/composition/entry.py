"""A notice typed by hand: its number first, then what else is printed on it, a line each."""

from collections.abc import Callable

from drivers.contracts import ScannedCode
from pos_app.domain.money import MoneyError, from_italian
from pos_app.domain.notice import FiscalCode, NoticeCode, NoticeError, NoticeNumber
from pos_app.ui.keyboard import Keyboard

ENTRY_SECONDS = 120
_SLICE = 1.0

Tell = Callable[[str], None]


def is_typed_number(text: str) -> bool:
    """Whether somebody began to type a notice number: digits and spaces only."""
    return text.replace(" ", "").isdecimal()


def typed_notice(number: str, keyboard: Keyboard, tell: Tell) -> NoticeCode:
    """The notice with that number, the rest asked for. Raises NoticeError, also when nobody types on."""
    notice_number = NoticeNumber(_without_spaces(number))
    tell("  ? Codice fiscale dell'ente creditore (11 cifre), poi Invio.")
    creditor = FiscalCode(_without_spaces(_line(keyboard)))
    tell("  ? Importo in euro, come 125,50, poi Invio.")
    try:
        amount = from_italian(_line(keyboard))
    except MoneyError as error:
        raise NoticeError(str(error)) from error
    return NoticeCode(notice_number, creditor, amount)


def _without_spaces(text: str) -> str:
    return text.replace(" ", "")


def _line(keyboard: Keyboard) -> str:
    for _ in range(int(ENTRY_SECONDS / _SLICE)):
        item = keyboard.next(_SLICE)
        if isinstance(item, ScannedCode):
            return item.text
        if keyboard.ended:
            break
    raise NoticeError("Avviso non digitato fino in fondo: ricominciare dal codice avviso.")
