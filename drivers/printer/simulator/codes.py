"""QR codes as the printer makes them itself: GS ( k, functions 65 to 81 (Epson ESC/POS reference)."""

from collections.abc import Callable
from functools import cache

from drivers.printer.simulator.paper import Mark, PrintedCode

_QR = 49  # cn of GS ( k: QR code, among the symbols that the command knows
_LEVELS = {48: 1, 49: 0, 50: 3, 51: 2}  # function 69: L M Q H -> the qrcode package's numbers
MODEL, MODULE, LEVEL, STORE, PRINT = 65, 67, 69, 80, 81


class CodeMemory:
    """What was set and stored since ESC @."""

    def __init__(self) -> None:
        self._module = 3
        self._level = 48
        self._data = b""

    def take(self, parameters: bytes, width: int, place: Callable[[int], int]) -> list[Mark] | None:
        """Obey one function (`cn fn …`); its marks on paper `width` dots wide, None when it makes no sense."""
        if len(parameters) < 3 or parameters[0] != _QR:
            return None
        function, data = parameters[1], parameters[2:]
        if function == PRINT:
            return self._print(width, place)
        return [] if self._set(function, data) else None

    def _set(self, function: int, data: bytes) -> bool:
        if function == MODULE:
            self._module = data[0]
        elif function == LEVEL and data[0] in _LEVELS:
            self._level = data[0]
        elif function == STORE:
            self._data = data[1:]
        else:
            return function == MODEL
        return True

    def _print(self, width: int, place: Callable[[int], int]) -> list[Mark] | None:
        matrix = qr_matrix(self._data, _LEVELS[self._level])
        side = len(matrix) * self._module
        if not self._data or side > width:
            return None
        return [PrintedCode(self._data.decode("utf-8", "replace"), matrix, self._module, place(side))]


@cache
def qr_matrix(data: bytes, level: int) -> tuple[tuple[bool, ...], ...]:
    """The modules of a QR code, without its quiet zone; `level` as the qrcode package counts."""
    import qrcode  # noqa: PLC0415 - only papers with a QR code need it

    code = qrcode.QRCode(error_correction=level, border=0)
    code.add_data(data)
    code.make(fit=True)
    return tuple(tuple(row) for row in code.get_matrix())
