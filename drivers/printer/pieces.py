"""Where a job may be stopped: behind a line or a whole command, never inside one. Performs no I/O.

What is sent after half a picture is swallowed as the rest of it, be it the next receipt.
"""

from collections.abc import Iterator

_PICTURE = b"\x1dv0"  # GS v 0 m xL xH yL yH, then the rows
_FUNCTION = b"\x1d("  # GS ( c pL pH, then the parameters
_PICTURE_HEAD, _FUNCTION_HEAD = 8, 5


def whole_pieces(data: bytes, size: int) -> Iterator[bytes]:
    """`data` in pieces that end behind a line, about `size` bytes each; with a picture or code in it, it is longer."""
    start = at = 0
    while at < len(data):
        at = _behind(data, at)
        if at - start >= size or at >= len(data):
            yield data[start:at]
            start = at


def _behind(data: bytes, at: int) -> int:
    """Where the line ends that begins at `at`; pictures and codes on the way are stepped over."""
    while at < len(data):
        if data.startswith(_PICTURE, at) and len(data) >= at + _PICTURE_HEAD:
            across, rows = (int.from_bytes(data[at + n : at + n + 2], "little") for n in (4, 6))
            at += _PICTURE_HEAD + across * rows
        elif data.startswith(_FUNCTION, at) and len(data) >= at + _FUNCTION_HEAD:
            at += _FUNCTION_HEAD + int.from_bytes(data[at + 3 : at + 5], "little")
        elif data[at : at + 1] == b"\n":
            return at + 1
        else:
            at += 1
    return len(data)
