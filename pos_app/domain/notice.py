"""Payment notices: notice number, creditor's fiscal code, and reading them from a QR, a Data Matrix or typed digits.

Sources: pagopa.md 4 (AV "Avviso di pagamento", SACI 3.2.1, pagoPA's notice generator), reliability.md Q1-Q13. What is
wrong is said in one sentence, Italian, for the cashier; wrong check digits only warn (most official samples fail them).
"""

import re
from dataclasses import dataclass

from pos_app.domain.money import LARGEST_CHARGE, Cents, cents

_QR_FIELDS = 5
_QR_LONGEST = 64
_DIGITS = re.compile(r"[0-9]+", re.ASCII)
_NOTICE_LENGTH = 18
_FISCAL_CODE_LENGTH = 11
_AMOUNT_LONGEST = 11


class NoticeError(ValueError):
    """What was read is not a notice that can be paid here; the message is the cashier's sentence."""


@dataclass(frozen=True)
class NoticeNumber:
    """The 18-digit number of a notice ("numero avviso", NAV; pagopa.md 4.3). Raises NoticeError if it can't be one."""

    digits: str

    def __post_init__(self) -> None:
        """Refuse what is not 18 ASCII digits or starts with an auxiliary digit that does not exist."""
        if not _is_digits(self.digits, _NOTICE_LENGTH):
            raise NoticeError(f"Il codice avviso deve avere 18 cifre: letto {_shown(self.digits)}.")
        if self.digits[0] not in "0123":
            raise NoticeError(
                f"Il codice avviso non può cominciare con {self.digits[0]}: le cifre ammesse sono 0, 1, 2, 3."
            )

    @property
    def aux_digit(self) -> int:
        """The auxiliary digit, which fixes the layout of the rest."""
        return int(self.digits[0])

    @property
    def segregation_code(self) -> str | None:
        """Segregation code (aux 3) or application code (aux 0); the others have none."""
        return self.digits[1:3] if self.aux_digit in (0, 3) else None

    @property
    def iuv(self) -> str:
        """The creditor's reference: without the aux digit, and for aux 0 without the application code as well."""
        return self.digits[3:] if self.aux_digit == 0 else self.digits[1:]

    @property
    def check_digits_match(self) -> bool:
        """Whether the last two digits are the first sixteen modulo 93; aux 1 has no check digits."""
        return self.aux_digit == 1 or int(self.digits[:16]) % 93 == int(self.digits[16:])

    def grouped(self) -> str:
        """As it is printed for people, in fours: `3012 0261 1210 0042 76`."""
        return " ".join(self.digits[i : i + 4] for i in range(0, _NOTICE_LENGTH, 4))


@dataclass(frozen=True)
class FiscalCode:
    """The 11-digit fiscal code of a creditor institution (pagopa.md 4.4). Raises NoticeError if it can't be one."""

    digits: str

    def __post_init__(self) -> None:
        """Refuse what is not 11 ASCII digits."""
        if not _is_digits(self.digits, _FISCAL_CODE_LENGTH):
            raise NoticeError(f"Il codice fiscale dell'ente deve avere 11 cifre: letto {_shown(self.digits)}.")

    @property
    def check_digit_matches(self) -> bool:
        """Whether the eleventh digit is the right one, computed as for a VAT number."""
        odd = sum(int(digit) for digit in self.digits[0:10:2])
        even = sum(_doubled(int(digit)) for digit in self.digits[1:10:2])
        return (10 - (odd + even) % 10) % 10 == int(self.digits[10])


@dataclass(frozen=True)
class NoticeCode:
    """What identifies a notice, with the amount that was due when it was printed (cents)."""

    number: NoticeNumber
    creditor: FiscalCode
    amount: Cents
    source: str = "typed"

    def __post_init__(self) -> None:
        """Refuse an amount that no card reader could be asked for (reliability.md Q7)."""
        if not 1 <= self.amount <= LARGEST_CHARGE:
            raise NoticeError(
                f"L'importo dell'avviso ({self.amount} centesimi) è fuori dai limiti: "
                f"da 1 a {LARGEST_CHARGE} centesimi."
            )

    @property
    def warnings(self) -> tuple[str, ...]:
        """What should be looked at again and forbids nothing: wrong check digits."""
        found = []
        if not self.number.check_digits_match:
            found.append("Le cifre di controllo del codice avviso non tornano: ricontrollare il numero.")
        if not self.creditor.check_digit_matches:
            found.append("La cifra di controllo del codice fiscale dell'ente non torna: ricontrollarla.")
        return tuple(found)


# --- QR code (pagopa.md 4.1) -------------------------------------------------------------------


def read_qr(text: str) -> NoticeCode:
    """`PAGOPA|002|NAV|creditor|amount` -> NoticeCode. Raises NoticeError with the sentence that fits."""
    if not text:
        raise NoticeError("Il codice è vuoto.")
    _refuse_wrapping(text)
    if not text.startswith("PAGOPA"):
        raise NoticeError(_what_it_is(text))
    if "|" not in text:
        raise NoticeError(
            "Il separatore « | » è arrivato come un altro carattere: il lettore ha la tastiera sbagliata; "
            "impostarla su italiano."
        )
    if len(text) > _QR_LONGEST:
        raise NoticeError(f"Il codice pagoPA è troppo lungo: {len(text)} caratteri, al massimo {_QR_LONGEST}.")
    return _read_qr_fields(text.split("|"))


def _read_qr_fields(fields: list[str]) -> NoticeCode:
    if len(fields) != _QR_FIELDS:
        raise NoticeError(f"Il codice pagoPA deve avere {_QR_FIELDS} campi: ne ha {len(fields)}.")
    identifier, version, number, creditor, amount = fields
    if identifier != "PAGOPA":
        raise NoticeError(f"Il codice non comincia con PAGOPA: letto {_shown(identifier)}.")
    if version != "002":
        raise NoticeError(f"La versione del codice pagoPA è {_shown(version)}: è ammessa solo la 002.")
    return NoticeCode(
        NoticeNumber(number),
        FiscalCode(creditor),
        _read_amount(amount),
        source="qr_code",
    )


def _read_amount(text: str) -> Cents:
    if not _is_digits(text) or len(text) > _AMOUNT_LONGEST:
        raise NoticeError(f"L'importo deve essere in centesimi, da 1 a {_AMOUNT_LONGEST} cifre: letto {_shown(text)}.")
    return cents(int(text))


def _refuse_wrapping(text: str) -> None:
    if any(ord(character) < ord(" ") or ord(character) == 0x7F for character in text):
        raise NoticeError("Il codice contiene caratteri di controllo: non è un codice pagoPA valido.")
    if text != text.strip():
        raise NoticeError("Il codice comincia o finisce con uno spazio: non è un codice pagoPA valido.")
    if not text.isascii():
        raise NoticeError("Il codice contiene caratteri non ammessi: non è un codice pagoPA valido.")


# What people hold up instead of a notice; the first pattern that fits names it.
_STRANGERS = (
    (
        re.compile(r"pagopa", re.IGNORECASE),
        "È scritto «pagopa» in minuscolo: non è un codice pagoPA valido.",
    ),
    (re.compile(r"https?://|www\.", re.IGNORECASE), "È un indirizzo web, non un avviso pagoPA."),
    (
        re.compile(r"WIFI:", re.IGNORECASE),
        "È il codice di una rete Wi-Fi, non un avviso pagoPA.",
    ),
    (
        re.compile(r"BCD\s|BCD$"),
        "È il codice di un bonifico SEPA, non un avviso pagoPA.",
    ),
    (
        re.compile(r"SPC\s|SPC$"),
        "È il codice di una fattura svizzera, non un avviso pagoPA.",
    ),
    (
        re.compile(r"BEGIN:VCARD|MECARD:", re.IGNORECASE),
        "È un biglietto da visita, non un avviso pagoPA.",
    ),
    (re.compile(r"mailto:|tel:|smsto?:", re.IGNORECASE), "È un contatto, non un avviso pagoPA."),
    (
        re.compile(r"codfase=", re.IGNORECASE),
        "È il Data Matrix di un bollettino, letto come un altro codice.",
    ),
)


def _what_it_is(text: str) -> str:
    for pattern, sentence in _STRANGERS:
        if pattern.match(text):
            return sentence
    return "Non è un codice pagoPA."


# --- Data Matrix of the postal slip (pagopa.md 4.2) --------------------------------------------

# The literals between the fields, by position; offsets are trusted only where all of them stand.
_DATA_MATRIX_LITERALS = (
    (0, "codfase=NBPA;"),
    (13, "18"),
    (33, "12"),
    (47, "10"),
    (59, "3896"),
    (63, "1P1"),
)
_DATA_MATRIX_SHORTEST = 77


def read_data_matrix(text: str) -> NoticeCode:
    """The postal slip's Data Matrix -> NoticeCode; only positions 0 to 76 are looked at, the citizen's data never.

    Raises NoticeError with the sentence that fits.
    """
    if not text.startswith("codfase="):
        raise NoticeError("Non è il Data Matrix di un bollettino pagoPA.")
    if not text.startswith("codfase=NBPA;"):
        raise NoticeError("È il bollettino di un altro servizio: il codice fase non è NBPA.")
    if len(text) < _DATA_MATRIX_SHORTEST:
        raise NoticeError(f"Il Data Matrix è incompleto: {len(text)} caratteri, almeno {_DATA_MATRIX_SHORTEST}.")
    for position, literal in _DATA_MATRIX_LITERALS:
        if not text.startswith(literal, position):
            raise NoticeError(f"Il Data Matrix non segue il formato del bollettino pagoPA alla posizione {position}.")
    number, amount, creditor = text[15:33], text[49:59], text[66:77]
    return NoticeCode(
        NoticeNumber(number),
        FiscalCode(creditor),
        _read_amount(amount),
        source="data_matrix",
    )


def read_code(text: str) -> NoticeCode:
    """Any code that was scanned. Raises NoticeError with the sentence that fits."""
    return read_data_matrix(text) if text.startswith("codfase=") else read_qr(text)


# --- typed by hand -----------------------------------------------------------------------------


def read_typed(number: str, creditor: str, amount: str | int) -> NoticeCode:
    """Digits as a person types them, grouped by spaces if they like; the amount in cents. Raises NoticeError."""
    return NoticeCode(
        NoticeNumber(_without_spaces(number)),
        FiscalCode(_without_spaces(creditor)),
        _read_amount(_without_spaces(str(amount))),
        source="typed",
    )


def _without_spaces(text: str) -> str:
    return "".join(text.split())


def _is_digits(text: str, length: int | None = None) -> bool:
    return _DIGITS.fullmatch(text) is not None and length in (None, len(text))


def _doubled(digit: int) -> int:
    return digit * 2 - 9 if digit * 2 > 9 else digit * 2


def _shown(text: str) -> str:
    """`text` fit to be shown in a sentence: short, and without anything a screen or a printer could obey."""
    printable = "".join(character if character.isprintable() else "?" for character in text)
    short = printable if len(printable) <= 24 else printable[:21] + "..."
    return f"«{short}» ({len(text)} caratteri)"
