"""The schema that ships says what pagopa.md 2.1-2.4 says, and envelopes are opened with care (P9, P12, P13)."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from pos_app.psp import wire

EXAMPLES = Path(__file__).parents[2] / "data" / "pagopa-examples"
OURS = sorted(path.stem for path in EXAMPLES.glob("*.xml") if not path.stem.startswith("pa"))
Example = Callable[[str], bytes]


def enveloped(inner: str, *, prologue: str = "") -> bytes:
    return f'{prologue}<s:Envelope xmlns:s="{wire.SOAP}"><s:Header/><s:Body>{inner}</s:Body></s:Envelope>'.encode()


def is_valid(element: etree._Element) -> bool:
    return wire.schema_problem(element) is None


def changed(document: bytes, path: str, text: str) -> etree._Element:
    child = wire.open_envelope(document)
    found = child.find(path)
    assert found is not None
    found.text = text
    return child


# --- the schema --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OURS)
def test_every_example_of_the_node_is_valid(example: Example, name: str) -> None:
    assert wire.schema_problem(wire.open_envelope(example(name))) is None


def test_there_are_examples_of_every_shape() -> None:
    assert len(OURS) == 10


@pytest.mark.parametrize("operation", wire.OPERATIONS.values(), ids=lambda operation: operation.name)
def test_the_wsdl_binds_every_operation_to_its_own_name(operation: wire.Operation) -> None:
    wsdl = etree.parse(wire.wsdl_path())
    action = wsdl.xpath(
        "string(//w:binding/w:operation[@name=$name]/s:operation/@soapAction)",
        name=operation.name,
        namespaces={"w": "http://schemas.xmlsoap.org/wsdl/", "s": "http://schemas.xmlsoap.org/wsdl/soap/"},
    )
    assert action == operation.name


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("amount", "10"), ("amount", "10.1"), ("amount", "10,00"), ("amount", "-1.00"), ("amount", "1000000000.00"),
        ("expirationTime", "1800001"), ("qrCode/noticeNumber", "30120261121000427"),
        ("qrCode/fiscalCode", "1537637100a"),
        ("password", "short"), ("password", "x" * 16), ("idempotencyKey", "97249640588_short"), ("idPSP", ""),
        ("idempotencyKey", "9_Ab3dE6gH9j"), ("touchPoint", "NONSENSE"), ("paymentMethod", "cash"), ("idPSP", "x" * 36),
    ],
)  # fmt: skip
def test_the_facets_of_a_request_are_enforced(example: Example, path: str, text: str) -> None:
    assert not is_valid(changed(example("activatePaymentNoticeV2Request"), path, text))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("amount", "0.00"), ("amount", "999999999.99"), ("expirationTime", "0"), ("expirationTime", "1800000"),
        ("expirationTime", "-5"), ("idempotencyKey", "97_Ab3dE6gH9j"), ("touchPoint", "HB"), ("paymentMethod", "BP"),
    ],
)  # fmt: skip
def test_what_the_node_allows_is_allowed(example: Example, path: str, text: str) -> None:
    assert is_valid(changed(example("activatePaymentNoticeV2Request"), path, text))


@pytest.mark.parametrize("element", ["paymentMethod", "touchPoint"])
def test_only_the_second_activation_knows_where_and_how(example: Example, element: str) -> None:
    second = example("activatePaymentNoticeV2Request").decode()
    first = second.replace("activatePaymentNoticeV2Request", "activatePaymentNoticeReq")
    assert not is_valid(wire.open_envelope(first.encode()))
    request = wire.open_envelope(first.encode())
    for name in {"paymentMethod", "touchPoint"} - {element}:
        request.remove(request.find(name))  # type: ignore[arg-type]
    problem = wire.schema_problem(request)
    assert problem is not None
    assert element in problem


def test_local_elements_are_unqualified(example: Example) -> None:
    qualified = example("verifyPaymentNoticeReq").replace(b"idPSP>", b"nfp:idPSP>")
    assert not is_valid(wire.open_envelope(qualified))


def test_a_transfer_may_ask_for_a_revenue_stamp_instead_of_an_iban(example: Example) -> None:
    stamp = (
        b"<richiestaMarcaDaBollo><hashDocumento>YWJjZA==</hashDocumento><tipoBollo>01</tipoBollo>"
        b"<provinciaResidenza>PD</provinciaResidenza></richiestaMarcaDaBollo>"
    )
    iban = b"<IBAN>IT60X0542811101000000123456</IBAN>"
    document = example("activatePaymentNoticeV2Response")
    assert is_valid(wire.open_envelope(document.replace(iban, stamp)))
    assert not is_valid(wire.open_envelope(document.replace(iban, iban + stamp)))


def test_a_problem_names_the_place_and_the_rule_but_not_the_value(example: Example) -> None:
    problem = wire.schema_problem(changed(example("sendPaymentOutcomeV2Response"), "outcome", "BOH"))
    assert problem == "/sendPaymentOutcomeV2Response/outcome (SCHEMAV_CVC_ENUMERATION_VALID)"


# --- envelopes ---------------------------------------------------------------------------------


def test_an_envelope_opens_to_its_only_child() -> None:
    assert wire.open_envelope(enveloped("<!-- note --><a/><?p i?>")).tag == "a"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "well-formed"),
        (b"<html><p>Login</html>", "well-formed"),
        (enveloped("<a/>")[:-5], "well-formed"),
        (enveloped("<a/>") + b"<b/>", "well-formed"),
        (b"<html/>", "envelope"),
        (enveloped("<a/>").replace(wire.SOAP.encode(), b"http://www.w3.org/2003/05/soap-envelope"), "envelope"),
        (enveloped(""), "it has 0"),
        (enveloped("<a/><a/>"), "it has 2"),
        (enveloped("<a/></s:Body><s:Body><b/>"), "one Body; it has 2"),
        (f'<s:Envelope xmlns:s="{wire.SOAP}"/>'.encode(), "one Body; it has 0"),
        (enveloped("<a/>", prologue="<!DOCTYPE a>"), "document type"),
    ],
)
def test_what_is_not_one_message_is_refused_in_one_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(wire.WireError, match=sentence) as caught:
        wire.open_envelope(data)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


def test_p12_an_external_entity_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("top secret")
    dtd = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{(tmp_path / "secret").as_uri()}">]>'
    with pytest.raises(wire.WireError):
        wire.open_envelope(enveloped("<a>&x;</a>", prologue=dtd))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_p12_a_bomb_of_entities_is_refused_at_once(encoding: str) -> None:
    entities = "".join(f'<!ENTITY x{n} "{f"&x{n - 1};" * 10}">' for n in range(1, 12))
    bomb = enveloped("<a>&x11;</a>", prologue=f'<!DOCTYPE a [<!ENTITY x0 "lol">{entities}]>').decode()
    started = time.monotonic()
    with pytest.raises(wire.WireError):
        wire.open_envelope(bomb.encode(encoding))
    assert time.monotonic() - started < 1


def test_p12_a_parameter_entity_from_outside_is_not_fetched(backend: Any) -> None:
    dtd = f'<!DOCTYPE a SYSTEM "{backend.url}" [<!ENTITY % x SYSTEM "{backend.url}"> %x;]>'
    with pytest.raises(wire.WireError):
        wire.open_envelope(enveloped("<a/>", prologue=dtd))
    assert backend.connections == 0


def test_p12_a_schema_location_is_not_fetched(backend: Any, example: Example) -> None:
    document = example("sendPaymentOutcomeV2Response").replace(
        b"<nfp:sendPaymentOutcomeV2Response ",
        b'<nfp:sendPaymentOutcomeV2Response xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        b'xsi:schemaLocation="urn:x ' + backend.url.encode() + b'" ',
    )
    assert is_valid(wire.open_envelope(document))
    assert backend.connections == 0


def test_p11_a_tree_too_deep_is_refused() -> None:
    with pytest.raises(wire.WireError):
        wire.open_envelope(enveloped("<a>" * 5000 + "</a>" * 5000))


@given(st.binary(max_size=200))
def test_bytes_that_mean_nothing_are_a_sentence(data: bytes) -> None:
    with pytest.raises(wire.WireError, match=r"\.$"):
        wire.open_envelope(data)


@pytest.mark.parametrize("name", OURS)
def test_an_element_survives_its_envelope(example: Example, name: str) -> None:
    child = wire.open_envelope(example(name))
    again = wire.open_envelope(wire.envelope(child))
    assert [(e.tag, e.text) for e in again.iter()] == [(e.tag, e.text) for e in child.iter()]
