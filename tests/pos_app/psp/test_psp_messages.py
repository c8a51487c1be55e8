"""zeep reads the files of this package and fetches nothing."""

from pathlib import Path
from typing import Any

import pytest
import zeep
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from pos_app.psp.answers import UnusableAnswer
from pos_app.psp.messages import NodeForPspMessages, _OwnFilesOnly, node_for_psp_messages
from pos_app.psp.wire import OPERATIONS, SOAP, wsdl_path


def test_the_wsdl_is_loaded_once_a_process() -> None:
    assert node_for_psp_messages() is node_for_psp_messages()


def test_a_wsdl_that_points_elsewhere_is_not_followed(tmp_path: Path) -> None:
    text = (
        wsdl_path().read_text().replace('schemaLocation="nodeForPsp.xsd"', 'schemaLocation="http://127.0.0.1:1/x.xsd"')
    )
    path = tmp_path / "hostile.wsdl"
    path.write_text(text)
    own_files_only: Any = _OwnFilesOnly
    with pytest.raises(PermissionError, match="not loaded"):
        zeep.Client(str(path), transport=own_files_only())  # type: ignore[no-untyped-call]  # zeep types it partly


def test_what_zeep_cannot_read_is_no_answer() -> None:
    stranger = etree.fromstring(f'<e:Stranger xmlns:e="{SOAP}"/>')
    with pytest.raises(UnusableAnswer):
        NodeForPspMessages().read(OPERATIONS["sendPaymentOutcomeV2"], stranger)


# --- forms ---------------------------------------------------------------------------------------

_HEAD = {"idPSP": "1", "idBrokerPSP": "1", "idChannel": "1_01", "password": "xxxxxxxx", "idempotencyKey": "1_a"}
_SPOKEN = NodeForPspMessages()
_IN_XML = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12)
_ANY_TEXT = st.text(st.sampled_from("a<&>\"' \r\n\t\x00\ufffe\U0001f600"), max_size=6)


def outcome_fields(text: str, tokens: list[str]) -> dict[str, Any]:
    payer = {
        "uniqueIdentifier": {"entityUniqueIdentifierType": "F", "entityUniqueIdentifierValue": text},
        "fullName": text,
    }
    days = {"applicationDate": "2026-11-22", "transferDate": "2026-11-23"}
    details = {"paymentMethod": "CP", "paymentChannel": "frontOffice", "fee": "1.50", "payer": payer, **days}
    return {**_HEAD, "paymentTokens": {"paymentToken": tokens}, "outcome": "OK", "details": details}


def activation_fields(text: str, number: int) -> dict[str, Any]:
    code = {"fiscalCode": text, "noticeNumber": "3" * 18}
    return {**_HEAD, "qrCode": code, "expirationTime": number, "amount": "12.50"}


def made_or_refused(messages: NodeForPspMessages, name: str, fields: dict[str, Any]) -> str:
    try:
        return messages.build(OPERATIONS[name], fields)
    except ValueError as error:
        return f"refused: {error}"


def zeeps_own(name: str, fields: dict[str, Any]) -> str:
    """As zeep makes it when no form is kept."""
    _SPOKEN._forms.clear()
    return made_or_refused(_SPOKEN, name, fields)


_FORMED = NodeForPspMessages()


@given(_IN_XML | _ANY_TEXT, st.lists(_IN_XML, min_size=1, max_size=3))
def test_a_filled_form_is_what_zeep_makes_of_an_outcome(text: str, tokens: list[str]) -> None:
    name = "sendPaymentOutcomeV2"
    _FORMED.build(OPERATIONS[name], outcome_fields("ANONIMO", ["t"] * len(tokens)))
    fields = outcome_fields(text, tokens)
    assert made_or_refused(_FORMED, name, fields) == zeeps_own(name, fields)


@given(_IN_XML | _ANY_TEXT, st.integers())
def test_a_filled_form_is_what_zeep_makes_of_an_activation(text: str, number: int) -> None:
    name = "activatePaymentNoticeV2"
    _FORMED.build(OPERATIONS[name], activation_fields("7" * 11, 1_800_000))
    fields = activation_fields(text, number)
    assert made_or_refused(_FORMED, name, fields) == zeeps_own(name, fields)


def test_a_form_is_kept_only_where_zeep_wrote_the_values_as_they_were_given() -> None:
    messages = NodeForPspMessages()
    in_order = activation_fields("7" * 11, 1_800_000)
    messages.build(OPERATIONS["activatePaymentNoticeV2"], dict(reversed(in_order.items())))
    assert not messages._forms
    messages.build(OPERATIONS["activatePaymentNoticeV2"], in_order)
    assert len(messages._forms) == 1


def test_a_form_is_never_changed_by_what_is_filled_in() -> None:
    messages, operation = NodeForPspMessages(), OPERATIONS["activatePaymentNoticeV2"]
    messages.build(operation, activation_fields("7" * 11, 1))
    (form,) = messages._forms.values()
    kept = etree.tostring(form)
    assert "<fiscalCode>88888888888<" in messages.build(operation, activation_fields("8" * 11, 2))
    assert etree.tostring(form) == kept
