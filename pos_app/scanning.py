"""What `pos-terminal scan` says of picture and video files: their codes, and of each the notice or why it is none.

Decoders load only when there is something to read, and in processes of their own, so that a picture that brings a
decoder down costs one line and not the rest.

Of a Data Matrix `text` is the first 77 characters, in every place: what follows is the debtor's (money rule 10).
"""

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drivers.contracts import ScannedCode, Symbology
from pos_app.domain.notice import NoticeCode, NoticeError, read_code

if TYPE_CHECKING:
    from drivers.scanner.files import Reading


def scan_files(paths: Iterable[str | Path], jobs: int = 1) -> Iterator[dict[str, Any]]:
    """One JSON-able line a file, in the order given; of a folder every picture and video in it.

    `{"file", "codes": [{"text", "symbology", "notice": {...} | None, "problem": None | "…"}], "ms"}`; a file that
    could not be read has no codes and a `problem` of its own. Raises ValueError when `jobs` is below 1.
    """
    from drivers.scanner.files import files_in  # noqa: PLC0415 - `--help` loads no decoder

    if jobs < 1:
        raise ValueError(f"jobs must be at least 1, not {jobs}")
    files = list(files_in(Path(path) for path in paths))
    for file, reading in zip(files, _readings(files, jobs), strict=True):
        yield line_of(file, reading)


def _readings(files: list[Path], jobs: int) -> "Iterator[Reading]":
    from drivers.scanner.batch import read_files  # noqa: PLC0415 - as above
    from drivers.scanner.worker import ReadingProcess  # noqa: PLC0415 - as above

    if len(files) == 1:  # a process is worth its while once there is more to read; for one it must be there at once
        return read_files(files, jobs=1, make=partial(ReadingProcess, at_once=True))
    return read_files(files, jobs=jobs)


def line_of(file: Path, reading: "Reading") -> dict[str, Any]:
    """One file's line."""
    line: dict[str, Any] = {
        "file": str(file),
        "codes": [_code(code) for code in reading.codes],
        "ms": round(reading.seconds * 1000, 1),
    }
    return line if reading.problem is None else {**line, "problem": reading.problem}


def _code(code: ScannedCode) -> dict[str, Any]:
    line: dict[str, Any] = {"text": code.text, "symbology": str(code.symbology), "notice": None, "problem": None}
    if code.symbology is Symbology.OTHER:
        return {**line, "problem": "È un codice di un altro tipo, non il QR o il Data Matrix di un avviso pagoPA."}
    try:
        return {**line, "notice": _notice(read_code(code.text))}
    except NoticeError as error:
        return {**line, "problem": str(error)}


def _notice(code: NoticeCode) -> dict[str, Any]:
    return {
        "notice_number": code.number.digits,
        "creditor": code.creditor.digits,
        "amount": code.amount,
        "iuv": code.number.iuv,
        "warnings": list(code.warnings),
    }


def told(line: dict[str, Any]) -> str:
    """One file's line in words: its name, then each code on a line of its own."""
    codes = [f"  {code['symbology']}: {_in_words(code)}" for code in line["codes"]]
    nothing = [] if codes else [f"  {line.get('problem') or 'nessun codice'}"]
    return "\n".join([f"{line['file']} ({line['ms']} ms)", *codes, *nothing])


def _in_words(code: dict[str, Any]) -> str:
    notice = code["notice"]
    if notice is None:
        return str(code["problem"])
    return f"avviso {notice['notice_number']}, ente {notice['creditor']}, {notice['amount']} centesimi"
