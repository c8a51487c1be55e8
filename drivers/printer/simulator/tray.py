"""Where the double's papers go when it runs as a program: each piece as NNN.png, NNN.txt and NNN.json."""

import json
from collections.abc import Iterable
from pathlib import Path

from drivers.printer.simulator.paper import Piece


class Tray:
    """A directory that takes one piece after the other, numbered on from what already lies there."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self._number = max((int(path.stem) for path in directory.glob("*.json") if path.stem.isdigit()), default=0)

    def take(self, pieces: Iterable[Piece]) -> None:
        """Keep `pieces`; the JSON comes last, so whoever waits for it finds all three."""
        from drivers.printer.simulator.picture import save  # noqa: PLC0415 - Pillow, only when there is paper to draw

        for piece in pieces:
            self._number += 1
            name = f"{self._number:03d}"
            save(piece, self._directory / f"{name}.png")
            (self._directory / f"{name}.txt").write_text(piece.text, encoding="utf-8")
            table = json.dumps(piece.as_table(), ensure_ascii=False, indent=1)
            (self._directory / f"{name}.json").write_text(f"{table}\n", encoding="utf-8")
