"""Contracts and envelopes of the sandbox: the published examples, and what hostile input becomes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pos_app.psp import wire
from pos_app.sandbox.soap import CREDITOR, NODE, PA_OPERATIONS, Misread, Unspeakable, soap_fault
from pos_app.sandbox.xmltree import fingerprint

EXAMPLES = sorted((Path(__file__).parents[2] / "data" / "pagopa-examples").glob("pa*.xml"))
ROOT = "nod:verifyPaymentNoticeReq"
NAMESPACE = f'xmlns:nod="{wire.NODE_FOR_PSP}"'
BODY = (
    "<idPSP>1</idPSP><idBrokerPSP>1</idBrokerPSP><idChannel>1</idChannel><password>12345678</password>"
    "<qrCode><fiscalCode>77777777777</fiscalCode><noticeNumber>301000000000012373</noticeNumber></qrCode>"
)
GOOD = f"<{ROOT} {NAMESPACE}>{BODY}</{ROOT}>"


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 6


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_every_published_example_is_valid_against_our_schema(example: Path) -> None:
    assert CREDITOR.schema_error(wire.open_envelope(example.read_bytes())) is None


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_with_qualified_children_is_invalid(example: Path) -> None:
    element = wire.open_envelope(example.read_bytes())
    element[0].tag = f"{{{element.nsmap[element.prefix]}}}{element[0].tag}"
    assert CREDITOR.schema_error(element) is not None


@pytest.mark.parametrize("operation", PA_OPERATIONS.values(), ids=lambda each: each.name)
def test_a_refusal_of_any_operation_is_valid(operation: wire.Operation) -> None:
    from pos_app.sandbox.faultcodes import Fault, OriginalFault  # noqa: PLC0415 - used here alone

    fault = Fault("PAA_SEMANTICA", "perché", "77777777777", OriginalFault("A", "b", None))
    assert CREDITOR.schema_error(CREDITOR.refusal(operation, fault)) is None


def test_prefix_and_white_space_make_no_other_request(soap_envelope: Callable[..., bytes]) -> None:
    plain = wire.open_envelope(soap_envelope(GOOD))
    spaced = wire.open_envelope(
        soap_envelope(GOOD.replace("nod:", "a:").replace("xmlns:nod", "xmlns:a").replace("><", ">\n  <"))
    )
    assert fingerprint(plain) == fingerprint(spaced)
    assert fingerprint(plain) != fingerprint(wire.open_envelope(soap_envelope(GOOD.replace("12373", "12374"))))


DTD = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
LAUGHING = GOOD.replace("12345678", "&b;")
HOSTILE = {
    "nothing": b"",
    "no xml": b"PAGOPA|002",
    "binary": bytes(range(256)),
    "truncated": f'<s:Envelope xmlns:s="{wire.SOAP}"><s:Body>'.encode(),
    "no envelope": b"<a/>",
    "entities": f'{DTD}<s:Envelope xmlns:s="{wire.SOAP}"><s:Body>{LAUGHING}</s:Body></s:Envelope>'.encode(),
    "external": f'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><s:Envelope xmlns:s="{wire.SOAP}"/>'.encode(),
    "two bodies": f'<s:Envelope xmlns:s="{wire.SOAP}"><s:Body/><s:Body/></s:Envelope>'.encode(),
    "empty body": f'<s:Envelope xmlns:s="{wire.SOAP}"><s:Body/></s:Envelope>'.encode(),
    "other namespace": b'<s:Envelope xmlns:s="http://example.org/"><s:Body/></s:Envelope>',
    "deep": f'<s:Envelope xmlns:s="{wire.SOAP}"><s:Body>{"<a>" * 5000}'.encode(),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_request_is_a_syntax_error_of_the_operation_that_was_named(data: bytes) -> None:
    with pytest.raises(Misread) as caught:
        NODE.read(data, '"verifyPaymentNotice"')
    assert (caught.value.operation.name, caught.value.code) == ("verifyPaymentNotice", "PPT_SINTASSI_EXTRAXSD")


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("action", [None, "", '"somethingElse"'])
def test_where_no_operation_can_be_told_there_is_nothing_to_answer_in(data: bytes, action: str | None) -> None:
    with pytest.raises(Unspeakable):
        NODE.read(data, action)


@pytest.mark.parametrize("action", [None, "", '""', '"activatePaymentNotice"', '"nonsense"'])
def test_a_soap_action_that_does_not_fit_the_body_is_refused(
    soap_envelope: Callable[..., bytes], action: str | None
) -> None:
    with pytest.raises(Misread) as caught:
        NODE.read(soap_envelope(GOOD), action)
    assert caught.value.code == "PPT_SOAPACTION_ERRATA"


@pytest.mark.parametrize("action", ["verifyPaymentNotice", '"verifyPaymentNotice"'])
def test_a_soap_action_may_come_with_quotes_or_without(soap_envelope: Callable[..., bytes], action: str) -> None:
    operation, element = NODE.read(soap_envelope(GOOD), action)
    assert operation.name == "verifyPaymentNotice"
    assert element.findtext("idPSP") == "1"


def test_a_soap_fault_is_an_envelope_with_a_fault() -> None:
    fault = wire.open_envelope(soap_fault("perché no"))
    assert fault.tag == wire.SOAP_FAULT
    assert fault.findtext("faultstring") == "perché no"
