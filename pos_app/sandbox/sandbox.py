"""The sandbox put together, without its server: registry, memory, clock, Node, creditor institutions, armed faults."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

from pos_app.psp.wire import Operation
from pos_app.sandbox.calls import Calls
from pos_app.sandbox.clock import SandboxClock
from pos_app.sandbox.creditor import Creditor
from pos_app.sandbox.faults import Faults
from pos_app.sandbox.legacy_creditor import LegacyCreditor
from pos_app.sandbox.node import Node
from pos_app.sandbox.node_world import NodeWorld
from pos_app.sandbox.notices import Position, default_positions, read_positions
from pos_app.sandbox.records import Offset
from pos_app.sandbox.registry import Registry, default_registry
from pos_app.sandbox.shapes import ShapeError, read
from pos_app.sandbox.state_file import StateError
from pos_app.sandbox.store import Store


class SandboxError(Exception):
    """The sandbox can't start; the sentence says why and what to do."""


@dataclass(frozen=True)
class SandboxOptions:
    """How a sandbox is started (sandbox.md, "Command"). Port 0: a free one. `keep_calls`: how long the ring is."""

    host: str = "127.0.0.1"
    port: int = 8480
    registry: Path | None = None
    notices: Path | None = None
    state: Path | None = None
    keep_calls: int = 2000
    tls_cert: Path | None = None
    tls_key: Path | None = None
    client_ca: Path | None = None

    def __post_init__(self) -> None:
        """Refuse half a TLS: it would be none at all. Raises SandboxError."""
        if self.tls_cert is None and (self.tls_key or self.client_ca):
            raise SandboxError("--tls-key and --client-ca need --tls-cert as well.")


class Sandbox:
    """All actors on one memory and one clock. Raises SandboxError if its files can't be used."""

    def __init__(
        self,
        options: SandboxOptions | None = None,
        *,
        clock: SandboxClock | None = None,
        new_token: Callable[[], str] = lambda: uuid.uuid4().hex,
    ) -> None:
        self.options = options or SandboxOptions()
        self.clock = clock or SandboxClock()
        self._first_registry = load_registry(self.options.registry)
        self._first_positions = load_positions(self.options.notices, self.clock.now().year)
        self.registry = self._first_registry
        self.store = _store(self.options.state)
        self.calls = Calls(self.options.keep_calls)
        self.faults = Faults()
        self.creditor = Creditor(lambda: self.registry, self.store)
        self.legacy_creditor = LegacyCreditor(lambda: self.registry, self.store, self.clock)
        self._new_token = new_token
        self._resume()
        self.node = self._new_node()

    def reset(self) -> None:
        """Everything back to how it started, state file included."""
        self.registry = self._first_registry
        self.clock.offset = 0
        self.faults.clear()
        self.calls.clear()
        self.store.clear()
        self._put_missing_positions()
        self.node = self._new_node()
        self.store.save()

    def advance(self, seconds: float) -> None:
        """Let time pass on the sandbox's clock."""
        self.clock.advance(seconds)
        self.store.offset.put("clock", Offset(self.clock.offset))
        self.store.save()

    def answer_as_creditor(self, operation: Operation, request: etree._Element) -> etree._Element:
        """What the EC would say: for the Node's stand-in, and for who drives the rules without HTTP."""
        return self.creditor.handle(operation, request)

    def close(self) -> None:
        """Write what is left and let go of the state file."""
        self.store.close()

    def _new_node(self) -> Node:
        return Node(NodeWorld(lambda: self.registry, self.store, self.clock, self._new_token, self.answer_as_creditor))

    def _resume(self) -> None:
        kept = self.store.offset.get("clock")
        if kept is not None:
            self.clock.offset = kept.seconds
        self._put_missing_positions()
        self.store.save()

    def _put_missing_positions(self) -> None:
        for position in self._first_positions:
            if self.store.positions.get(position.key) is None:
                self.store.positions.put(position.key, position)


def load_registry(path: Path | None) -> Registry:
    """The registry of a file, or the default one. Raises SandboxError."""
    try:
        return default_registry() if path is None else read(Registry, _json(path))
    except ShapeError as error:
        raise SandboxError(f"{path or 'the default registry'}: {error}") from error


def load_positions(path: Path | None, year: int) -> tuple[Position, ...]:
    """The notices of a file, or the default ones, due in `year` unless they say otherwise. Raises SandboxError."""
    try:
        return default_positions(year=year) if path is None else read_positions(_json(path), year=year)
    except ShapeError as error:
        raise SandboxError(f"{path or 'the default notices'}: {error}") from error


def _store(path: Path | None) -> Store:
    try:
        return Store(path)
    except StateError as error:
        raise SandboxError(f"{error}; name another file, or remove it.") from error


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SandboxError(f"{path} can't be read: {error.strerror}.") from error
    except ValueError as error:
        raise SandboxError(f"{path} is not JSON: {error}.") from error
