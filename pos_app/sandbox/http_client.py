"""POST over HTTP/1.1 without threads: how the sandbox's actors call one another, and an outside EC.

A fresh connection for each call, closed after it: a fault that cuts a connection can then touch no other call. The
whole call has one deadline; redirects are not followed, and more than `LARGEST_ANSWER` bytes are not read.
"""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import h11

LARGEST_ANSWER = 1024 * 1024
_PORTS = {"http": 80, "https": 443}


class NotReached(Exception):
    """Nobody answered: no connection, or it was cut before the answer was whole."""


class NoAnswerInTime(Exception):
    """The answer was not there at the deadline."""


@dataclass(frozen=True)
class HttpAnswer:
    """Status, headers and whole body of an answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


async def post(
    url: str,
    body: bytes,
    headers: Sequence[tuple[str, str]],
    *,
    timeout: float,  # noqa: ASYNC109 - the house rule: every blocking call takes one
    tls: ssl.SSLContext | None = None,
) -> HttpAnswer:
    """POST `body` to `url`; `timeout` in seconds for all of it. Raises NotReached, NoAnswerInTime."""
    try:
        async with asyncio.timeout(timeout):
            return await _exchange(url, body, headers, tls)
    except TimeoutError as error:
        raise NoAnswerInTime(f"no answer within {timeout:g} s") from error
    except (OSError, EOFError, ValueError, h11.ProtocolError) as error:  # ValueError: no such port, no such host name
        raise NotReached(f"no answer: {str(error) or type(error).__name__}") from error


async def _exchange(
    url: str, body: bytes, headers: Sequence[tuple[str, str]], tls: ssl.SSLContext | None
) -> HttpAnswer:
    parts = urlsplit(url)
    context = (tls or ssl.create_default_context()) if parts.scheme == "https" else None
    port = parts.port or _PORTS[parts.scheme]
    reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=context)
    try:
        connection = h11.Connection(h11.CLIENT)
        writer.write(_request(connection, parts.netloc, _target(parts), body, headers))
        return await _answer(connection, reader)
    finally:
        writer.close()


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _request(
    connection: h11.Connection, host: str, path: str, body: bytes, headers: Sequence[tuple[str, str]]
) -> bytes:
    own = [("Host", host), ("Content-Length", str(len(body))), ("Connection", "close")]
    request = h11.Request(method="POST", target=path, headers=[*own, *headers])
    parts = (connection.send(event) for event in (request, h11.Data(data=body), h11.EndOfMessage()))
    return b"".join(part or b"" for part in parts)


async def _answer(connection: h11.Connection, reader: asyncio.StreamReader) -> HttpAnswer:
    response: h11.Response | None = None
    body = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(65536))
        elif isinstance(event, h11.Response):
            response = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > LARGEST_ANSWER:
                raise NotReached(f"the answer is longer than {LARGEST_ANSWER} bytes")
        elif isinstance(event, h11.EndOfMessage) and response is not None:
            return HttpAnswer(response.status_code, _headers(response), bytes(body))
        elif event is h11.PAUSED or isinstance(event, h11.ConnectionClosed):
            raise NotReached("the connection was closed")


def _headers(response: h11.Response) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers)
