"""The sandbox's notices on paper: A4 pages with their QR code and, where there is a postal account, their Data Matrix.

Laid out like pagoPA's own notice (pagopa.md 4): what and how much above, the codes below the cut line. Each page says
that it is a trial, and what scanning it will show.
"""

from datetime import date
from pathlib import Path

from pos_app.domain.money import to_italian
from pos_app.domain.notice import NoticeNumber
from pos_app.sandbox.clock import machine_time
from pos_app.sandbox.notices import Position
from pos_app.sandbox.printed_codes import (
    data_matrix_modules,
    data_matrix_text,
    postal_account,
    qr_modules,
    qr_text,
)
from pos_app.sandbox.printed_sheet import Face, Sheet
from pos_app.sandbox.registry import Registry
from pos_app.sandbox.sandbox import SandboxError, load_positions, load_registry

QR_DOTS, DATA_MATRIX_DOTS = 10, 6  # dots a module: 25 mm for a QR code of 33, 21.8 mm for a Data Matrix of 48
_LEFT, _RIGHT, _WIDTH = 15.0, 195.0, 180.0
_TRIAL = "PROVA - SENZA VALORE"
_HOW_TO_PAY = (
    "Puoi pagare in banca, in ricevitoria, dal tabaccaio e in tutti gli esercizi che espongono il logo pagoPA, anche "
    "con un terminale POS: inquadra il codice QR. Il denaro non si muove: l'avviso esiste soltanto in una sandbox."
)
_MAY_CHANGE = (
    "L'importo è quello del giorno di stampa: l'ente lo aggiorna quando si paga, e il totale può quindi essere diverso."
)
_WHAT_HAPPENS = {
    "payable": "si paga",
    "paid": "già pagato all'ente (PAA_PAGAMENTO_DUPLICATO)",
    "expired": "scaduto (PAA_PAGAMENTO_SCADUTO)",
    "revoked": "annullato dall'ente (PAA_PAGAMENTO_ANNULLATO)",
    "unknown": "sconosciuto all'ente (PAA_PAGAMENTO_SCONOSCIUTO)",
    "in_progress": "in pagamento presso l'ente (PAA_PAGAMENTO_IN_CORSO)",
}


def print_notices(folder: Path, registry: Path | None, notices: Path | None) -> list[Path]:
    """Write each notice into `folder` as a PDF of its own, and name the files.

    `registry` and `notices` are JSON files as the sandbox takes them; None stands for its own. Raises SandboxError.
    """
    known, year = load_registry(registry), machine_time().year
    positions = load_positions(notices, year)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [_print(folder, known, position) for position in positions]
    except OSError as error:
        raise SandboxError(f"The notices can't be written to {folder}: {error.strerror or error}.") from error


def drawn(registry: Registry, position: Position) -> Sheet:
    """The page of one notice."""
    sheet = Sheet()
    _head(sheet, registry, position)
    _amount(sheet, position)
    _bank_part(sheet, registry, position)
    _postal_part(sheet, registry, position)
    _foot(sheet, position)
    return sheet


def _print(folder: Path, registry: Registry, position: Position) -> Path:
    path = folder / f"{position.fiscal_code}_{position.notice_number}.pdf"
    drawn(registry, position).save(path)
    return path


def _head(sheet: Sheet, registry: Registry, position: Position) -> None:
    notice = position.notice
    sheet.text(_LEFT, 11, "pagoPA", Face(8, bold=True))
    sheet.text(58, 13.5, "AVVISO DI PAGAMENTO", Face(5))
    sheet.right(_RIGHT, 14, _TRIAL, Face(4.4, bold=True))
    sheet.paragraph(_LEFT, 25, notice.description, Face(5.4, bold=True), width=_WIDTH)
    sheet.bar(_LEFT, 40, _WIDTH, 0.3)
    _labelled(sheet, 44, (_LEFT, "ENTE CREDITORE  Cod. Fiscale " + position.fiscal_code), _name(registry, position))
    _labelled(sheet, 44, (110, "DESTINATARIO AVVISO  Cod. Fiscale " + notice.debtor.code), notice.debtor.name)


def _labelled(sheet: Sheet, top: float, label: tuple[float, str], value: str) -> None:
    left, words = label
    sheet.text(left, top, words, Face(2.5))
    sheet.paragraph(left, top + 4.5, value, Face(4, bold=True), width=82)


def _amount(sheet: Sheet, position: Position) -> None:
    sheet.bar(_LEFT, 66, _WIDTH, 8)
    sheet.text(18, 68, "QUANTO E QUANDO PAGARE?", Face(3.6, bold=True, white=True))
    sheet.text(_LEFT, 79, f"{to_italian(position.notice.amount)} Euro", Face(7, bold=True))
    sheet.text(100, 81, f"entro il {_due(position)}", Face(5))
    top = sheet.paragraph(_LEFT, 92, _MAY_CHANGE, Face(3), width=_WIDTH)
    sheet.text(_LEFT, top + 4, "DOVE PAGARE?", Face(3.6, bold=True))
    sheet.paragraph(_LEFT, top + 10, _HOW_TO_PAY, Face(3), width=_WIDTH)
    sheet.cut_line(136)


def _bank_part(sheet: Sheet, registry: Registry, position: Position) -> None:
    sheet.bar(_LEFT, 142, _WIDTH, 7)
    sheet.text(18, 143.7, "BANCHE E ALTRI CANALI", Face(3.4, bold=True, white=True))
    sheet.text(125, 143.7, f"RATA UNICA entro il {_due(position)}", Face(3.4, white=True))
    sheet.code(20, 156, qr_modules(qr_text(position)), dots_a_module=QR_DOTS)
    rows = (
        ("Importo", f"{to_italian(position.notice.amount)} Euro"),
        ("Destinatario", position.notice.debtor.name),
        ("Ente creditore", _name(registry, position)),
        ("Oggetto del pagamento", position.notice.description),
        ("Codice avviso", NoticeNumber(position.notice_number).grouped()),
        ("Cod. Fiscale Ente Creditore", position.fiscal_code),
    )
    _rows(sheet, 60, 155, rows)


def _postal_part(sheet: Sheet, registry: Registry, position: Position) -> None:
    account = postal_account(registry, position)
    content = data_matrix_text(position, account) if account else None
    if account is None or content is None:
        return
    sheet.cut_line(207)
    sheet.bar(_LEFT, 213, _WIDTH, 7)
    sheet.text(18, 214.7, "BOLLETTINO POSTALE PA", Face(3.4, bold=True, white=True))
    sheet.text(125, 214.7, f"RATA UNICA entro il {_due(position)}", Face(3.4, white=True))
    rows = (
        ("sul C/C n.", account),
        ("Intestato a", _name(registry, position)),
        ("Euro", to_italian(position.notice.amount)),
        ("Codice avviso", NoticeNumber(position.notice_number).grouped()),
        ("Cod. Fiscale Ente Creditore", position.fiscal_code),
        ("Tipo", "P1"),
    )
    _rows(sheet, _LEFT, 226, rows)
    sheet.code(165, 229, data_matrix_modules(content), dots_a_module=DATA_MATRIX_DOTS)


def _rows(sheet: Sheet, left: float, top: float, rows: tuple[tuple[str, str], ...]) -> None:
    for label, value in rows:
        sheet.text(left, top, label, Face(2.5))
        top = max(sheet.paragraph(left + 42, top - 0.5, value, Face(3.3, bold=True), width=92), top + 6) + 1.2


def _foot(sheet: Sheet, position: Position) -> None:
    sheet.text(_LEFT, 286, f"Nella sandbox: {_WHAT_HAPPENS[position.notice.state]}.", Face(2.7))
    sheet.right(_RIGHT, 286, _TRIAL, Face(2.7, bold=True))


def _name(registry: Registry, position: Position) -> str:
    creditor = registry.creditor(position.fiscal_code)
    return creditor.name if creditor else f"Ente {position.fiscal_code}"


def _due(position: Position) -> str:
    return f"{date.fromisoformat(position.notice.due_date or ''):%d/%m/%Y}"
