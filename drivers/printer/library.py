"""What python-escpos builds for us: QR codes, by the printer's own command or as a picture, through its Dummy printer.

Importing it takes most of a second, leaves a directory behind and gives the root logger a handler (printing.md 1): it
is imported on first use, and cleaned up after.
"""

import logging
import os
import shutil
from functools import cache
from typing import Any

PROFILE = "TM-T88V"  # one that knows its width: without, the library prints a remark on standard output
DOTS = 6  # a module of the QR code; 6 dots are 0.75 mm
CACHE_VARIABLE = "ESCPOS_CAPABILITIES_PICKLE_DIR"  # set by the unit: then the parsed capabilities are kept there


def qr_code(data: str, *, way: str) -> bytes:
    """The bytes that print a QR code of `data`: `native` (GS ( k) or as a `raster` picture (GS v 0)."""
    library = _library()
    printer = library["Dummy"](profile=PROFILE)
    if way == "native":
        printer.qr(data, ec=library["QR_ECLEVEL_M"], size=DOTS, native=True)
    else:
        printer.image(_picture(data), impl="bitImageRaster")
    return bytes(printer.output)


def _picture(data: str) -> Any:
    """The library's own `qr(native=False)` sends ESC t 0 on the way, which would spoil every accent after the code."""
    import qrcode  # noqa: PLC0415 - as above

    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, box_size=DOTS, border=0)
    code.add_data(data)
    return code.make_image().get_image()


@cache
def _library() -> dict[str, Any]:
    root = logging.getLogger()
    handlers = root.handlers[:]
    try:
        from escpos import capabilities, constants, printer  # noqa: PLC0415 - 0.75 s, only for papers with a QR code
    finally:
        root.handlers[:] = handlers
    if CACHE_VARIABLE not in os.environ:
        shutil.rmtree(capabilities.pickle_dir, ignore_errors=True)
    return {"Dummy": printer.Dummy, "QR_ECLEVEL_M": constants.QR_ECLEVEL_M}
