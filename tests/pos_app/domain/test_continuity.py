"""When the reader's last result says that the journal is an older copy (reliability.md K7)."""

import pytest

from pos_app.domain import events as e
from pos_app.domain.continuity import moved_on

OURS = e.BaselineTaken("00000001", "result-2", "000002")


def card(fingerprint: str, stan: str = "") -> e.Card:
    return e.Card("00", fingerprint, "00000001", 12700, stan=stan)


@pytest.mark.parametrize(
    "newest_first",
    [
        pytest.param([e.BaselineTaken("00000001", "result-1")], id="a baseline of before"),
        pytest.param([e.BaselineTaken("00000001", "")], id="a reader that had no result yet"),
        pytest.param(
            [e.CardApproved(card("result-1")), e.CardApproved(card("result-0", stan="000002"))], id="its STAN long ago"
        ),
        pytest.param([e.CardApproved(card("result-1")), e.ChargeStarted(1, 12700, "R")], id="an approval of before"),
        pytest.param(
            [e.CardDeclined("no", card("result-1")), e.ChargeStarted(1, 12700, "R")], id="a refusal of before"
        ),
        pytest.param([e.ReaderAccepted("Anna", "sigarette", "00000001", "result-1")], id="somebody else's, accepted"),
        pytest.param(
            [e.BaselineTaken("00000001", "result-1"), e.ChargeStarted(1, 100, "R")], id="a charge decided long ago"
        ),
    ],
)
def test_a_result_that_no_record_knows_means_that_the_reader_has_moved_on(newest_first: list[e.Event]) -> None:
    assert moved_on(OURS, newest_first)


@pytest.mark.parametrize(
    "newest_first",
    [
        pytest.param([], id="a new terminal"),
        pytest.param([e.BaselineTaken("00000001", None)], id="a reader that never told"),
        pytest.param([e.CardApproved(card("result-2"))], id="our own approval"),
        pytest.param([e.LateCardApproval(card("result-2"))], id="our own late approval"),
        pytest.param([e.ReversalApproved(card("result-2"))], id="our own reversal"),
        pytest.param([e.ReaderAccepted("Anna", "sigarette", "00000001", "result-2")], id="accepted by a person"),
        pytest.param(
            [e.ChargeStarted(1, 12700, "R"), e.BaselineTaken("00000001", "result-1")], id="a charge undecided"
        ),
        pytest.param([e.ReversalStarted("000001"), e.CardApproved(card("result-1"))], id="a reversal undecided"),
        pytest.param([e.CarriedOver("bit"), e.CardApproved(card("result-1"))], id="a journal begun anew"),
        pytest.param([e.BaselineTaken("00000009", "result-1")], id="another reader"),
        pytest.param([e.CardApproved(card("told-at-once", stan="000002"))], id="our own, told in another way"),
        pytest.param(
            [e.BaselineTaken("00000001", "result-1"), e.CardApproved(card("result-2"))], id="an older result of ours"
        ),
    ],
)
def test_what_is_known_or_explained_or_never_told_means_nothing(newest_first: list[e.Event]) -> None:
    assert not moved_on(OURS, newest_first)


@pytest.mark.parametrize("told", [None, ""])
def test_a_reader_that_tells_no_result_says_nothing(told: str | None) -> None:
    assert not moved_on(e.BaselineTaken("00000001", told), [e.BaselineTaken("00000001", "result-1")])
