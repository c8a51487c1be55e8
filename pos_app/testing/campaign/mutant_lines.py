"""Lines and networks of wrong terminals: what is sent again, thrown away, followed or taken for something else."""

import re

from drivers.link import Link
from pos_app.psp import wire
from pos_app.psp.transport import Answer, Transport, Unanswered
from pos_app.sandbox.soap import NODE

_MONEY_CODE = slice(10, 11)  # in a frame: STX, eight digits, a zero, the code
_PATIENCE = 3.0
_MANY = 256  # bytes


class ResendingLink:
    """Sends a money frame again when nothing came for a while, as if it could only have been lost."""

    def __init__(self, inner: Link) -> None:
        self._inner = inner
        self._unanswered: bytes | None = None
        self._waited = 0.0

    def read(self, *, timeout: float) -> bytes:
        """See Link.read."""
        data = self._inner.read(timeout=timeout)
        self._waited = 0.0 if data else self._waited + timeout
        if data:
            self._unanswered = None
        elif self._unanswered is not None and self._waited >= _PATIENCE / 2:
            frame, self._unanswered = self._unanswered, None
            self._inner.write(frame, timeout=1.0)
        return data

    def write(self, data: bytes, *, timeout: float) -> None:
        """See Link.write."""
        if data[_MONEY_CODE] in (b"X", b"P"):
            self._unanswered, self._waited = data, 0.0
        self._inner.write(data, timeout=timeout)

    def close(self) -> None:
        """See Link.close."""
        self._inner.close()


class GreedyLink:
    """Reads so many bytes at a time: what it has when the device vanishes is lost with it (reliability.md L1)."""

    def __init__(self, inner: Link) -> None:
        self._inner = inner
        self._held = b""

    def read(self, *, timeout: float) -> bytes:
        """See Link.read."""
        while len(self._held) < _MANY:
            held, self._held = self._held, b""
            data = self._inner.read(timeout=timeout)  # if this raises, what was held is gone
            self._held = held + data
            if not data:
                break
        held, self._held = self._held, b""
        return held

    def write(self, data: bytes, *, timeout: float) -> None:
        """See Link.write."""
        self._inner.write(data, timeout=timeout)

    def close(self) -> None:
        """See Link.close."""
        self._inner.close()


def flushing(link: Link) -> Link:
    """Throw away what waits on a line that was just opened."""
    while link.read(timeout=0.0):
        pass
    return link


class FollowingTransport:
    """Follows a redirect, password and all, and believes what stands there: a machine that says OK to everything."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    def post(self, data: bytes, *, soap_action: str, timeout: float) -> Answer:
        """See Transport.post."""
        try:
            return self._inner.post(data, soap_action=soap_action, timeout=timeout)
        except Unanswered as refused:
            if not re.match("HTTP 30", str(refused)) or not soap_action.startswith("sendPaymentOutcome"):
                raise
            return Answer(wire.envelope(NODE.answer(NODE.operations[soap_action])))


class RefundingTransport:
    """Takes "already acquired" for somebody else's payment."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    def post(self, data: bytes, *, soap_action: str, timeout: float) -> Answer:
        """See Transport.post."""
        answer = self._inner.post(data, soap_action=soap_action, timeout=timeout)
        return Answer(answer.data.replace(b"PPT_ESITO_GIA_ACQUISITO", b"PPT_PAGAMENTO_DUPLICATO"), answer.status)
