"""Draws the README's state diagram from the state table, so that the two cannot differ."""

import argparse
import sys
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from pos_app.domain.states import PARKED_BY_NATURE, TRANSITIONS, Money, State, Transition

README = Path(__file__).parent.parent / "README.md"
BEGIN = "<!-- state diagram: written by scripts/state-diagram from pos_app/domain/states.py -->"
END = "<!-- state diagram: end -->"
COLOURS = {Money.MAYBE: "maybe", Money.MOVED: "moved"}
STYLES = (
    "classDef maybe fill:#fff3c4,stroke:#b7791f,color:#1a202c",
    "classDef moved fill:#c6f6d5,stroke:#2f855a,color:#1a202c",
    "classDef parked stroke-dasharray:5 3",
)


def main(arguments: list[str], readme: Path = README) -> int:
    """Write the diagram, or with --check only say whether it is up to date (exit 1 when it is not)."""
    parser = argparse.ArgumentParser(prog="scripts/state-diagram", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when the diagram is stale")
    check = parser.parse_args(arguments).check
    old = readme.read_text("utf-8")
    try:
        new = with_diagram(old, diagram(TRANSITIONS))
    except ValueError as error:
        return _complain(str(error))
    if check and new != old:
        return _complain("the state diagram in README.md is stale: run scripts/state-diagram and commit what it writes")
    if new != old:
        readme.write_text(new, "utf-8")
    return 0


def diagram(transitions: Iterable[Transition]) -> str:
    """The table as a mermaid state diagram; rows that stay in their state are left to the table."""
    lines = [
        f"[*] --> {State.READY.label}",
        *_arrows(transitions),
        f"{State.CLOSED.label} --> [*]",
        *STYLES,
        *_classes(),
    ]
    return "\n".join(["```mermaid", "stateDiagram-v2", *(f"    {line}" for line in lines), "```"])


def with_diagram(readme: str, drawn: str) -> str:
    """The README with `drawn` between its markers. Raises ValueError when they are not there, once each, in order."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or BEGIN in rest:
        raise ValueError(f"README.md needs these two lines, once each, around the state diagram: {BEGIN} and {END}")
    return f"{before}{begin}\n{drawn}\n{end}{after}"


def _arrows(transitions: Iterable[Transition]) -> Iterator[str]:
    order = list(State)
    moving = [row for row in transitions if row.source is not row.target]
    moving.sort(key=lambda row: (order.index(row.source), order.index(row.target)))
    for (source, target), rows in groupby(moving, key=lambda row: (row.source, row.target)):
        yield f"{source.label} --> {target.label}: {'<br/>'.join(_label(row) for row in rows)}"


def _label(row: Transition) -> str:
    return row.event.__name__ + (f" [{row.guard}]" if row.guard else "")


def _classes() -> Iterator[str]:
    for state in State:
        if state.money in COLOURS:
            yield f"class {state.label} {COLOURS[state.money]}"
        if state in PARKED_BY_NATURE:
            yield f"class {state.label} parked"


def _complain(sentence: str) -> int:
    print(f"state-diagram: {sentence}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
