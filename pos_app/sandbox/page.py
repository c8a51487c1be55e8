"""The sandbox's page at `/`: what goes on, live, and a form that arms faults. For the loopback only.

Server-rendered, without anything from elsewhere: the browser is told to take nothing but this server's own
(`default-src 'self'`). A form sent by another site's page is refused.
"""

from dataclasses import dataclass
from importlib import resources
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pos_app.sandbox import page_faults, page_parts
from pos_app.sandbox.control import Refusal, fault_order
from pos_app.sandbox.control_http import LoopbackOnly
from pos_app.sandbox.markup import Child, page, tag, written
from pos_app.sandbox.outlet import read_body
from pos_app.sandbox.sandbox import Sandbox
from pos_app.sandbox.shapes import ShapeError
from pos_app.sandbox.xmltree import Element

_LARGEST_FORM = 16 * 1024  # bytes
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # under no-referrer a browser sends our own form with Origin: null
    "Cache-Control": "no-store",
}
_STATIC = {"sandbox.css": "text/css; charset=utf-8", "sandbox.js": "text/javascript; charset=utf-8"}
_TITLE = "Sandbox pagoPA"


def page_routes(sandbox: Sandbox) -> list[Route]:
    """The page's own paths."""
    shown = Page(sandbox)
    endpoints = {
        "/": (shown.whole, "GET"),
        "/page/live": (shown.live, "GET"),
        "/page/calls/{seq:int}": (shown.call, "GET"),
        "/page/receipts/{ccp}/{ec}": (shown.receipt, "GET"),
        "/page/faults": (shown.arm, "POST"),
        "/page/faults/clear": (shown.clear, "POST"),
        "/page/{name}": (shown.static, "GET"),
    }
    return [
        Route(path, LoopbackOnly(Route(path, endpoint, methods=[method]).app), methods=[method])
        for path, (endpoint, method) in endpoints.items()
    ]


@dataclass
class Page:
    """What the page's paths answer."""

    sandbox: Sandbox

    async def whole(self, _request: Request) -> Response:
        """The page."""
        return self._whole()

    async def live(self, _request: Request) -> Response:
        """The part of it that changes."""
        return _html(written(*self._live()))

    async def call(self, request: Request) -> Response:
        """One call, with both its messages."""
        call = self.sandbox.calls.get(request.path_params["seq"])
        if call is None:
            return _missing("Questa chiamata non è più tra quelle conservate.")
        title = f"Chiamata {call.seq}: {call.operation or 'non riconosciuta'}"
        return _document(
            title,
            page_parts.message(f"Richiesta, {page_parts.moment(call.received_at)}", call.request),
            page_parts.message(f"Risposta, HTTP {call.http_status or 'nessuna'}", call.response),
        )

    async def receipt(self, request: Request) -> Response:
        """One receipt, as it is sent."""
        receipt = self.sandbox.store.receipts.get("{ccp}/{ec}".format_map(request.path_params))
        if receipt is None:
            return _missing("Non c'è una ricevuta con questo identificativo.")
        return _document(f"Ricevuta {receipt.token}", page_parts.message(receipt.operation, receipt.xml))

    async def arm(self, request: Request) -> Response:
        """Arm a fault from the form."""
        body = await _form(request)
        if body is None:
            return _foreign()
        try:
            self.sandbox.faults.arm(fault_order(page_faults.read_form(body)))
        except (ShapeError, Refusal) as error:
            return self._whole(f"Il guasto non è stato armato: {error}", status=400)
        return RedirectResponse("/", status_code=303, headers=_HEADERS)

    async def clear(self, request: Request) -> Response:
        """Remove all faults."""
        if await _form(request) is None:
            return _foreign()
        self.sandbox.faults.clear()
        return RedirectResponse("/", status_code=303, headers=_HEADERS)

    async def static(self, request: Request) -> Response:
        """Style and script."""
        name = request.path_params["name"]
        if name not in _STATIC:
            return _missing("Questa pagina non esiste.")
        data = (resources.files("pos_app.sandbox") / "static" / name).read_bytes()
        return Response(data, headers={**_HEADERS, "Content-Type": _STATIC[name]})

    def _whole(self, problem: str | None = None, *, status: int = 200) -> Response:
        live = tag("div", *self._live(), id="live", data_source="/page/live")
        told = tag("p", problem, class_="message", role="alert") if problem else None
        body = tag(
            "body",
            _header(),
            tag("main", told, live, page_faults.forms()),
            tag("script", src="/page/sandbox.js", defer="defer"),
        )
        return _html(page(_TITLE, body, reloads=True), status)

    def _live(self) -> list[Element]:
        sandbox = self.sandbox
        return [
            page_parts.totals(sandbox),
            page_faults.armed(sandbox.faults),
            page_parts.sessions(sandbox),
            page_parts.calls(sandbox),
            page_parts.receipts(sandbox),
            page_parts.positions(sandbox),
        ]


def _header() -> Element:
    return tag(
        "header",
        tag("h1", tag("a", _TITLE, href="/")),
        tag("span", "PROVA - SENZA VALORE", class_="trial"),
        tag("span", "PSP, Nodo ed enti creditori su una porta sola"),
    )


def _document(title: str, *content: Child) -> Response:
    return _html(page(title, tag("body", _header(), tag("main", tag("h2", title), *content))))


def _html(text: str, status: int = 200) -> Response:
    return Response(text, status, {**_HEADERS, "Content-Type": "text/html; charset=utf-8"})


def _missing(sentence: str) -> Response:
    body = tag("body", _header(), tag("main", tag("p", sentence, class_="message")))
    return _html(page(_TITLE, body), 404)


def _foreign() -> Response:
    return Response("Forms are taken from this page only.\n", 403, _HEADERS)


async def _form(request: Request) -> bytes | None:
    """The form's body; None if another site's page sent it, or it is none."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        return None
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return None
    return await read_body(request.receive, dict(request.headers), most=_LARGEST_FORM)
