"""The parts of the sandbox's page: positions, sessions, receipts, calls, in Italian (sandbox.md)."""

import re
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from lxml import etree

from pos_app.domain.money import to_italian
from pos_app.psp import wire
from pos_app.sandbox import views
from pos_app.sandbox.calls import Call
from pos_app.sandbox.markup import section, table, tag
from pos_app.sandbox.notices import Position
from pos_app.sandbox.records import Receipt, Session
from pos_app.sandbox.sandbox import Sandbox
from pos_app.sandbox.xmltree import Element

SHOWN_POSITIONS, SHOWN_SESSIONS, SHOWN_CALLS = 60, 12, 24
_ROME = ZoneInfo("Europe/Rome")
_STATES = {
    "payable": "da pagare",
    "paid": "pagata",
    "expired": "scaduta",
    "revoked": "annullata",
    "unknown": "sconosciuta",
    "in_progress": "in pagamento",
}
_POSITION_CLASSES = {"PAYING": "busy", "PAID": "good", "NOTIFIED": "good"}
_ACTORS = {"psp": "PSP", "node": "Nodo", "ec": "Ente"}
_VERDICT = re.compile(r"<(?:outcome|esito)>([A-Z]{2})<")
_FAULT = re.compile(r"<faultCode>([^<]{1,60})<")
_KO_WORDS = ("FAILED", "CANCELLED")


def totals(sandbox: Sandbox) -> Element:
    """What happened so far, in numbers."""
    counted = views.totals(sandbox.store)
    shown = (
        ("Ora della sandbox", moment(sandbox.clock.now())),
        ("Esiti OK", str(counted["outcomes_ok"])),
        ("Esiti KO", str(counted["outcomes_ko"])),
        ("Sessioni aperte", str(counted["open_sessions"])),
        ("Ricevute consegnate", str(counted["receipts_delivered"])),
        ("Importo pagato", f"€ {to_italian(counted['amount_paid'])}"),
        ("Commissioni", f"€ {to_italian(counted['fees'])}"),
    )
    return tag("section", *(tag("div", name, tag("b", value)) for name, value in shown), class_="totals")


def positions(sandbox: Sandbox) -> Element:
    """The debt positions: those with the newest sessions first, then the others as they were put."""
    rows = [_position(sandbox, position) for position in _ordered(sandbox)]
    heads = ("Ente", "Numero avviso", "Oggetto", "Euro", "All'ente", "Al Nodo", "Ultima sessione")
    return section("Posizioni debitorie", table(heads, rows, empty="Nessuna posizione."))


def sessions(sandbox: Sandbox) -> Element:
    """The last payment sessions, newest first."""
    rows = [_session(session) for session in sandbox.store.sessions.newest(SHOWN_SESSIONS)]
    heads = ("Token", "Avviso", "PSP", "Euro", "Storia", "Scade")
    return section("Sessioni di pagamento", table(heads, rows, empty="Nessuna sessione: attiva un avviso."))


def receipts(sandbox: Sandbox) -> Element:
    """The last receipts, newest first."""
    rows = [_receipt(receipt) for receipt in sandbox.store.receipts.newest(SHOWN_SESSIONS)]
    heads = ("Ente", "Ricevuta", "Operazione", "Esito", "Tentativi", "Prossimo", "")
    return section("Ricevute", table(heads, rows, empty="Nessuna ricevuta."))


def calls(sandbox: Sandbox) -> Element:
    """The last calls, newest first."""
    rows = [_call(call) for call in sandbox.calls.newest(SHOWN_CALLS)]
    heads = ("N.", "Ora", "Attore", "Operazione", "HTTP", "Risposta", "Guasto", "")
    return section("Ultime chiamate", table(heads, rows, empty="Nessuna chiamata."))


def message(title: str, xml: str | None) -> Element:
    """One message, indented where it is XML."""
    shown = "(nessuna risposta)" if xml is None else indented(xml)
    return section(title, tag("pre", shown))


def indented(xml: str) -> str:
    """XML with a line for each element; anything else as it came."""
    try:
        element = etree.fromstring(xml.encode(), wire.hardened_parser())
    except (etree.XMLSyntaxError, ValueError):
        return xml
    etree.indent(element)
    return etree.tostring(element, encoding="unicode")


def moment(at: datetime) -> str:
    """A moment as Italians write it, Italian time."""
    return f"{at.astimezone(_ROME):%d/%m/%Y %H:%M:%S}"


def _ordered(sandbox: Sandbox) -> list[Position]:
    store = sandbox.store
    busy = (session.position for session in store.sessions.newest(SHOWN_SESSIONS))
    others = (position.key for position in store.positions.oldest(SHOWN_POSITIONS))
    keys = islice(dict.fromkeys((*busy, *others)), SHOWN_POSITIONS)
    return [position for key in keys if (position := store.positions.get(key)) is not None]


def _position(sandbox: Sandbox, position: Position) -> Element:
    status = sandbox.node.world.position_status(position.key)
    mine = sandbox.store.sessions_of(position.key)
    return tag(
        "tr",
        tag("td", position.fiscal_code, class_="code"),
        tag("td", position.notice_number, class_="code"),
        tag("td", position.notice.description),
        tag("td", to_italian(position.notice.amount), class_="number"),
        tag("td", _word(_STATES[position.notice.state], "good" if position.notice.state == "paid" else None)),
        tag("td", _word(status, _POSITION_CLASSES.get(status))),
        tag("td", *_history(mine[-1])) if mine else tag("td"),
    )


def _session(session: Session) -> Element:
    return tag(
        "tr",
        tag("td", session.token, class_="code"),
        tag("td", session.notice_number, class_="code"),
        tag("td", session.psp, class_="code"),
        tag("td", to_italian(session.payment.amount), class_="number"),
        tag("td", *_history(session)),
        tag("td", moment(session.expires_at), class_="dim"),
    )


def _receipt(receipt: Receipt) -> Element:
    refused = ("rifiutata", "bad") if receipt.tries else ("in attesa", "busy")
    outcome = ("consegnata", "good") if receipt.delivered else refused
    return tag(
        "tr",
        tag("td", receipt.ec, class_="code"),
        tag("td", receipt.ccp or receipt.token, class_="code"),
        tag("td", receipt.operation + ("" if receipt.positive else " (negativa)")),
        tag("td", _word(*outcome)),
        tag("td", str(receipt.tries), class_="number"),
        tag("td", moment(receipt.next_try) if receipt.next_try else "", class_="dim"),
        tag("td", tag("a", "XML", href=f"/page/receipts/{receipt.key}")),
    )


def _call(call: Call) -> Element:
    outcome = _outcome(call.response or "")
    return tag(
        "tr",
        tag("td", str(call.seq), class_="number"),
        tag("td", f"{call.received_at.astimezone(_ROME):%H:%M:%S}", class_="dim"),
        tag("td", _ACTORS[call.at]),
        tag("td", call.operation or "?", class_="code"),
        tag("td", "" if call.http_status is None else str(call.http_status), class_="number"),
        tag("td", _word(outcome, "good" if outcome == "OK" else "warn") if outcome else None),
        tag("td", _word(call.fault, "bad") if call.fault else None),
        tag("td", tag("a", "XML", href=f"/page/calls/{call.seq}")),
    )


def _outcome(response: str) -> str | None:
    """OK, or the fault code; None for what is no answer of the Node's or an EC's."""
    fault = _FAULT.search(response)
    verdict = _VERDICT.search(response)
    return fault[1] if fault else verdict[1] if verdict else None


def _history(session: Session) -> list[Element]:
    return [_word(word, _history_class(word)) for word in session.history]


def _history_class(word: str) -> str:
    if word.startswith("PAYING"):
        return "busy"
    return "warn" if word.startswith(_KO_WORDS) else "good"


def _word(text: str, class_: str | None = None) -> Element:
    return tag("span", text, class_=f"word {class_}" if class_ else "word")
