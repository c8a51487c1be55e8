"""The names, schemas and envelopes of the nodeForPsp primitives (pagopa.md 2.1-2.4).

SOAP 1.1, local elements unqualified. Bytes in, elements out, and back; performs no network I/O. What is read is never
trusted: no DTD, no entities, exactly one Body child.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from lxml import etree

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
NODE_FOR_PSP = "http://pagopa-api.pagopa.gov.it/node/nodeForPsp.xsd"
NODE_FOR_PSP_WSDL = "http://pagopa-api.pagopa.gov.it/nodeForPsp"
COMMON_TYPES = "http://pagopa-api.pagopa.gov.it/xsd/common-types/v1.0.0/"

_XSD = "http://www.w3.org/2001/XMLSchema"

ENVELOPE = f"{{{SOAP}}}Envelope"
BODY = f"{{{SOAP}}}Body"
SOAP_FAULT = f"{{{SOAP}}}Fault"

_WSDL_DIRECTORY = Path(__file__).parent / "wsdl"


class WireError(ValueError):
    """What came is not one SOAP message; the sentence says why and quotes nothing of it."""


@dataclass(frozen=True)
class Operation:
    """A primitive: its name, which is its SOAPAction too, and its two wrapper elements as `{namespace}name`."""

    name: str
    request: str
    response: str


def operations(namespace: str, *names: tuple[str, str, str]) -> Mapping[str, Operation]:
    """Operations by name, from their names and what their two wrappers add to them, all in one namespace."""
    return MappingProxyType(
        {
            name: Operation(name, f"{{{namespace}}}{name}{request}", f"{{{namespace}}}{name}{response}")
            for name, request, response in names
        },
    )


# Wrapper naming is irregular: Req/Res in the first version, Request/Response in the second (pagopa.md 2.1).
OPERATIONS = operations(
    NODE_FOR_PSP,
    ("verifyPaymentNotice", "Req", "Res"),
    ("verificaBollettino", "Req", "Res"),
    ("activatePaymentNotice", "Req", "Res"),
    ("activatePaymentNoticeV2", "Request", "Response"),
    ("sendPaymentOutcome", "Req", "Res"),
    ("sendPaymentOutcomeV2", "Request", "Response"),
)


def wsdl_path() -> Path:
    """The WSDL of nodeForPsp that ships with this package; its schemas lie beside it."""
    return _WSDL_DIRECTORY / "nodeForPsp.wsdl"


@cache
def node_for_psp_schema() -> etree.XMLSchema:
    """The compiled schema of all requests and responses, made once a process."""
    return etree.XMLSchema(file=str(_WSDL_DIRECTORY / "nodeForPsp.xsd"))


@cache
def declared_names() -> frozenset[str]:
    """The local names of all elements that the schemas declare anywhere."""
    files = (_WSDL_DIRECTORY / "nodeForPsp.xsd", _WSDL_DIRECTORY / "commonTypes.xsd")
    elements = (element for file in files for element in etree.parse(file).iter(f"{{{_XSD}}}element"))
    return frozenset(str(element.get("name")) for element in elements)


def hardened_parser() -> etree.XMLParser:
    """A parser that fetches nothing, expands nothing and refuses huge trees (reliability.md P11, P12)."""
    return etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def open_envelope(data: bytes) -> etree._Element:
    """The only child of the only Body.

    Raises WireError in one sentence: bad XML, a DTD, not an envelope, no or many children.
    """
    root = _root(data)
    if root.tag != ENVELOPE:
        raise WireError("The message is not a SOAP 1.1 envelope.")
    bodies = root.findall(BODY)
    if len(bodies) != 1:
        raise WireError(f"The envelope must have one Body; it has {len(bodies)}.")
    if len(bodies[0]) != 1:
        raise WireError(f"The Body must have one child element; it has {len(bodies[0])}.")
    return bodies[0][0]


def _root(data: bytes) -> etree._Element:
    try:
        root = etree.fromstring(data, hardened_parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        raise WireError("The message is not well-formed XML.") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise WireError("The message carries a document type declaration, which SOAP forbids.")
    return root


def envelope(child: etree._Element) -> bytes:
    """A SOAP 1.1 envelope around a copy of `child`, as UTF-8 with the XML declaration."""
    root = etree.Element(ENVELOPE, nsmap={"soapenv": SOAP})
    etree.SubElement(root, BODY).append(deepcopy(child))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def schema_problem(element: etree._Element) -> str | None:
    """Where `element` breaks the schema: `path (rule)`, without the value; None where the schema allows it."""
    schema = node_for_psp_schema()
    if schema.validate(element):
        return None
    log: Any = schema.error_log
    error = log.last_error
    # The log is the schema's own, so another thread may have emptied it meanwhile.
    return f"{_plain_path(error.path)} ({error.type_name})" if error is not None else "some element"


def _plain_path(path: str) -> str:
    return "/".join(step.partition(":")[2] or step for step in path.split("/"))
