"""Events as canonical JSON."""

import json
from typing import get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.domain import events as e
from pos_app.journal.codec import decode, encode
from pos_app.journal.errors import JournalLocked

CARDS = st.builds(e.Card)
VALUES = {
    str: st.text(),
    int: st.integers(-(10**12), 10**12),
    bool: st.booleans(),
    int | None: st.none() | st.integers(),
    str | None: st.none() | st.text(),
    e.Card: CARDS,
    e.Card | None: st.none() | CARDS,
    tuple[str, ...]: st.lists(st.text()).map(tuple),
}


@st.composite
def events(draw: st.DrawFn) -> e.Event:
    kind = draw(st.sampled_from(e.Event.__subclasses__()))
    return kind(**{name: draw(VALUES[hint]) for name, hint in get_type_hints(kind).items()})


@given(events())
def test_every_event_comes_back_as_it_was_written(event: e.Event) -> None:
    text = encode(event)
    assert decode(text) == event
    assert encode(decode(text)) == text


def test_the_text_is_canonical() -> None:
    text = encode(e.CustomerConfirmed(amount=12550, fee=150, trial=True))
    assert text == '{"amount":12550,"event":"CustomerConfirmed","fee":150,"trial":true,"v":1}'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"event":"CardApproved"}',
        '{"event":"FutureEvent","v":1}',
        '{"event":"LockExpired","v":2}',
        '{"event":"LockExpired","v":1,"new":1}',
        '{"event":"CardApproved","v":1,"card":{"pan":"x"}}',
        '{"event":"CustomerConfirmed","v":1}',
    ],
)
def test_what_this_program_does_not_know_locks(text: str) -> None:
    with pytest.raises(JournalLocked):
        decode(text)


def test_a_body_is_json_that_others_can_read() -> None:
    assert json.loads(encode(e.ReaderReceiptTaken(("città", "€ 1")))) == {
        "event": "ReaderReceiptTaken",
        "lines": ["città", "€ 1"],
        "v": 1,
    }
