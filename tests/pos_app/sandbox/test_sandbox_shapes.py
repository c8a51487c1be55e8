"""Registry, notices and orders as JSON: every mistake is named by path and value."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.sandbox.faults import FaultOrder
from pos_app.sandbox.notices import Debtor, Notice, Transfer, default_positions, read_position, read_positions
from pos_app.sandbox.registry import Registry, default_registry
from pos_app.sandbox.registry_entries import is_postal
from pos_app.sandbox.shapes import ShapeError, plain, read


def registry(**changed: Any) -> Any:
    return {**plain(default_registry()), **changed}


def test_the_default_registry_survives_being_written_and_read() -> None:
    assert read(Registry, registry()) == default_registry()


def test_the_default_registry_has_a_second_psp_and_a_disabled_one_of_each_kind() -> None:
    found = default_registry()
    assert len({channel.psp for channel in found.channels if channel.enabled}) >= 2
    tables = (
        found.psps,
        found.psp_brokers,
        found.channels,
        found.creditor_institutions,
        found.pa_brokers,
        found.stations,
    )
    assert all(any(not each.enabled for each in table) for table in tables)
    assert {station.model for station in found.stations} == {"current", "legacy"}
    versions = {(station.get_payment_version, station.receipt_version) for station in found.stations}
    assert versions == {(1, 1), (1, 2), (2, 1), (2, 2)}
    assert {station.aux_digit for station in found.stations} == {0, 1, 2, 3}


def test_the_default_notices_have_every_state_and_lead_to_stations() -> None:
    positions = default_positions(year=2026)
    assert {each.notice.state for each in positions} == {
        "payable",
        "paid",
        "expired",
        "revoked",
        "unknown",
        "in_progress",
    }
    found = default_registry()
    assert all(found.station_for(each.fiscal_code, each.notice_number) for each in positions)


def test_the_demos_notice_is_payable() -> None:
    demo = default_positions(year=2026)[0]
    assert (demo.key, demo.notice.amount) == ("77777777777/301000000000012373", 12550)
    assert (demo.notice.state, demo.notice.description) == ("payable", "TARI 2026 - acconto")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"token_seconds": 0}, r"token_seconds must be from 1 to \d+, not 0"),
        ({"token_seconds": "1800"}, r"token_seconds must be a whole number, not '1800'"),
        ({"cancel_job": "never"}, r"cancel_job must be one of auto, manual, not 'never'"),
        ({"colour": "red"}, r"colour: unknown field"),
        ({"psps": {}}, r"psps must be a list, not \{\}"),
        ({"psps": [{"id": "1"}]}, r"psps\[0\]\.fiscal_code is missing"),
        ({"psps": [{"id": "", "fiscal_code": "1", "name": "x"}]}, r"psps\[0\]\.id must be 1 to 35 characters"),
        ({"pa_brokers": [{"id": "a", "enabled": 1}]}, r"pa_brokers\[0\]\.enabled must be true or false, not 1"),
        ({"pa_brokers": [{"id": "a"}, {"id": "a"}]}, r"pa_brokers\[1\]\.id: 'a' is there twice"),
        ({"pa_brokers": []}, r"stations\[0\]\.broker: '77777777777' is not in pa_brokers"),
    ],
)
def test_a_mistake_in_a_registry_is_named(changed: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ShapeError, match=sentence):
        read(Registry, registry(**changed))


@pytest.mark.parametrize(("aux", "code"), [(3, None), (0, None), (1, "01"), (2, "01")])
def test_a_station_that_no_number_leads_to_is_refused(aux: int, code: str | None) -> None:
    station = {
        "id": "s",
        "broker": "77777777777",
        "creditor": "77777777777",
        "aux_digit": aux,
        "segregation_code": code,
    }
    with pytest.raises(ShapeError, match=r"stations\[0\]: segregation_code must be"):
        read(Registry, registry(stations=[station]))


@pytest.mark.parametrize("part", ["psps", "channels", "stations", "terminals"])
def test_a_registry_that_leaves_a_table_out_is_refused(part: str) -> None:
    body = registry()
    del body[part]
    with pytest.raises(ShapeError, match=f"{part} is missing"):
        read(Registry, body)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "amount is missing"),
        ([], r"the body must be an object, not \[\]"),
        ({"amount": 0}, "amount must be from 1 to 99999999999, not 0"),
        ({"amount": 12.5}, "amount must be a whole number, not 12.5"),
        ({"amount": True}, "amount must be a whole number, not True"),
        ({"amount": 1, "state": "lost"}, "state must be one of payable, paid, .* not 'lost'"),
        ({"amount": 1, "due_date": "31/12/2026"}, "due_date must be a date YYYY-MM-DD, not '31/12/2026'"),
        ({"amount": 1, "due_date": "2026-02-30"}, "due_date must be a day of the calendar"),
        ({"amount": 1, "description": ""}, "description must be 1 to 140 characters"),
        ({"amount": 1, "description": "a\x00b"}, "description must be 1 to 140 characters that XML can carry"),
        ({"amount": 1, "debtor": {"type": "X"}}, "debtor.type must be one of F, G, not 'X'"),
        (
            {"amount": 1, "transfers": [{"fiscal_code": "1", "amount": 1}]},
            r"transfers\[0\].fiscal_code must be 11 digits",
        ),
        (
            {"amount": 6, "transfers": [{"fiscal_code": "77777777777", "amount": 1}] * 6},
            "transfers must be at most 5, not 6",
        ),
    ],
)
def test_a_mistake_in_a_notice_is_named(body: Any, sentence: str) -> None:
    with pytest.raises(ShapeError, match=sentence):
        read_position("77777777777", "301000000000012373", body, year=2026)


@pytest.mark.parametrize(("place", "name"), [(("1", "3" * 18), "fiscal_code"), (("7" * 11, "3"), "notice_number")])
def test_a_mistake_in_a_notices_place_is_named(place: tuple[str, str], name: str) -> None:
    with pytest.raises(ShapeError, match=f"{name} must be"):
        read_position(*place, {"amount": 1}, year=2026)


def test_a_notices_file_names_the_place_of_a_mistake_in_it() -> None:
    with pytest.raises(ShapeError, match=r"\[0\]: amount is missing"):
        read_positions([{"fiscal_code": "77777777777", "notice_number": "301000000000012373"}], year=2026)


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        ({"kind": "explode"}, "kind must be one of delay, timeout, .* not 'explode'"),
        ({"at": "moon"}, "at must be one of psp, node, ec, not 'moon'"),
        ({"when": "during"}, "when must be one of before, after, not 'during'"),
        ({"kind": "lost_request", "when": "after"}, "lost_request always strikes before the effect"),
        ({"kind": "ko"}, "fault_code is missing"),
        ({"kind": "raw"}, "status and body are both needed"),
        ({"times": 0}, "times must be from 1"),
        ({"delay": -1}, "delay must be from 0 to 3600 seconds, not -1.0"),
        ({"notice_number": "12"}, "notice_number must be 18 digits"),
    ],
)
def test_a_mistake_in_a_fault_order_is_named(order: dict[str, Any], sentence: str) -> None:
    body = {"operation": "verifyPaymentNotice", "at": "psp", "kind": "timeout", **order}
    with pytest.raises(ShapeError, match=sentence):
        read(FaultOrder, body)


NOTICES = st.builds(
    Notice,
    amount=st.integers(1, 99_999_999_999),
    description=st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn")), min_size=1, max_size=140),
    state=st.sampled_from(["payable", "paid", "expired", "revoked", "unknown", "in_progress"]),
    debtor=st.builds(Debtor, name=st.just("Anna Verdi")),
    transfers=st.lists(
        st.builds(Transfer, fiscal_code=st.just("77777777777"), amount=st.integers(1, 1000)), max_size=5
    ).map(tuple),
    standin=st.booleans(),
)


@given(NOTICES)
def test_a_notice_survives_being_written_and_read(notice: Notice) -> None:
    assert read(Notice, plain(notice)) == notice


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["amount", "psps", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(JSON)
def test_no_json_is_taken_for_a_registry_by_accident(body: Any) -> None:
    with pytest.raises(ShapeError):
        read(Registry, body)


@pytest.mark.parametrize(
    ("iban", "postal"),
    [
        ("IT45R0760103200000000001016", True),
        ("it45 r076 0103 2000", True),
        ("IT76K0300203280284975661141", False),
    ],
)
def test_a_postal_account_is_told_by_its_abi(iban: str, *, postal: bool) -> None:
    assert is_postal(iban) is postal
