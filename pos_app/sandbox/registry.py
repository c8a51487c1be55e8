"""Who exists: PSPs, brokers, channels, creditor institutions, stations, terminals (sandbox.md, "Registry").

The Node's configuration as frozen data with its look-ups. The default is `data/registry.json`.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import Literal

from pos_app.sandbox.registry_entries import (
    Channel,
    CreditorInstitution,
    PaBroker,
    Psp,
    PspBroker,
    Station,
    Terminal,
)
from pos_app.sandbox.shapes import Seconds, ShapeError, read


@dataclass(frozen=True)
class Registry:
    """Everything the Node and the PSP backend are configured with. Durations in seconds of the sandbox's clock."""

    psps: tuple[Psp, ...]
    psp_brokers: tuple[PspBroker, ...]
    channels: tuple[Channel, ...]
    creditor_institutions: tuple[CreditorInstitution, ...]
    pa_brokers: tuple[PaBroker, ...]
    stations: tuple[Station, ...]
    terminals: tuple[Terminal, ...]
    token_seconds: Seconds = 1800
    idempotency_seconds: Seconds = 1800
    cancel_job: Literal["auto", "manual"] = "auto"
    cancel_job_seconds: Seconds = 60
    receipt_retry_seconds: Seconds = 3600
    ec_timeout_seconds: Seconds = 7

    def __post_init__(self) -> None:
        """Refuse two of a name, and names that lead nowhere."""
        for table, field in _KEYS:
            _refuse_twice(table, field, [getattr(item, field) for item in getattr(self, table)])
        for table, field, target, key in _REFERENCES:
            known = {getattr(item, key) for item in getattr(self, target)}
            for position, item in enumerate(getattr(self, table)):
                if getattr(item, field) not in known:
                    raise ShapeError(f"{table}[{position}].{field}: {getattr(item, field)!r} is not in {target}")

    def psp(self, psp_id: str) -> Psp | None:
        """The PSP of that id."""
        return next((psp for psp in self.psps if psp.id == psp_id), None)

    def psp_broker(self, broker_id: str) -> PspBroker | None:
        """The PSP broker of that id."""
        return next((broker for broker in self.psp_brokers if broker.id == broker_id), None)

    def channel(self, channel_id: str) -> Channel | None:
        """The channel of that id."""
        return next((channel for channel in self.channels if channel.id == channel_id), None)

    def creditor(self, fiscal_code: str) -> CreditorInstitution | None:
        """The EC of that fiscal code."""
        return next((ec for ec in self.creditor_institutions if ec.fiscal_code == fiscal_code), None)

    def pa_broker(self, broker_id: str) -> PaBroker | None:
        """The EC broker of that id."""
        return next((broker for broker in self.pa_brokers if broker.id == broker_id), None)

    def terminal(self, terminal_id: str) -> Terminal | None:
        """The terminal of that id."""
        return next((terminal for terminal in self.terminals if terminal.id == terminal_id), None)

    def station_for(self, creditor: str, notice_number: str) -> Station | None:
        """The station that a notice number leads to (aux digit, and segregation or application code for 0 and 3)."""
        aux = int(notice_number[0])
        code = notice_number[1:3] if aux in (0, 3) else None
        wanted = (creditor, aux, code)
        return next((s for s in self.stations if (s.creditor, s.aux_digit, s.segregation_code) == wanted), None)

    def receiving_station(self, creditor: str) -> Station | None:
        """Where a secondary EC gets its receipts: its first enabled station of the current model."""
        mine = (s for s in self.stations if s.creditor == creditor and s.enabled and s.model == "current")
        return next(mine, None)


_KEYS = (
    ("psps", "id"),
    ("psp_brokers", "id"),
    ("channels", "id"),
    ("creditor_institutions", "fiscal_code"),
    ("pa_brokers", "id"),
    ("stations", "id"),
    ("terminals", "id"),
)
_REFERENCES = (
    ("channels", "psp", "psps", "id"),
    ("channels", "broker", "psp_brokers", "id"),
    ("stations", "broker", "pa_brokers", "id"),
    ("stations", "creditor", "creditor_institutions", "fiscal_code"),
    ("terminals", "psp", "psps", "id"),
    ("terminals", "channel", "channels", "id"),
)


def _refuse_twice(table: str, field: str, values: Iterable[str]) -> None:
    seen: set[str] = set()
    for position, value in enumerate(values):
        if value in seen:
            raise ShapeError(f"{table}[{position}].{field}: {value!r} is there twice")
        seen.add(value)


def default_registry() -> Registry:
    """The registry that a sandbox starts with unless told otherwise."""
    text = (resources.files("pos_app.sandbox") / "data" / "registry.json").read_text(encoding="utf-8")
    return read(Registry, json.loads(text), "registry.json")
