"""The Node's checks on who calls and which notice is meant, in its own order (pagopa.md 5).

PSP, broker, channel known and enabled, fitting together, of the right type, then the password; then the domain, the
station by aux digit and segregation or application code, and the EC's broker.
"""

from dataclasses import dataclass
from typing import Protocol, TypeVar

from lxml import etree

from pos_app.sandbox.faultcodes import refused
from pos_app.sandbox.registry import Registry
from pos_app.sandbox.registry_entries import Channel, CreditorInstitution, Psp, PspBroker, Station
from pos_app.sandbox.xmltree import need


@dataclass(frozen=True)
class Party:
    """Who calls."""

    psp: Psp
    broker: PspBroker
    channel: Channel


@dataclass(frozen=True)
class Place:
    """Where the notice is kept."""

    creditor: CreditorInstitution
    station: Station
    notice_number: str


class _Switched(Protocol):
    """An entry of the registry that can be disabled."""

    @property
    def enabled(self) -> bool: ...


_Entry = TypeVar("_Entry", bound=_Switched)


def party(registry: Registry, request: etree._Element, *, activates: bool = False) -> Party:
    """Who calls. Raises Refused as the Node does; `activates`: the channel must be one that pays at the PSP."""
    psp, broker, channel = (need(request, name) for name in ("idPSP", "idBrokerPSP", "idChannel"))
    found = Party(
        _enabled(registry.psp(psp), "PPT_PSP", f"il PSP {psp}"),
        _enabled(registry.psp_broker(broker), "PPT_INTERMEDIARIO_PSP", f"l'intermediario {broker}"),
        _enabled(registry.channel(channel), "PPT_CANALE", f"il canale {channel}"),
    )
    if found.channel.psp != found.psp.id or found.channel.broker != found.broker.id:
        raise refused("PPT_AUTORIZZAZIONE", "Configurazione intermediario-canale non corretta")
    if activates and found.channel.payment_type != "ATTIVATO_PRESSO_PSP":
        raise refused("PPT_AUTORIZZAZIONE", "Il canale non è di tipo 'ATTIVATO_PRESSO_PSP'")
    if found.channel.password != need(request, "password"):
        raise refused("PPT_AUTENTICAZIONE", f"Password errata per il canale {found.channel.id}")
    return found


def place(registry: Registry, fiscal_code: str, notice_number: str) -> Place:
    """Where the notice is kept. Raises Refused as the Node does."""
    creditor = _enabled(registry.creditor(fiscal_code), "PPT_DOMINIO", f"il dominio {fiscal_code}")
    station = _enabled(
        registry.station_for(fiscal_code, notice_number),
        "PPT_STAZIONE_INT_PA",
        f"la stazione del dominio {fiscal_code} per il numero avviso {notice_number}",
    )
    _enabled(registry.pa_broker(station.broker), "PPT_INTERMEDIARIO_PA", f"l'intermediario {station.broker}")
    return Place(creditor, station, notice_number)


def _enabled(found: _Entry | None, stem: str, who: str) -> _Entry:
    """The entry, if the registry has it and it is enabled. A station is feminine, in the codes as well."""
    ending = "A" if stem == "PPT_STAZIONE_INT_PA" else "O"
    if found is None:
        raise refused(f"{stem}_SCONOSCIUT{ending}", f"Non è in anagrafica {who}")
    if not found.enabled:
        raise refused(f"{stem}_DISABILITAT{ending}", f"In anagrafica non è in servizio {who}")
    return found
