"""How one ESC/POS printer is connected and what it can do: the [printer] table of a hardware profile."""

from dataclasses import dataclass

from drivers.printer.characters import CODE_PAGES, Repertoire

COLUMNS = (48, 42, 32)  # 80 mm with font A, 80 mm of older makes, 58 mm
PROOFS = ("auto", "process_id", "gs_r", "asb", "none")
QR_WAYS = ("native", "raster")
LOGO_KEY = 2  # characters


@dataclass(frozen=True)
class EscPosOptions:
    """`port` is any pyserial URL, `tcp://HOST:PORT` or `/dev/usb/lp0`; `proof` a rung of printing.md 1, or `auto`.

    `code_page_number` is what this printer calls the code page in ESC t, where it differs from Epson's (-1: Epson's).
    Letters that `code_page` lacks are taken from `extra_code_pages` (CP852 for Slovene) if the printer has them, by
    Epson's numbers; else they lose their accents.
    `logo` is the key, two characters, under which the printer's memory holds one (`pos-terminal print logo` stores it);
    empty where it holds none. `qr` is `raster` for printers without GS ( k. Without a `cutter` the paper is fed to the
    tear bar. Flow control as pyserial names it; a printer whose buffer overflows without it drops bytes in silence.
    Raises ValueError, in one sentence, for what cannot be.
    """

    port: str
    baudrate: int = 19200
    bytesize: int = 8
    parity: str = "N"
    stopbits: float = 1
    rtscts: bool = False
    xonxoff: bool = False
    columns: int = 48
    code_page: str = "CP858"
    code_page_number: int = -1
    extra_code_pages: tuple[str, ...] = ()
    proof: str = "auto"
    qr: str = "native"
    cutter: bool = True
    logo: str = ""

    def __post_init__(self) -> None:
        """Check each choice against its table."""
        for name, value, choices in (
            ("columns", self.columns, COLUMNS),
            ("code_page", self.code_page, tuple(CODE_PAGES)),
            *(("extra_code_pages", page, tuple(CODE_PAGES)) for page in self.extra_code_pages),
            ("proof", self.proof, PROOFS),
            ("qr", self.qr, QR_WAYS),
        ):
            if value not in choices:
                raise ValueError(f"{name} = {value!r}: must be one of {', '.join(map(str, choices))}")
        if self.logo and not (len(self.logo) == LOGO_KEY and self.logo.isascii() and self.logo.isprintable()):
            raise ValueError(f"logo = {self.logo!r}: must be two printable ASCII characters, or empty")
        if not -1 <= self.code_page_number <= 255:
            raise ValueError(f"code_page_number = {self.code_page_number}: must be 0 to 255, or -1 for Epson's number")

    @property
    def repertoire(self) -> Repertoire:
        """The characters this printer has."""
        pages = Repertoire.of(self.code_page, *self.extra_code_pages).pages
        if self.code_page_number < 0:
            return Repertoire(pages)
        return Repertoire(((self.code_page, self.code_page_number), *pages[1:]))
