"""A logo in the printer's own memory: stored once, printed by its key (Epson ESC/POS reference, GS ( L).

A picture of 384 x 96 dots takes half a second at 115200 baud, its key 11 bytes (printing.md 5).
"""

from pathlib import Path

HIGHEST = 2304  # dots of NV graphics (GS ( L, function 67)
DOTS = {48: 576, 42: 504, 32: 384}  # columns of font A -> dots of the head


class LogoError(ValueError):
    """A picture that cannot be stored; the sentence says why."""


def recalled(key: str) -> bytes:
    """GS ( L, function 69: print what is stored under `key`, each dot one dot."""
    return b"\x1d(L\x06\x00\x30\x45" + key.encode("ascii") + b"\x01\x01"


def stored(key: str, width: int, rows: bytes) -> bytes:
    """GS ( L, function 67: keep `rows`, eight dots a byte and black where 1, under `key`, also without power."""
    across = (width + 7) // 8
    size = width.to_bytes(2, "little") + (len(rows) // across).to_bytes(2, "little")
    parameters = b"\x30\x43\x30" + key.encode("ascii") + b"\x01" + size + b"\x31" + rows
    if len(parameters) > 0xFFFF:
        raise LogoError("The picture has too many dots for a printer's memory: take a smaller one.")
    return b"\x1d(L" + len(parameters).to_bytes(2, "little") + parameters


def of_picture(path: Path, key: str, *, columns: int) -> bytes:
    """The bytes that store the picture in `path`. Raises LogoError, in one sentence, for what cannot be."""
    from PIL import Image, ImageOps  # noqa: PLC0415 - only where a logo is stored

    try:
        with Image.open(path) as opened:
            grey = opened.convert("RGBA")
    except OSError as error:
        raise LogoError(f"{path} cannot be read as a picture: {error}") from error
    if grey.width > DOTS[columns] or grey.height > HIGHEST:
        raise LogoError(
            f"{path} is {grey.width} x {grey.height} dots: at most {DOTS[columns]} x {HIGHEST} fit on this paper."
        )
    paper = Image.new("RGBA", grey.size, "white")
    paper.alpha_composite(grey)
    return stored(key, grey.width, ImageOps.invert(paper.convert("L")).convert("1").tobytes())
