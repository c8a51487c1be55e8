"""The README's state diagram is the state table, drawn."""

from pathlib import Path

import pytest

from pos_app.domain.states import PARKED_BY_NATURE, TRANSITIONS, State, Transition
from scripts.state_diagram import BEGIN, END, diagram, main, with_diagram


def arrows_of(drawn: str) -> dict[tuple[str, str], list[str]]:
    arrows = {}
    for line in drawn.splitlines():
        ends, _, label = line.strip().partition(": ")
        if " --> " in ends:
            source, target = ends.split(" --> ")
            arrows[source, target] = label.split("<br/>")
    return arrows


def test_every_row_that_changes_the_state_is_an_arrow_with_its_event() -> None:
    arrows = arrows_of(diagram(TRANSITIONS))
    for row in TRANSITIONS:
        if row.source is not row.target:
            events = [label.partition(" [")[0] for label in arrows[row.source.label, row.target.label]]
            assert row.event.__name__ in events


def test_no_arrow_is_drawn_that_the_table_does_not_have() -> None:
    drawn = sum(len(events) for ends, events in arrows_of(diagram(TRANSITIONS)).items() if "[*]" not in ends)
    assert drawn == sum(row.source is not row.target for row in TRANSITIONS)


def test_a_guarded_row_shows_its_guard() -> None:
    guarded = [row for row in TRANSITIONS if row.guard and row.source is not row.target]
    assert guarded
    drawn = diagram(TRANSITIONS)
    assert all(f"{row.event.__name__} [{row.guard}]" in drawn for row in guarded)


def test_states_parked_by_nature_are_marked() -> None:
    marked = {line.split()[1] for line in diagram(TRANSITIONS).splitlines() if line.endswith(" parked")}
    assert marked == {state.label for state in PARKED_BY_NATURE}


def test_the_diagram_does_not_depend_on_the_order_of_the_states_in_the_table() -> None:
    by_target: list[Transition] = sorted(TRANSITIONS, key=lambda row: list(State).index(row.target))
    assert arrows_of(diagram(by_target)).keys() == arrows_of(diagram(TRANSITIONS)).keys()


def test_what_stands_around_the_markers_is_left_alone() -> None:
    readme = f"before\n{BEGIN}\nstale\n{END}\nafter\n"
    assert with_diagram(readme, "drawn") == f"before\n{BEGIN}\ndrawn\n{END}\nafter\n"


@pytest.mark.parametrize("readme", ["", f"{BEGIN}\n", f"{END}\n{BEGIN}\n", f"{BEGIN}\n{END}\n{BEGIN}\n{END}\n"])
def test_missing_or_doubled_markers_are_named(readme: str) -> None:
    with pytest.raises(ValueError, match="once each"):
        with_diagram(readme, "drawn")


def test_a_stale_diagram_is_named_and_redrawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"{BEGIN}\nstale\n{END}\n")
    assert main(["--check"], readme) == 1
    assert "README.md is stale: run scripts/state-diagram" in capsys.readouterr().err
    assert "stale" in readme.read_text()
    assert main([], readme) == 0
    assert diagram(TRANSITIONS) in readme.read_text()
    assert main(["--check"], readme) == 0


def test_a_readme_without_a_place_for_it_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "README.md").write_text("# nothing\n")
    assert main([], tmp_path / "README.md") == 1
    assert BEGIN in capsys.readouterr().err
