"""Events as canonical JSON: `{"event":"CardApproved","v":1,...}`, keys sorted, no spaces (architecture.md)."""

import json
import sys
from dataclasses import fields
from typing import Any

from pos_app.domain import events
from pos_app.journal.errors import JournalLocked

VERSION = 1
NEWER = "Install the version of the program that wrote it, or a later one."

_SELDOM_SAID_TWICE = 64  # characters: names of payees, codes and sources come in thousands of payments
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=vars)
_EVENTS: dict[str, type[events.Event]] = {kind.__name__: kind for kind in events.Event.__subclasses__()}


def encode(event: events.Event) -> str:
    """One event as its canonical JSON text."""
    return _CANONICAL.encode({**vars(event), "event": type(event).__name__, "v": VERSION})


def decode(text: str) -> events.Event:
    """The event of this text. Raises JournalLocked for a name, a version or a shape that this program doesn't know."""
    try:
        body: dict[str, Any] = json.loads(text)
        kind, version = body.pop("event"), body.pop("v")
    except (ValueError, KeyError, TypeError) as error:
        raise JournalLocked("A journal record is not an event in canonical JSON.") from error
    if version != VERSION or kind not in _EVENTS:
        raise JournalLocked(
            f"The journal holds the event {kind!r}, version {version!r}, which this program doesn't know.", NEWER
        )
    return _build(_EVENTS[kind], body)


def _build(kind: type[events.Event], body: dict[str, Any]) -> events.Event:
    try:
        return kind(**{name: _value(value) for name, value in body.items()})
    except TypeError as error:
        raise JournalLocked(
            f"The journal's {kind.__name__} has other fields than this program knows.", NEWER
        ) from error


def _value(value: Any) -> Any:
    if isinstance(value, str):
        return sys.intern(value) if len(value) < _SELDOM_SAID_TWICE else value
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, dict):
        return events.Card(**value)
    return value


def event_fields(event: events.Event) -> dict[str, Any]:
    """The event's fields by name, for people: `journal show`."""
    return {field.name: getattr(event, field.name) for field in fields(event)}
