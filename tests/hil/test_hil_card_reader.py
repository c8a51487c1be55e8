"""The card reader of a profile, by what can never charge a card: over its real port, or over the double's."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.card_reader.ecr17.driver import Ecr17CardReader
from drivers.card_reader.ecr17.simulator.program import DoubleOptions
from drivers.card_reader.ecr17.simulator.server import CardReaderDouble
from drivers.contracts import CardTransaction
from hw_profiles import HardwareProfile

PATIENCE = 60.0


@pytest.fixture
def late() -> list[CardTransaction]:
    return []


@pytest.fixture
def port(profile: HardwareProfile, tmp_path: Path) -> Iterator[str]:
    if not profile.card_reader.is_double:
        yield profile.card_reader.options.port
        return
    options = DoubleOptions(pty=tmp_path / "reader")
    with CardReaderDouble(options.terminal(), options.endpoint()) as double:
        yield double.port
        assert set(double.terminal.seen) <= set("sGTE"), "these tests must never move money"


@pytest.fixture
def reader(profile: HardwareProfile, port: str, late: list[CardTransaction]) -> Iterator[Ecr17CardReader]:
    device = Ecr17CardReader(replace(profile.card_reader.options, port=port), fingerprint_key=b"at the bench")
    device.on_late = late.append
    yield device
    device.close()


def nothing() -> None:
    pass


def test_the_reader_answers_and_is_the_profile_s(reader: Ecr17CardReader) -> None:
    status = reader.status(timeout=PATIENCE, tick=nothing)
    assert status.ready, status.description


def test_asking_twice_gives_the_same_baseline(reader: Ecr17CardReader) -> None:
    first = reader.baseline(timeout=PATIENCE, tick=nothing)
    assert first == reader.baseline(timeout=PATIENCE, tick=nothing)


def test_the_line_can_be_let_go_and_taken_again(reader: Ecr17CardReader) -> None:
    for _ in range(3):
        assert reader.status(timeout=PATIENCE, tick=nothing).terminal_id
        reader.close()


def test_nothing_late_waits_in_an_idle_reader(reader: Ecr17CardReader, late: list[CardTransaction]) -> None:
    reader.listen(timeout=0.5, tick=nothing)
    assert late == []
