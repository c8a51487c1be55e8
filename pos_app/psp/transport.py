"""Carries envelopes to the PSP's backend over HTTP, and says what may be concluded when no answer comes.

The hardening follows reliability.md 4 "SOAP client recipe" (facts L3, L4; faults P1-P3, P7-P11, P26-P29): a fresh
connection a call, no redirect, no proxy, no retry, nothing taken from the environment, nothing decompressed.
"""

import ssl
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, TypeVar

import requests
import urllib3
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from pos_app.psp.connection import OneCallAdapter
from pos_app.psp.deadline import Deadline, TimedTlsSocket
from pos_app.psp.endpoint import Endpoint

LARGEST_ANSWER = 1024 * 1024
_PIECE = 64 * 1024
_READABLE_STATUS = frozenset({200, 500})
_REFUSING_STATUS = frozenset({401, 403})
_SANDBOX_HEADER = "X-Pos-Sandbox"

T = TypeVar("T")


class TransportError(Exception):
    """Root of this room: no answer that can be read. The sentence holds no secret and nothing of the message."""


class NotSent(TransportError):
    """Refused or not resolved: nothing left this machine."""


class Unanswered(TransportError):
    """Anything else: the PSP may or may not have got the message."""


class HttpRefused(TransportError):
    """HTTP 401 or 403: whoever stands in front of the PSP's backend does not let this terminal in."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}: the PSP does not accept this terminal's credentials.")
        self.status = status


@dataclass(frozen=True)
class Answer:
    """A whole answer that says it is text/xml: HTTP status 200 or 500, and the bytes as they came."""

    data: bytes
    status: int = 200


class Transport(Protocol):
    """Carries one envelope and brings back the answer."""

    def post(self, data: bytes, *, soap_action: str, timeout: float) -> Answer:
        """Send `data`, wait at most `timeout` seconds in all. Raises NotSent, HttpRefused or Unanswered."""
        ...


class HttpTransport:
    """The transport over HTTP or HTTPS. Safe to use from several threads: every call has a connection of its own."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._answered_as_sandbox: bool | None = None

    @property
    def answered_as_sandbox(self) -> bool | None:
        """Whether the last answer presented itself as a sandbox's, None before the first one (money rule 11)."""
        return self._answered_as_sandbox

    def post(self, data: bytes, *, soap_action: str, timeout: float) -> Answer:
        """See Transport.post. Whatever the server does, this ends within `timeout` seconds."""
        headers = {
            **self._endpoint.headers,
            **self._endpoint.authorization(),
            **_HEADERS,
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": f'"{soap_action}"',
        }
        request = requests.Request("POST", self._endpoint.url, headers=headers, data=data)
        return self._call(request, _read_answer, timeout)

    def presents_as_sandbox(self, *, timeout: float) -> bool | None:
        """Ask for the WSDL, without credentials, and look at the answer's header. None when nobody answers."""
        request = requests.Request("GET", self._endpoint.wsdl_url(), headers=_HEADERS)
        try:
            return self._call(request, _is_sandbox, timeout)
        except TransportError:
            return None

    def _call(self, request: requests.Request, read: Callable[[requests.Response], T], timeout: float) -> T:
        result = self._exchange(request, read, Deadline.after(timeout), self._tls_context())
        if isinstance(result, TransportError):
            raise result
        return result

    def _exchange(
        self,
        request: requests.Request,
        read: Callable[[requests.Response], T],
        deadline: Deadline,
        tls: ssl.SSLContext | None,
    ) -> T | TransportError:
        # No Session: it would take in a redirect's body whole, unpacked and unlimited, before we could refuse it. What
        # went wrong is returned, so that the errors of the libraries, which hold the request, are not chained to ours.
        try:
            with (
                closing(OneCallAdapter(tls, deadline)) as adapter,
                closing(adapter.ask(request.prepare())) as response,
            ):
                self._answered_as_sandbox = _is_sandbox(response)
                return read(response)
        except TransportError as error:
            return error
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            return _conclusion(error)

    def _tls_context(self) -> ssl.SSLContext | None:
        try:
            return self._tls
        except (OSError, ValueError):
            problem = "The PSP's CA bundle or the client certificate cannot be read: nothing was sent."
        raise NotSent(problem)

    @cached_property
    def _tls(self) -> ssl.SSLContext | None:
        if not self._endpoint.url.lower().startswith("https:"):
            return None
        context = ssl.create_default_context(cafile=str(self._endpoint.ca_bundle or DEFAULT_CA_BUNDLE_PATH))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.sslsocket_class = TimedTlsSocket
        if self._endpoint.client_certificate is not None:
            # Without a password an encrypted key would be a question on the console.
            context.load_cert_chain(self._endpoint.client_certificate, password=b"")
        return context


_HEADERS = {
    "Accept": "text/xml",
    "Accept-Encoding": "identity",
    "Connection": "close",
    "User-Agent": "pos-terminal",
}


def _is_sandbox(response: requests.Response) -> bool:
    return response.headers.get(_SANDBOX_HEADER) == "1"


def _read_answer(response: requests.Response) -> Answer:
    status = response.status_code
    if status in _REFUSING_STATUS:
        raise HttpRefused(status)
    if status not in _READABLE_STATUS:
        raise Unanswered(f"HTTP {status} came instead of an answer.")
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media_type != "text/xml":
        raise Unanswered(f"HTTP {status} came with something that is not text/xml.")
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Unanswered("The answer is compressed, which was not asked for.")
    return Answer(_read_all(response), status)


def _read_all(response: requests.Response) -> bytes:
    pieces, length = [], 0
    for piece in response.raw.stream(_PIECE, decode_content=False):
        length += len(piece)
        if length > LARGEST_ANSWER:
            raise Unanswered(f"The answer is longer than {LARGEST_ANSWER} bytes.")
        pieces.append(piece)
    if not length:
        raise Unanswered("The answer is empty.")
    return b"".join(pieces)


# What may be concluded: the first row whose kind is found in the error, or in what caused it, decides.
_CONCLUSIONS: tuple[tuple[type[BaseException], type[TransportError], str], ...] = (
    (urllib3.exceptions.NewConnectionError, NotSent, "The PSP cannot be reached: nothing was sent."),
    (ssl.SSLError, Unanswered, "No TLS connection with the PSP: the handshake or a certificate failed."),
    (TimeoutError, Unanswered, "The PSP did not answer in time."),
    (Exception, Unanswered, "The connection broke before a whole answer came."),
)


def _conclusion(error: Exception) -> TransportError:
    causes = tuple(_causes(error))
    kind, sentence = next(
        (kind, sentence) for found, kind, sentence in _CONCLUSIONS if any(isinstance(cause, found) for cause in causes)
    )
    return kind(sentence)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
