"""The text of a request as it is journaled: the exact envelope, the password left out (architecture.md, decisions).

The password has one place, behind idChannel. Putting it in and taking it out are each other's inverse to the byte, so
that a repeat sends the very bytes of the first time (pagopa.md 8.8). Performs no I/O.
"""

import html

from lxml import etree

from pos_app.psp import wire

_PLACE = "</idChannel>"
_OPENING, _CLOSING = "<password>", "</password>"
_REQUESTS = {operation.request: operation for operation in wire.OPERATIONS.values()}


class BodyError(ValueError):
    """A body that must not be sent; one sentence."""


def without_password(text: str) -> str:
    """`text` with its one password element cut out. Raises BodyError where there is not exactly one."""
    head, opening, rest = text.partition(_PLACE + _OPENING)
    _, closing, tail = rest.partition(_CLOSING)
    if not opening or not closing:
        raise BodyError("The request has no password element behind idChannel.")
    body = head + _PLACE + tail
    _check_place(body)
    return body


def with_password(body: str, password: str) -> bytes:
    """The bytes to send: `body` with the password at its place. Raises BodyError where there is no such place."""
    _check_place(body)
    element = f"{_PLACE}{_OPENING}{html.escape(password, quote=False)}{_CLOSING}"
    return body.replace(_PLACE, element).encode()


def _check_place(body: str) -> None:
    if body.count(_PLACE) != 1 or _OPENING in body:
        raise BodyError("A journaled request must hold idChannel once, and no password.")


def checked(data: bytes) -> tuple[wire.Operation, etree._Element]:
    """The operation that `data` asks for, and its request element. Raises BodyError unless the schema allows it."""
    try:
        request = wire.open_envelope(data)
    except wire.WireError as error:
        raise BodyError(str(error)) from error
    operation = _REQUESTS.get(request.tag)
    if operation is None:
        raise BodyError("The request is none of the operations of nodeForPsp.")
    problem = wire.schema_problem(request)
    if problem is not None:
        raise BodyError(f"The request breaks the schema at {problem}.")
    return operation, request
