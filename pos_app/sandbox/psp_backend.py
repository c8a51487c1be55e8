"""The PSP backend that a terminal talks to: who may come in, and what is put in before the Node is asked.

It authenticates the terminal before it looks at any SOAP, replaces idPSP, idBrokerPSP, idChannel and password by the
PSP's own, and relays the Node's answer unchanged (sandbox.md).
"""

import base64
import binascii
import hmac
from copy import deepcopy

from lxml import etree

from pos_app.psp.wire import OPERATIONS
from pos_app.sandbox.registry import Registry
from pos_app.sandbox.registry_entries import Terminal

# Seconds the backend waits for the Node (sandbox.md: 12/12/15 s; pagopa.md 3.4).
DEADLINES = {
    "verifyPaymentNotice": 12.0,
    "activatePaymentNotice": 12.0,
    "activatePaymentNoticeV2": 12.0,
    "sendPaymentOutcome": 15.0,
    "sendPaymentOutcomeV2": 15.0,
}
SERVED = {name: operation for name, operation in OPERATIONS.items() if name in DEADLINES}
_HEAD = ("idPSP", "idBrokerPSP", "idChannel", "password")


def authenticated(registry: Registry, authorization: str | None) -> Terminal | None:
    """The terminal that an Authorization header proves, None if it proves none."""
    user, secret = _basic(authorization)
    terminal = registry.terminal(user)
    known = terminal.secret if terminal else ""
    matches = hmac.compare_digest(known.encode(), secret.encode())
    return terminal if terminal and matches else None


def put_in(registry: Registry, terminal: Terminal, request: etree._Element) -> etree._Element:
    """A copy of the request with the PSP's own head, whatever the terminal wrote there."""
    channel = registry.channel(terminal.channel)
    assert channel is not None  # the registry sees to it
    values = (terminal.psp, channel.broker, channel.id, channel.password)
    forwarded = deepcopy(request)
    for child in [child for child in forwarded if child.tag in _HEAD]:
        forwarded.remove(child)
    for place, (name, value) in enumerate(zip(_HEAD, values, strict=True)):
        child = etree.Element(name)
        child.text = value
        forwarded.insert(place, child)
    return forwarded


def _basic(authorization: str | None) -> tuple[str, str]:
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, secret = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, secret
