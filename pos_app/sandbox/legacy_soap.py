"""SOAP of the old model: what the Node asks an EC, and the RPT that an EC tells the Node (pagopa.md 1.3, 2.8).

An answer of the EC holds a child of its own name, the Node's does not; in both, fault comes before esito. Every call
carries the header intestazionePPT. RPT and RT travel inside, as base64.
"""

import base64
import binascii
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from pos_app.psp import wire
from pos_app.psp.wire import Operation
from pos_app.sandbox.faultcodes import NODE_ID
from pos_app.sandbox.registry_entries import Station
from pos_app.sandbox.soap import Contract, header_of
from pos_app.sandbox.xmltree import Content, Element, Item, build, need

PPT = "http://ws.pagamenti.telematici.gov/"
PPT_HEAD = "http://ws.pagamenti.telematici.gov/ppthead"
PAYMENTS = "http://www.digitpa.gov.it/schemas/2011/Pagamenti/"
_WSDL_DIRECTORY = Path(__file__).parent / "wsdl"


class DocumentError(ValueError):
    """What came as an RPT or RT is none; the sentence says why."""


@dataclass(frozen=True)
class Head:
    """intestazionePPT: who is addressed, for which payment (`reference` is the IUV), on which occasion (`ccp`)."""

    broker: str
    station: str
    creditor: str
    reference: str
    ccp: str

    @property
    def element(self) -> Element:
        """As it goes on the wire."""
        values = (self.broker, self.station, self.creditor, self.reference, self.ccp)
        return build(f"{{{PPT_HEAD}}}intestazionePPT", zip(_HEAD_NAMES, values, strict=True), prefix="ppthead")


_HEAD_NAMES = (
    "identificativoIntermediarioPA",
    "identificativoStazioneIntermediarioPA",
    "identificativoDominio",
    "identificativoUnivocoVersamento",
    "codiceContestoPagamento",
)


def head_for(station: Station, reference: str, ccp: str) -> Head:
    """The header of a call to a station."""
    return Head(station.broker, station.id, station.creditor, reference, ccp)


def read_head(header: Element) -> Head:
    """The header's content; the schema has made sure of it."""
    return Head(*(need(header, name) for name in _HEAD_NAMES))


def head_of(element: Element) -> Head:
    """The header that came with the body `element`."""
    header = header_of(element)
    assert header is not None  # the contract has checked it
    return read_head(header)


@cache
def ppt_schema() -> etree.XMLSchema:
    """The compiled schema of the bodies, made once a process."""
    return etree.XMLSchema(file=str(_WSDL_DIRECTORY / "ppt.xsd"))


@cache
def ppt_head_schema() -> etree.XMLSchema:
    """The compiled schema of the header, made once a process."""
    return etree.XMLSchema(file=str(_WSDL_DIRECTORY / "pptHead.xsd"))


@cache
def rpt_rt_schema() -> etree.XMLSchema:
    """The compiled schema of RPT and RT, made once a process."""
    return etree.XMLSchema(file=str(_WSDL_DIRECTORY / "rptRt.xsd"))


def document(name: str, items: list[Item]) -> Element:
    """An RPT or RT, all its elements qualified."""
    return build(f"{{{PAYMENTS}}}{name}", qualified(items), prefix="pay_i")


def qualified(items: Content) -> Any:
    """The same content, its elements in the namespace of RPT and RT."""
    if items is None or isinstance(items, str):
        return items
    return [(f"{{{PAYMENTS}}}{name}", qualified(content)) for name, content in items]


def pack(element: Element) -> str:
    """An RPT or RT as it travels inside a call."""
    return base64.b64encode(etree.tostring(element, xml_declaration=True, encoding="UTF-8")).decode()


def unpack(packed: str, name: str) -> Element:
    """The RPT or RT (`name`) that came as base64. Raises DocumentError for anything else."""
    try:
        element = etree.fromstring(base64.b64decode(packed, validate=False), wire.hardened_parser())
    except (binascii.Error, etree.XMLSyntaxError, ValueError) as error:
        raise DocumentError(f"{name}: non è XML in base64") from error
    if element.tag != f"{{{PAYMENTS}}}{name}":
        raise DocumentError(f"{name}: l'elemento è {etree.QName(element).localname}")
    try:
        rpt_rt_schema().assertValid(element)
    except etree.DocumentInvalid as error:
        raise DocumentError(f"{name}: {error}") from error
    return element


def path(*names: str) -> str:
    """The path of an element of an RPT or RT."""
    return "/".join(f"{{{PAYMENTS}}}{name}" for name in names)


def _nested(operation: Operation, verdict: str, fault: Content, items: list[Item]) -> list[Item]:
    return [(etree.QName(operation.response).localname, _flat(operation, verdict, fault, items))]


def _flat(_operation: Operation, verdict: str, fault: Content, items: list[Item]) -> list[Item]:
    return [("fault", fault), ("esito", verdict), *items]


LEGACY_CREDITOR = Contract(
    wire.operations(
        PPT, ("paaVerificaRPT", "", "Risposta"), ("paaAttivaRPT", "", "Risposta"), ("paaInviaRT", "", "Risposta")
    ),
    ppt_schema,
    _WSDL_DIRECTORY / "paPerNodo.wsdl",
    "ppt",
    "PAA",
    "EC",
    layout=_nested,
    header_schema=ppt_head_schema,
)
NODE_FOR_PA = Contract(
    wire.operations(PPT, ("nodoInviaRPT", "", "Risposta")),
    ppt_schema,
    _WSDL_DIRECTORY / "nodoPerPa.wsdl",
    "ppt",
    "PPT",
    NODE_ID,
    layout=_flat,
    header_schema=ppt_head_schema,
)
# What a PSP of the old model would ask: known so that it can be told that it asks in vain (pagopa.md 1.3).
OUTDATED_PSP = Contract(
    wire.operations(PPT, ("nodoVerificaRPT", "", "Risposta"), ("nodoAttivaRPT", "", "Risposta")),
    ppt_schema,
    _WSDL_DIRECTORY / "nodoPerPa.wsdl",
    "ppt",
    "PPT",
    NODE_ID,
    layout=_nested,
)
