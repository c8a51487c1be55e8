"""NV graphics: pictures that a printer keeps by key, also without power (GS ( L, functions 67 and 69)."""

from collections.abc import Callable

from drivers.printer.simulator.paper import Mark, PrintedPicture

DEFINE, PRINT = 67, 69
_HEAD = 11  # m fn a kc1 kc2 b xL xH yL yH c


class GraphicsMemory:
    """What was stored since the printer was made."""

    def __init__(self) -> None:
        self._pictures: dict[bytes, tuple[bytes, ...]] = {}

    def take(self, parameters: bytes, width: int, place: Callable[[int], int]) -> list[Mark] | None:
        """Obey one function (`m fn ...`); its marks on paper `width` dots wide, None when it makes no sense."""
        function = parameters[1] if len(parameters) > 1 else 0
        if function == DEFINE:
            return self._define(parameters)
        if function != PRINT or len(parameters) != 6:
            return None
        rows = self._pictures.get(parameters[2:4])
        if rows is None:
            return []  # a printer passes over a key that it does not have
        dots = len(rows[0]) * 8
        return [PrintedPicture(rows, place(dots))] if dots <= width else None

    def _define(self, parameters: bytes) -> list[Mark] | None:
        across = (int.from_bytes(parameters[6:8], "little") + 7) // 8
        height, data = int.from_bytes(parameters[8:10], "little"), parameters[_HEAD:]
        if not across or len(data) != across * height:
            return None
        self._pictures[parameters[3:5]] = tuple(data[at * across : (at + 1) * across] for at in range(height))
        return []
