from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.contracts import ScannedCode, Symbology
from drivers.scanner.codes import Corners, Found
from drivers.scanner.gather import DEAD_TIME, PATIENCE, WINDOW, Gatherer, View, nothing

SIDE = 140.0
FRAME = 1 / 30


def square(x: float, y: float, side: float = SIDE) -> Corners:
    half = side / 2
    return ((x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half))


def code(name: str, x: float = 640, y: float = 360) -> Found:
    return Found(name.encode(), Symbology.QR_CODE, "QR Code", square(x, y))


@dataclass
class Counter:
    """A gatherer, its clock, and what it handed over with the time."""

    now: float = 0.0
    paid: set[str] = field(default_factory=set)
    taken: list[tuple[float, list[str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gatherer = Gatherer(ignored=lambda code: code.text in self.paid, monotonic=lambda: self.now)

    def frames(self, seconds: float, *found: Found, unread: Sequence[Corners] = ()) -> None:
        for _ in range(round(seconds / FRAME)):
            self.gatherer.see(View(found, unread, 1280, 720))
            codes = self.gatherer.take()
            if codes:
                self.taken.append((self.now, [code.text for code in codes]))
            self.now += FRAME

    @property
    def texts(self) -> list[list[str]]:
        return [texts for _, texts in self.taken]


def test_a_notice_at_the_aim_is_accepted_within_200_ms() -> None:
    counter = Counter()
    counter.frames(1, code("A"))
    ((at, texts),) = counter.taken
    assert texts == ["A"]
    assert WINDOW <= at < 0.2


def test_what_is_read_within_the_window_is_handed_over_together_nearest_to_the_aim_first() -> None:
    counter = Counter()
    counter.frames(0.1, code("far", 200, 200))
    counter.frames(0.5, code("near", 600, 350), code("far", 200, 200))
    assert counter.texts == [["near", "far"]]


def test_a_lone_code_off_the_aim_waits_for_the_one_that_was_meant() -> None:
    counter = Counter()
    counter.frames(0.3, code("other", 1000, 360))
    assert counter.texts == []
    counter.frames(0.1, code("other", 1000, 360), code("meant"))
    assert counter.texts == [["meant", "other"]]


def test_a_lone_code_beside_one_that_cannot_be_read_waits_for_it() -> None:
    counter = Counter()
    counter.frames(0.3, code("read"), unread=[square(1000, 360)])
    assert counter.texts == []


def test_an_unread_finding_at_the_very_place_of_a_code_is_no_other_code() -> None:
    counter = Counter()
    counter.frames(0.3, code("read"), unread=[square(645, 362)])
    assert counter.texts == [["read"]]


def test_a_code_that_passed_by_waits_for_what_comes_after_it() -> None:
    counter = Counter()
    counter.frames(0.04, code("passing", 700))
    counter.frames(0.3)
    assert counter.texts == []
    counter.frames(0.1, code("meant"))
    assert counter.texts == [["meant", "passing"]]


def test_waiting_ends_even_off_the_aim() -> None:
    counter = Counter()
    counter.frames(1, code("other", 1000, 360))
    ((at, _),) = counter.taken
    assert at < PATIENCE + 2 * FRAME


def test_a_lone_code_is_never_handed_over_beside_an_unread_one_nearer_to_the_aim() -> None:
    counter = Counter()
    counter.frames(10, code("other", 1000, 360), unread=[square(600, 360)])
    assert counter.texts == []
    assert counter.gatherer.is_in_doubt


def test_the_unread_one_keeps_it_back_even_where_it_is_seen_in_other_frames_only() -> None:
    counter = Counter()
    for _ in range(60):
        counter.frames(FRAME, code("other", 1000, 360))
        counter.frames(3 * FRAME, unread=[square(640, 360)])
    assert counter.texts == []


def test_a_doubt_lasts_while_the_sheet_lies_still_and_the_decoder_no_longer_sees_the_other() -> None:
    counter = Counter()
    counter.frames(1, code("other", 1000, 360), unread=[square(640, 360)])
    counter.frames(10, code("other", 1000, 360))
    assert counter.texts == []


def test_brought_to_the_aim_the_doubted_code_is_handed_over() -> None:
    counter = Counter()
    counter.frames(1, code("meant", 1000, 360), unread=[square(640, 360)])
    counter.frames(1, code("meant", 640, 360), unread=[square(280, 360)])
    assert counter.texts == [["meant"]]
    assert not counter.gatherer.is_in_doubt


def test_when_the_other_is_read_after_all_both_are_handed_over() -> None:
    counter = Counter()
    counter.frames(1, code("other", 1000, 360), unread=[square(640, 360)])
    counter.frames(0.1, code("other", 1000, 360), code("meant"))
    assert counter.texts == [["meant", "other"]]


def test_a_choice_waits_for_the_unread_one_at_the_aim_and_says_that_it_is_missing() -> None:
    counter = Counter()
    counter.frames(PATIENCE - 2 * FRAME, code("A", 1000, 360), code("B", 300, 360), unread=[square(650, 360)])
    assert counter.texts == []
    counter.frames(0.2, code("A", 1000, 360), code("B", 300, 360), unread=[square(650, 360)])
    assert counter.texts == [["B", "A"]]
    assert counter.gatherer.is_in_doubt


def test_a_choice_without_any_code_at_the_aim_says_that_one_may_be_missing() -> None:
    counter = Counter()
    counter.frames(0.3, code("A", 1000, 360), code("B", 300, 360))
    assert counter.texts == [["B", "A"]]
    assert counter.gatherer.is_in_doubt
    counter.frames(DEAD_TIME)
    counter.frames(0.3, code("A"))
    assert not counter.gatherer.is_in_doubt


@pytest.mark.parametrize("place", [square(900, 360, SIDE * 2.5), square(900, 360, SIDE / 2.5), square(700, 400)])
def test_what_is_no_other_code_keeps_nobody_waiting(place: Corners) -> None:
    counter = Counter()
    counter.frames(0.3, code("A"), unread=[place])
    assert counter.texts == [["A"]]


def test_a_code_on_its_way_in_is_not_taken_for_its_own_neighbour() -> None:
    counter = Counter()
    for step in range(6):
        counter.frames(FRAME, unread=[square(1000 - 50 * step, 360)])
    counter.frames(0.3, code("A", 700))
    assert [at < 0.2 + 0.2 for at, _ in counter.taken] == [True]


def test_a_notice_that_lies_before_the_camera_counts_once() -> None:
    counter = Counter()
    counter.frames(20, code("A"))
    assert counter.texts == [["A"]]


def test_taken_away_and_shown_again_it_counts_again() -> None:
    counter = Counter()
    counter.frames(0.5, code("A"))
    counter.frames(DEAD_TIME + 0.1)
    counter.frames(0.5, code("A"))
    assert counter.texts == [["A"], ["A"]]


def test_another_notice_is_accepted_while_the_first_one_is_silent() -> None:
    counter = Counter()
    counter.frames(0.5, code("A"))
    counter.frames(0.5, code("B"), code("A", 900, 360))
    assert counter.texts == [["A"], ["B"]]


def test_the_notice_that_is_being_paid_is_ignored_until_it_is_paid() -> None:
    counter = Counter(paid={"A"})
    counter.frames(10, code("A"))
    assert counter.texts == []
    counter.paid.clear()
    counter.frames(0.5, code("A"))
    assert counter.texts == [["A"]]


def test_what_nobody_asked_for_is_forgotten() -> None:
    now = 0.0
    gatherer = Gatherer(monotonic=lambda: now)
    gatherer.see(View([code("A")], (), 1280, 720))
    now = 5.0
    assert gatherer.take() == ()
    assert not gatherer.is_gathering


def test_codes_whose_place_is_unknown_are_taken_for_aimed_at() -> None:
    assert not nothing(ScannedCode("A", Symbology.QR_CODE))
    counter = Counter()
    counter.frames(0.3, Found(b"A", Symbology.QR_CODE, "QR Code", ()))
    assert counter.texts == [["A"]]


# Any order in which three codes of a sheet are seen or missed, frame by frame.
sightings = st.lists(st.sets(st.sampled_from("ABC")), max_size=90)
PLACES = {"A": 640.0, "B": 980.0, "C": 300.0}


def handed_over(frames: list[set[str]]) -> Iterator[tuple[float, list[str]]]:
    counter = Counter()
    for names in frames:
        counter.frames(FRAME, *(code(name, PLACES[name]) for name in sorted(names)))
    counter.frames(PATIENCE + 2 * FRAME)
    yield from counter.taken


@given(sightings)
def test_every_code_seen_is_handed_over_and_none_twice_within_its_dead_time(frames: list[set[str]]) -> None:
    taken = list(handed_over(frames))
    assert {name for _, names in taken for name in names} == set().union(*frames)
    for name in "ABC":
        times = [at for at, names in taken if name in names]
        assert all(later - earlier >= DEAD_TIME - 1.1 * PATIENCE for earlier, later in pairwise(times))


@given(sightings)
def test_no_lone_code_off_the_aim_is_handed_over_before_the_patience_is_over(frames: list[set[str]]) -> None:
    counter = Counter()
    first_seen: dict[str, float] = {}
    for names in frames:
        for name in names:
            first_seen.setdefault(name, counter.now)
        counter.frames(FRAME, *(code(name, PLACES[name]) for name in sorted(names)))
    for at, taken in counter.taken[:1]:
        if taken in (["B"], ["C"]):
            assert at - first_seen[taken[0]] >= PATIENCE - 1e-9


@pytest.mark.parametrize("name", ["B", "C"])
def test_a_code_at_the_aim_comes_first_whichever_was_read_first(name: str) -> None:
    counter = Counter()
    counter.frames(0.1, code(name, PLACES[name]))
    counter.frames(0.3, code("A"), code(name, PLACES[name]))
    assert counter.texts == [["A", name]]
