"""The page's part about faults: what is armed, and the form that arms one (sandbox.md, `POST /control/faults`)."""

from typing import Any
from urllib.parse import parse_qsl

from pos_app.sandbox.control import OPERATIONS
from pos_app.sandbox.faults import Armed, Faults
from pos_app.sandbox.markup import section, table, tag
from pos_app.sandbox.xmltree import Element

_KINDS = {
    "delay": "risponde in ritardo",
    "timeout": "non risponde mai",
    "lost_request": "richiesta persa",
    "lost_response": "risposta persa",
    "http_401": "HTTP 401",
    "http_429": "HTTP 429",
    "http_500": "HTTP 500",
    "soap_fault": "SOAP fault",
    "truncated": "risposta troncata",
    "garbage": "risposta illeggibile",
    "extra_element": "elemento in più",
    "drip": "risposta a gocce",
    "redirect": "redirezione",
    "stale_answer": "risposta a un'altra richiesta",
    "ko": "esito KO",
}
_ACTORS = {"psp": "PSP (/psp)", "node": "Nodo (/node/…)", "ec": "Ente (/ec…)"}
_WHEN = {"": "come di solito", "before": "prima dell'effetto", "after": "dopo l'effetto"}
_NUMBERS = ("times", "skip")
_TEXTS = ("notice_number", "terminal", "fault_code", "original_fault_code")


def armed(faults: Faults) -> Element:
    """The armed faults."""
    heads = ("N.", "Attore", "Operazione", "Guasto", "Ancora", "Salta", "Avviso", "Terminale")
    rows = [_armed(each) for each in faults.armed]
    return section("Guasti armati", table(heads, rows, empty="Nessun guasto: tutto funziona."))


def forms() -> Element:
    """Arm a fault; remove all."""
    targets = [
        tag("optgroup", *(tag("option", name, value=f"{at} {name}") for name in OPERATIONS[at]), label=label)
        for at, label in _ACTORS.items()
    ]
    arm = tag(
        "form",
        _labelled("Operazione", tag("select", *targets, name="target")),
        _labelled("Guasto", tag("select", *_options(_KINDS), name="kind")),
        _labelled("Quando", tag("select", *_options(_WHEN), name="when")),
        _labelled("Volte", tag("input", name="times", value="1", inputmode="numeric")),
        _labelled("Salta prima", tag("input", name="skip", value="0", inputmode="numeric")),
        _labelled("Ritardo (s)", tag("input", name="delay", value="0", inputmode="decimal")),
        _labelled("Solo l'avviso", tag("input", name="notice_number", maxlength="18", size="20")),
        _labelled("Solo il terminale", tag("input", name="terminal", size="10")),
        _labelled("faultCode (esito KO)", tag("input", name="fault_code", size="26")),
        _labelled("originalFaultCode", tag("input", name="original_fault_code", size="26")),
        tag("button", "Arma il guasto", type="submit"),
        method="post",
        action="/page/faults",
    )
    clear = tag(
        "form",
        tag("button", "Togli tutti i guasti", type="submit", class_="plain"),
        method="post",
        action="/page/faults/clear",
    )
    return section("Arma un guasto", arm, tag("p"), clear)


def read_form(body: bytes) -> dict[str, Any]:
    """A sent form as the control API's JSON; what isn't a number stays a text, and is refused there."""
    sent = dict(parse_qsl(body.decode("utf-8", "replace")))
    at, _, operation = sent.get("target", "").partition(" ")
    order: dict[str, Any] = {"at": at, "operation": operation, "kind": sent.get("kind", "")}
    for name in (*_NUMBERS, "delay", "when", *_TEXTS):
        value = sent.get(name, "").strip()
        if value:
            order[name] = _number(name, value.replace(",", ".")) if name in (*_NUMBERS, "delay") else value
    return order


def _number(name: str, value: str) -> float | int | str:
    try:
        return float(value) if name == "delay" else int(value)
    except ValueError:
        return value


def _armed(fault: Armed) -> Element:
    order = fault.order
    return tag(
        "tr",
        tag("td", str(fault.id), class_="number"),
        tag("td", _ACTORS[order.at]),
        tag("td", order.operation, class_="code"),
        tag("td", tag("span", _KINDS.get(order.kind, order.kind), class_="word bad"), f" {order.fault_code or ''}"),
        tag("td", str(fault.left), class_="number"),
        tag("td", str(fault.to_skip), class_="number"),
        tag("td", order.notice_number or "tutti", class_="code"),
        tag("td", order.terminal or "tutti", class_="code"),
    )


def _labelled(text: str, field: Element) -> Element:
    return tag("label", text, field)


def _options(choices: dict[str, str]) -> list[Element]:
    return [tag("option", text, value=value) for value, text in choices.items()]
