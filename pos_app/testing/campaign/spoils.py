"""What becomes of one exchange with the PSP: refused, lost, cut, altered, or answered by somebody else."""

import re
from collections.abc import Callable

from pos_app.psp import wire
from pos_app.psp.transport import Answer, NotSent
from pos_app.sandbox.faultcodes import Fault as NodeFault
from pos_app.sandbox.soap import NODE, soap_fault
from pos_app.testing.campaign.transport import Exchange, Spoil, unanswered


def refused(_exchange: Exchange) -> Answer:
    """Nothing left this machine."""
    raise NotSent("The PSP cannot be reached: nothing was sent.")


def lost_before(exchange: Exchange) -> Answer:
    """Nothing was done, and nobody says so."""
    exchange.hang()
    raise unanswered("The PSP did not answer in time.")


def lost_after(exchange: Exchange) -> Answer:
    """All was done, and the answer is lost."""
    assert exchange.honest
    exchange.hang()
    raise unanswered("The PSP did not answer in time.")


def cut(exchange: Exchange) -> Answer:
    """The connection is reset at once; half the time everything was done."""
    if exchange.count % 2:
        assert exchange.honest
    raise unanswered()


def status_without_answer(status: int, *, done: bool) -> Spoil:
    """Another status than 200 or 500: what psp.transport makes of it."""

    def spoil(exchange: Exchange) -> Answer:
        if done:
            assert exchange.honest
        raise unanswered(f"HTTP {status} came instead of an answer.")

    return spoil


def too_long(exchange: Exchange) -> Answer:
    """More than the transport takes."""
    assert exchange.honest
    raise unanswered("The answer is longer than 1048576 bytes.")


def system_fault(exchange: Exchange) -> Answer:
    """A soap:Fault, HTTP 500."""
    if exchange.count % 2:
        assert exchange.honest
    return Answer(soap_fault("Errore interno", code="soapenv:Server"), 500)


def altered(change: Callable[[bytes], bytes]) -> Spoil:
    """The honest answer with its bytes changed."""
    return lambda exchange: Answer(change(exchange.honest))


def ko(code: str, description: str = "errore armato") -> Spoil:
    """A KO instead, and nothing was done."""

    def spoil(exchange: Exchange) -> Answer:
        operation = NODE.operations[exchange.soap_action]
        return Answer(wire.envelope(NODE.refusal(operation, NodeFault(code, description))))

    return spoil


def truncated(data: bytes) -> bytes:
    """Half of it."""
    return data[: len(data) // 2]


def portal(_data: bytes) -> bytes:
    """A captive portal's page instead."""
    return b"<html><body><h1>Benvenuto nella rete dell'albergo</h1></body></html>"


def with_doctype(data: bytes) -> bytes:
    """With a DTD and an entity."""
    return data.replace(b"?>", b'?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>', 1)


def two_bodies(data: bytes) -> bytes:
    """With the Body twice."""
    body = data[data.index(b"<soapenv:Body>") : data.index(b"</soapenv:Body>") + len(b"</soapenv:Body>")]
    return data.replace(b"</soapenv:Envelope>", body + b"</soapenv:Envelope>")


def unknown_outcome(data: bytes) -> bytes:
    """With an outcome that nobody knows."""
    return re.sub(rb"<outcome>..</outcome>", b"<outcome>BOH</outcome>", data)


def without_token(data: bytes) -> bytes:
    """Without the payment token."""
    return re.sub(rb"<paymentToken>[^<]*</paymentToken>", b"", data)


def other_token(data: bytes) -> bytes:
    """With somebody else's payment token."""
    return re.sub(rb"<paymentToken>[^<]*</paymentToken>", b"<paymentToken>" + b"f" * 32 + b"</paymentToken>", data)
