"""Lines of a laid-out document -> ESC/POS bytes (Epson ESC/POS reference; printing.md 1). Performs no I/O.

Text is written by hand, byte for byte what the command reference says; QR codes come from python-escpos.
"""

from drivers.printer.characters import Repertoire
from drivers.printer.layout import Code, Emblem, End, Item, Line
from drivers.printer.library import qr_code
from drivers.printer.logo import recalled
from drivers.printer.options import EscPosOptions

INITIALISE = b"\x1b@"  # ESC @: all settings of the last job go, ASB with them
AMERICAN = b"\x1bR\x00"  # ESC R 0: no national letters in place of # $ @ [ ]
BOLD = {False: b"\x1bE\x00", True: b"\x1bE\x01"}  # ESC E n
TALL = {False: b"\x1d!\x00", True: b"\x1d!\x01"}  # GS ! n
CENTRED, LEFT = b"\x1ba\x01", b"\x1ba\x00"  # ESC a n
FEED = b"\x1bd"  # ESC d n: n lines
QUIET = FEED + b"\x01"  # a QR code needs four white modules around it; a line is five of ours
CUT = b"\x1dVB\x00"  # GS V 66 0: feed to the cutter, then cut
TEAR_LINES = 5  # from the head to the tear bar, where there is no cutter
STATUS_BACK = b"\x1da\x0e"  # GS a: report by itself on- and offline, errors, paper (bits 1, 2, 3)

ASKING = frozenset({"auto", "process_id", "gs_r", "asb"})


def write(items: tuple[Item, ...], options: EscPosOptions) -> bytes:
    """The exact bytes of one job, from ESC @ to the last cut. The same items give the same bytes."""
    return preamble(options) + b"".join(_item(item, options) for item in items)


def before_end(data: bytes, options: EscPosOptions) -> tuple[bytes, bytes]:
    """The bytes of a job in two: all that is printed, and the feed or cut behind it.

    Between them stand the questions that prove the job: a cutter that jams takes nothing away from a receipt.
    """
    end = _end(options)
    return (data.removesuffix(end), end) if data.endswith(end) else (data, b"")


def preamble(options: EscPosOptions) -> bytes:
    """Known state: ESC @ goes back to code page 0 and switches ASB off, so both are said again after it."""
    status_back = STATUS_BACK if options.proof in ASKING else b""
    repertoire = options.repertoire
    return INITIALISE + status_back + AMERICAN + repertoire.select(repertoire.pages[0])


def _item(item: Item, options: EscPosOptions) -> bytes:
    if isinstance(item, Line):
        return _line(item, options.repertoire)
    if isinstance(item, Code):
        return QUIET + CENTRED + qr_code(item.data, way=options.qr) + LEFT + QUIET
    if isinstance(item, Emblem):
        return CENTRED + recalled(options.logo) + LEFT if options.logo else b""
    assert isinstance(item, End)
    return _end(options)


def _end(options: EscPosOptions) -> bytes:
    return CUT if options.cutter else FEED + bytes([TEAR_LINES])


def _line(line: Line, repertoire: Repertoire) -> bytes:
    text = repertoire.encode(line.text) + b"\n"
    if line.bold:
        text = BOLD[True] + text + BOLD[False]
    return TALL[True] + text + TALL[False] if line.tall else text
