"""SOAP of the sandbox's actors: which operations each speaks, reading their requests, writing their answers.

What comes is refused as the Node refuses it: KO inside a regular answer where the operation can be told, a SOAP fault
where it can't (pagopa.md 2.1). Performs no I/O beyond loading the schemas.
"""

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from lxml import etree

from pos_app.psp import wire
from pos_app.psp.wire import Operation
from pos_app.sandbox.faultcodes import NODE_ID, Fault
from pos_app.sandbox.xmltree import Content, Item, build

PA_FOR_NODE = "http://pagopa-api.pagopa.gov.it/pa/paForNode.xsd"
LARGEST_REQUEST = 256 * 1024  # bytes; the largest legal one is some 20 kB
_WSDL_DIRECTORY = Path(__file__).parent / "wsdl"


class Misread(Exception):
    """A request whose operation is known and whose content is wrong: answered KO with `code`."""

    def __init__(self, operation: Operation, code: str, description: str) -> None:
        super().__init__(description)
        self.operation = operation
        self.code = code
        self.description = description


class Unspeakable(Exception):
    """A request whose operation can't be told: answered with a SOAP fault."""


Layout = Callable[[Operation, str, Content, list[Item]], list[Item]]


def outcome_first(_operation: Operation, verdict: str, fault: Content, items: list[Item]) -> list[Item]:
    """An answer of the current model: outcome, then fault, then the rest (pagopa.md 2.3)."""
    return [("outcome", verdict), ("fault", fault), *items]


@dataclass(frozen=True)
class Contract:
    """What one kind of actor speaks: operations by name, schema, WSDL file, element prefix, and who it is.

    `layout` is how its answers are laid out; `header_schema` is for the one SOAP header block that a request must have.
    """

    operations: Mapping[str, Operation]
    schema: Callable[[], etree.XMLSchema]
    wsdl: Path
    prefix: str
    codes: str
    speaker: str
    layout: Layout = outcome_first
    header_schema: Callable[[], etree.XMLSchema] | None = None

    @property
    def syntax_code(self) -> str:
        """The fault code of a request that breaks the schema."""
        return f"{self.codes}_SINTASSI_EXTRAXSD" if self.codes == "PPT" else f"{self.codes}_SINTASSI_XSD"

    def answer(self, operation: Operation, items: Iterable[Item] = ()) -> etree._Element:
        """An answer with outcome OK."""
        return build(operation.response, self.layout(operation, "OK", None, list(items)), prefix=self.prefix)

    def refusal(self, operation: Operation, fault: Fault) -> etree._Element:
        """An answer with outcome KO."""
        return build(operation.response, self.layout(operation, "KO", _fault(fault), []), prefix=self.prefix)

    def request(self, operation: Operation, items: Iterable[Item]) -> etree._Element:
        """A request of ours."""
        return build(operation.request, items, prefix=self.prefix)

    def read(self, data: bytes, soap_action: str | None) -> tuple[Operation, etree._Element]:
        """The operation and its request, checked against the schema. Raises Misread or Unspeakable."""
        operation, element = self.open(data, soap_action)
        fault = self.schema_error(element) or self._header_error(element)
        if fault is not None:
            raise Misread(operation, self.syntax_code, fault)
        return operation, element

    def open(self, data: bytes, soap_action: str | None) -> tuple[Operation, etree._Element]:
        """The operation and its request, not yet checked against the schema. Raises Misread or Unspeakable."""
        named = self.operations.get((soap_action or "").strip().strip('"'))
        try:
            element = wire.open_envelope(data)
        except wire.WireError as error:
            raise self._wrong(named, str(error)) from error
        told = next((each for each in self.operations.values() if each.request == element.tag), None)
        if told is None:
            raise self._wrong(
                named, f"The Body holds {etree.QName(element).localname}, which is no request of this service."
            )
        if named is not told:
            raise Misread(
                told, self._code("SOAPACTION_ERRATA"), f"SOAPAction must be {told.name}, not {soap_action!r}."
            )
        return told, element

    def schema_error(self, element: etree._Element) -> str | None:
        """What the schema has against `element`, in its own words; None when it is valid."""
        return _schema_error(self.schema(), element)

    def _header_error(self, element: etree._Element) -> str | None:
        if self.header_schema is None:
            return None
        header = header_of(element)
        return "The Header is missing." if header is None else _schema_error(self.header_schema(), header)

    def _wrong(self, named: Operation | None, sentence: str) -> Exception:
        return Unspeakable(sentence) if named is None else Misread(named, self.syntax_code, sentence)

    def _code(self, tail: str) -> str:
        return f"{self.codes}_{tail}" if self.codes == "PPT" else self.syntax_code


def _fault(fault: Fault) -> list[Item]:
    original = fault.original
    return [
        ("faultCode", fault.code),
        ("faultString", fault.string),
        ("id", fault.speaker),
        ("description", fault.description),
        ("originalFaultCode", original.code if original else None),
        ("originalFaultString", original.string if original else None),
        ("originalDescription", original.description if original else None),
    ]


def _schema_error(schema: etree.XMLSchema, element: etree._Element) -> str | None:
    try:
        schema.assertValid(element)
    except etree.DocumentInvalid as error:
        return str(error)
    return None


def header_of(element: etree._Element) -> etree._Element | None:
    """The first header block of the envelope whose body `element` is; None where there is none."""
    return element.getroottree().getroot().find(f"{{{wire.SOAP}}}Header/*")


def envelope(element: etree._Element, header: etree._Element | None = None) -> bytes:
    """A SOAP 1.1 envelope around copies of both."""
    if header is None:
        return wire.envelope(element)
    root = etree.Element(wire.ENVELOPE, nsmap={"soapenv": wire.SOAP})
    etree.SubElement(root, f"{{{wire.SOAP}}}Header").append(deepcopy(header))
    etree.SubElement(root, wire.BODY).append(deepcopy(element))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def soap_fault(sentence: str, *, code: str = "soapenv:Client") -> bytes:
    """A SOAP 1.1 fault envelope."""
    fault = etree.Element(wire.SOAP_FAULT, nsmap={"soapenv": wire.SOAP})
    for name, content in (("faultcode", code), ("faultstring", sentence)):
        etree.SubElement(fault, name).text = content
    return wire.envelope(fault)


@cache
def pa_for_node_schema() -> etree.XMLSchema:
    """The compiled schema of what the Node asks an EC of the current model, made once a process."""
    return etree.XMLSchema(file=str(_WSDL_DIRECTORY / "paForNode.xsd"))


def _pa_operation(name: str, request: str, response: str) -> Operation:
    return Operation(name, f"{{{PA_FOR_NODE}}}{name}{request}", f"{{{PA_FOR_NODE}}}{name}{response}")


PA_OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        operation.name: operation
        for operation in (
            _pa_operation("paVerifyPaymentNotice", "Req", "Res"),
            _pa_operation("paGetPayment", "Req", "Res"),
            _pa_operation("paGetPaymentV2", "Request", "Response"),
            _pa_operation("paSendRT", "Req", "Res"),
            _pa_operation("paSendRTV2", "Request", "Response"),
        )
    }
)

NODE = Contract(wire.OPERATIONS, wire.node_for_psp_schema, wire.wsdl_path(), "nfp", "PPT", NODE_ID)
CREDITOR = Contract(PA_OPERATIONS, pa_for_node_schema, _WSDL_DIRECTORY / "paForNode.wsdl", "pfn", "PAA", "EC")
