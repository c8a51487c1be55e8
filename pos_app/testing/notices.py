"""Payment notices that never existed, laid out as pagoPA's are: seeded payees, amounts and numbers, drawn as sheets.

Layouts (scanner.md 2 and 6): `single` one QR code; `postal` with the Data Matrix of the postal slip as well;
`instalments2` and `instalments3` with the whole sum and two or three instalments, each with a code of its own.
"""

from dataclasses import dataclass

import numpy as np

from drivers.scanner.simulator.sheet import Sheet
from pos_app.domain.notice import FiscalCode

DEBTOR = "Anna Verdi"
QR_SIDE = 25.0  # millimetres, version 4: 33 modules (pagopa.md 4.1)
DATA_MATRIX_SIDE = 22.0  # assumed, scanner.md 2
LAYOUTS = ("single", "postal", "instalments2", "instalments3")
_BLUE = (0, 51, 140)
_GREY = (120, 120, 120)
_PAYEES = ("Comune di Borgo a Mare", "Comune di Valdastico Terme", "Consorzio Acque Pulite", "Istituto C. Goldoni")
_OBJECTS = ("TARI 2026", "Mensa scolastica 2026/27", "Contributo di bonifica", "Retta nido settembre")


@dataclass(frozen=True)
class Notice:
    """One position to pay, as printed: the QR's fields."""

    number: str
    creditor: str
    amount: int
    label: str = "RATA UNICA"

    @property
    def qr(self) -> bytes:
        """`PAGOPA|002|…` (pagopa.md 4.1)."""
        return f"PAGOPA|002|{self.number}|{self.creditor}|{self.amount}".encode()

    @property
    def data_matrix(self) -> bytes:
        """The 256 characters of the postal slip (pagopa.md 4.2), for a debtor who does not exist."""
        codeline = f"18{self.number}12000012345678" + f"10{self.amount:010d}3896"
        debtor = f"{'VRDNNA85M41F205X':<16}{'VERDI ANNA':<40}"
        return f"codfase=NBPA;{codeline}1P1{self.creditor}{debtor}{self.label:<110}{'':<12}A".encode()


def notice_number(base: int, *, segregation: int = 1) -> str:
    """An 18-digit number with aux digit 3 and right check digits (pagopa.md 4.3)."""
    digits = f"3{segregation:02d}{base:013d}"
    return f"{digits}{int(digits) % 93:02d}"


def fiscal_code(base: int) -> str:
    """An 11-digit fiscal code of a creditor with a right check digit (pagopa.md 4.4)."""
    candidates = (f"{base:010d}{check}" for check in range(10))
    return next(code for code in candidates if FiscalCode(code).check_digit_matches)


def invented(generator: np.random.Generator, label: str = "RATA UNICA") -> Notice:
    """A notice out of nothing but the generator."""
    number = notice_number(int(generator.integers(10**12, 10**13)), segregation=int(generator.integers(1, 46)))
    creditor = fiscal_code(int(generator.integers(10**9, 10**10)))
    return Notice(number, creditor, int(generator.integers(100, 10**6)), label)


def instalments(generator: np.random.Generator, count: int) -> list[Notice]:
    """The whole sum, and `count` instalments of it."""
    whole = invented(generator)
    parts = [invented(generator, f"{part + 1}a RATA") for part in range(count)]
    return [whole, *(Notice(part.number, whole.creditor, whole.amount // count, part.label) for part in parts)]


def drawn(layout: str, generator: np.random.Generator) -> Sheet:
    """A whole A4 notice of one of LAYOUTS, with invented content."""
    if layout.startswith("instalments"):
        return instalment_notice(instalments(generator, int(layout[-1])), _chosen(generator, _PAYEES))
    payee, what = _chosen(generator, _PAYEES), _chosen(generator, _OBJECTS)
    return single_notice(invented(generator), payee, what, with_slip=layout == "postal")


def single_notice(notice: Notice, payee: str, what: str, *, with_slip: bool = False) -> Sheet:
    """Payee, object, amount and one QR code, on demand with the postal slip below."""
    sheet = headed(payee, what)
    sheet.text(15, 78, f"Quanto e quando pagare?   {_euro(notice.amount)} Euro entro il 31/12/2026", size=4.6)
    wording(sheet, 90, 6)
    _panel(sheet, 15, 140, notice, payee)
    if with_slip:
        _slip(sheet, 200, notice, payee)
    return sheet


def postal_slip(notice: Notice, payee: str = "Comune di Borgo a Mare") -> Sheet:
    """The lower part of a notice alone, as it is torn off: no QR code, only the Data Matrix."""
    sheet = Sheet(210, 80)
    _slip(sheet, 10, notice, payee)
    return sheet


def instalment_notice(notices: list[Notice], payee: str) -> Sheet:
    """The whole sum on top, the instalments side by side below: every code is 25 mm, as printed."""
    sheet = headed(payee, "TARI 2026 a rate")
    wording(sheet, 78, 4)
    _panel(sheet, 15, 105, notices[0], payee)
    pitch = 180 / (len(notices) - 1)
    for position, notice in enumerate(notices[1:]):
        _ticket(sheet, 15 + pitch * position, 168, notice)
    return sheet


def headed(payee: str, what: str) -> Sheet:
    """A sheet with the upper part that every notice has."""
    sheet = Sheet()
    sheet.text(15, 12, "pagoPA", size=9, colour=_BLUE)
    sheet.text(60, 15, "AVVISO DI PAGAMENTO", size=6)
    sheet.text(15, 28, what, size=5.5)
    sheet.box(15, 38, 180, 0.4)
    sheet.text(15, 42, "ENTE CREDITORE", size=2.6, colour=_GREY)
    sheet.text(15, 47, payee, size=4.4)
    sheet.text(15, 54, "Ufficio tributi, Piazza Grande 1", size=3)
    sheet.text(115, 42, "DESTINATARIO AVVISO", size=2.6, colour=_GREY)
    sheet.text(115, 47, DEBTOR, size=4.4)
    sheet.text(115, 54, "Via dei Tigli 8", size=3)
    sheet.box(15, 66, 180, 7, colour=_BLUE)
    return sheet


_WORDING = (
    "Puoi pagare con una unica rata, sul sito o con le app della tua banca o degli altri canali.",
    "L'importo e aggiornato automaticamente dal sistema e potrebbe subire variazioni per sgravi,",
    "note di credito, indennita di mora, sanzioni o interessi. Un operatore, il sito o l'app che",
    "userai ti potrebbero quindi chiedere una cifra diversa da quella qui indicata.",
    "Dove pagare? Lista dei canali di pagamento su www.pagopa.gov.it",
    "Paga sul territorio: in tutti gli Uffici Postali, in Banca, in Ricevitoria, dal Tabaccaio.",
)


def wording(sheet: Sheet, top: float, lines: int) -> None:
    """Some lines of the text that explains how to pay."""
    for line, text in enumerate(_WORDING[:lines]):
        sheet.text(15, top + 5.5 * line, text, size=3.1)


def _panel(sheet: Sheet, left: float, top: float, notice: Notice, payee: str) -> None:
    sheet.box(left, top, 180, 6, colour=_BLUE)
    sheet.text(
        left + 3, top + 1.2, "BANCHE E ALTRI CANALI        RATA UNICA entro il 31/12/2026", size=3.2, colour=(255,) * 3
    )
    sheet.text(left, top + 10, "Qui accanto trovi il codice QR e il", size=2.8)
    sheet.text(left, top + 14, "codice interbancario CBILL per pagare", size=2.8)
    sheet.qr_code(left + 62, top + 12, QR_SIDE, notice.qr, version=4)
    sheet.text(left + 100, top + 10, "Euro", size=3)
    sheet.text(left + 110, top + 9, _euro(notice.amount), size=4.6)
    sheet.text(left + 100, top + 17, f"Ente Creditore  {payee}", size=2.6)
    sheet.text(left + 100, top + 24, "Codice CBILL   Codice Avviso", size=2.4, colour=_GREY)
    sheet.text(left + 100, top + 28, f"AB1CD    {_grouped(notice.number)}", size=3.2)
    sheet.text(left + 100, top + 34, f"Cod. Fiscale Ente Creditore  {notice.creditor}", size=2.8)


def _ticket(sheet: Sheet, left: float, top: float, notice: Notice) -> None:
    sheet.box(left, top, 1, 70, colour=_BLUE)
    sheet.text(left + 4, top, f"{notice.label} entro il 30/09/2026", size=3)
    sheet.text(left + 4, top + 6, f"Euro {_euro(notice.amount)}", size=4)
    sheet.qr_code(left + 6, top + 14, QR_SIDE, notice.qr, version=4)
    sheet.text(left + 4, top + 44, "Codice Avviso", size=2.4, colour=_GREY)
    sheet.text(left + 4, top + 48, _grouped(notice.number), size=2.7)
    sheet.text(left + 4, top + 53, f"C.F. {notice.creditor}", size=2.7)


def _slip(sheet: Sheet, top: float, notice: Notice, payee: str) -> None:
    sheet.box(15, top, 180, 6, colour=(250, 200, 0))
    sheet.text(18, top + 1.2, "BOLLETTINO POSTALE PA        RATA UNICA entro il 31/12/2026", size=3.2)
    sheet.text(15, top + 12, "sul C/C n.  12345678", size=3.4)
    sheet.text(15, top + 20, f"Intestato a  {payee}", size=3)
    sheet.text(15, top + 28, f"Codice Avviso  {_grouped(notice.number)}", size=3.2)
    sheet.text(15, top + 36, f"Euro  {_euro(notice.amount)}", size=4.6)
    sheet.text(15, top + 44, "Tipo  P1", size=3)
    sheet.data_matrix(160, top + 14, DATA_MATRIX_SIDE, notice.data_matrix)


def _grouped(number: str) -> str:
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))


def _euro(amount: int) -> str:
    return f"{amount // 100:,}".replace(",", ".") + f",{amount % 100:02d}"


def _chosen(generator: np.random.Generator, words: tuple[str, ...]) -> str:
    return words[int(generator.integers(len(words)))]
