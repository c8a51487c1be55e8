"""The control API over HTTP: its paths, its 4xx answers, and for the loopback only (sandbox.md, "Control API")."""

import ipaddress
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from pos_app.sandbox.control import Control, Refusal
from pos_app.sandbox.shapes import ShapeError


def control_app(control: Control) -> ASGIApp:
    """The control API, to be mounted at /control."""
    routes = [Route(path, _endpoint(methods), methods=list(methods)) for path, methods in _calls(control).items()]
    return LoopbackOnly(Starlette(routes=routes, exception_handlers={HTTPException: _no_such_call}))


def _calls(control: Control) -> dict[str, dict[str, Callable[[Request], Awaitable[Any]]]]:
    return {
        "/registry": {"GET": control.get_registry, "PUT": control.put_registry},
        "/notices/{fiscal_code}/{notice_number}": {"GET": control.get_notice, "PUT": control.put_notice},
        "/faults": {"POST": control.post_fault, "DELETE": control.delete_faults},
        "/rivals/{fiscal_code}/{notice_number}": {"POST": control.post_rival},
        "/totals": {"GET": control.get_totals},
        "/clock": {"GET": control.get_clock, "POST": control.post_clock},
        "/jobs/send-receipts": {"POST": control.send_receipts},
        "/jobs/cancel-expired": {"POST": control.cancel_expired},
        "/calls": {"GET": control.get_calls},
        "/reset": {"POST": control.reset},
    }


def _endpoint(methods: dict[str, Callable[[Request], Awaitable[Any]]]) -> Callable[[Request], Awaitable[JSONResponse]]:
    async def answer(request: Request) -> JSONResponse:
        method = "GET" if request.method == "HEAD" else request.method
        try:
            return JSONResponse(await methods[method](request))
        except ShapeError as error:
            return JSONResponse({"error": str(error)}, 400)
        except Refusal as error:
            return JSONResponse({"error": str(error)}, error.status)

    return answer


def _no_such_call(request: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 404
    return JSONResponse({"error": f"{request.method} {request.url.path}: no such call"}, status)


class LoopbackOnly:
    """Answers callers on this machine, and 403 to others."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and not is_loopback(scope.get("client")):
            refusal = JSONResponse({"error": "this answers only to this machine (loopback)"}, 403)
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def is_loopback(client: tuple[str, int] | None) -> bool:
    """Whether a caller's address is this machine's own."""
    try:
        address = ipaddress.ip_address(client[0] if client else "")
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
