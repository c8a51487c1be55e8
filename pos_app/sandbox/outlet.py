"""The way out of one HTTP exchange: an honest answer, half of one, none at all, or the connection cut.

Cutting needs the connection itself, which ASGI hides: the server's protocol class puts it into the scope's state under
`CONNECTION`. Without it (another ASGI server) an exchange can only be left unanswered.
"""

import asyncio
from collections.abc import Iterable
from typing import Any, Protocol

from starlette.types import Receive, Scope, Send

from pos_app.sandbox.http_client import HttpAnswer

CONNECTION = "connection"


class Connection(Protocol):
    """What the outlet needs of the server's transport."""

    def close(self) -> None:
        """Close after what was written."""
        ...


class Outlet:
    """Answers one request, and remembers what went out."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self.status: int | None = None
        self.body: bytes | None = None

    async def answer(self, answer: HttpAnswer) -> None:
        """Send a whole answer."""
        self.status, self.body = answer.status, answer.body
        await self._start(answer)
        await self._send({"type": "http.response.body", "body": answer.body})

    async def answer_slowly(self, answer: HttpAnswer, *, pause: float) -> None:
        """Send a whole answer byte by byte, `pause` seconds between them."""
        self.status, self.body = answer.status, answer.body
        await self._start(answer)
        gone = asyncio.create_task(self.until_gone())
        try:
            for byte in answer.body:
                await self._send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
                if (await asyncio.wait([gone], timeout=pause))[0]:
                    return
            await self._send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()

    async def break_off(self, answer: HttpAnswer) -> None:
        """Send the head and half of the body, then cut: Content-Length says more."""
        self.status, self.body = answer.status, answer.body[: len(answer.body) // 2]
        await self._start(answer)
        await self._send({"type": "http.response.body", "body": self.body, "more_body": True})
        await self.cut()

    async def cut(self) -> None:
        """Close the connection; nothing more goes out."""
        connection: Connection | None = self._scope.get("state", {}).get(CONNECTION)
        if connection is not None:
            connection.close()
        await self.until_gone()

    async def until_gone(self) -> None:
        """Say nothing until the caller gives up."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _start(self, answer: HttpAnswer) -> None:
        length = [] if answer.status in _BODILESS else [("Content-Length", str(len(answer.body)))]
        headers = [(name.lower().encode(), value.encode()) for name, value in (*_sendable(answer.headers), *length)]
        await self._send({"type": "http.response.start", "status": answer.status, "headers": headers})


_BODILESS = (204, 304)
_OURS = frozenset({"content-length", "transfer-encoding", "connection"})


def _sendable(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() not in _OURS]


async def read_body(receive: Receive, headers: dict[str, str], *, most: int) -> bytes | None:
    """The request's body; None if it is longer than `most` bytes, of which no more are kept than that."""
    if headers.get("content-length", "0").isdecimal() and int(headers.get("content-length", "0")) > most:
        return None
    body = bytearray()
    while True:
        message: Any = await receive()
        if message["type"] == "http.disconnect":
            return bytes(body)
        body += message.get("body", b"")
        if len(body) > most:
            return None
        if not message.get("more_body", False):
            return bytes(body)
