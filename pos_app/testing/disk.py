"""A disk that loses its power: the system calls of one real run, replayed up to any moment (reliability.md D2, K4).

strace records what a process asked of its files, with every byte. Replaying that on a model of a disk gives what a
power cut would have left at each moment. The model is stricter than the file systems we run on: without a sync
nothing of a file is certain, a sector may be written and its neighbour not, and a name is certain only when its folder
was synced. It lies on request, as a disk does that confirms syncs without doing them.
"""

import re
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

SECTOR = 512
CALLS = ("openat", "mkdir", "rename", "unlink", "write", "pwrite64", "ftruncate", "fdatasync", "fsync")

_LINE = re.compile(r"(?P<name>\w+)\((?P<arguments>.*)\) += (?P<result>-?\d+)(?:<(?P<opened>[^>]*)>)?.*$")
_FILE = re.compile(r"\d+<([^>]*)>")
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Call:
    """One system call that succeeded. `path` is the file it was about; `other` a rename's new name."""

    name: str
    path: str
    data: bytes = b""
    number: int = 0
    other: str = ""


def record(command: Sequence[str], trace: Path) -> list[Call]:
    """Run `command` to its end under strace and return its calls. Raises CalledProcessError."""
    strace = ("strace", "-qq", "-y", "-xx", "-s", "10000000", "-o", str(trace), "-e", f"trace={','.join(CALLS)}")
    subprocess.run([*strace, *command], check=True, stdout=subprocess.PIPE, timeout=60)  # noqa: S603 - our own command
    return list(parse(trace.read_text("ascii")))


def parse(trace: str) -> Iterator[Call]:
    """The calls in what `strace -y -xx` wrote, those that failed left out."""
    for line in trace.splitlines():
        found = _LINE.match(line)
        if found is not None and int(found["result"]) >= 0:
            call = _call(found)
            if call is not None:
                yield call


def _call(found: re.Match[str]) -> Call | None:
    name, arguments = found["name"], found["arguments"]
    texts = [_bytes(text) for text in _TEXT.findall(arguments)]
    if name == "openat":
        return Call("create", _bytes(found["opened"]).decode()) if "O_CREAT" in arguments else None
    if name in ("mkdir", "unlink", "rename"):
        return Call(name, texts[0].decode(), other=texts[-1].decode())
    about = _FILE.match(arguments)
    assert about is not None, arguments[:80]
    path = _bytes(about[1]).decode()
    number = int(arguments.rpartition(" ")[2]) if name in ("pwrite64", "ftruncate") else 0
    return Call(name, path, texts[0] if texts else b"", number)


def _bytes(text: str) -> bytes:
    # Where strace leaves a path as it is, nothing is escaped in it.
    return bytes.fromhex(text.replace("\\x", "")) if text.startswith("\\x") else text.encode()


# --- the disk ------------------------------------------------------------------------------------

Change = tuple[int, bytes | None]  # (offset, data), or (length, None) for a cut


@dataclass
class _File:
    certain: bytearray = field(default_factory=bytearray)
    pending: list[Change] = field(default_factory=list)

    def sync(self) -> None:
        for change in self.pending:
            _apply(self.certain, change)
        self.pending.clear()

    def after(self, survives: Callable[[Change], Iterator[Change]]) -> bytes:
        content = bytearray(self.certain)
        for change in self.pending:
            for piece in survives(change):
                _apply(content, piece)
        return bytes(content)


def _apply(content: bytearray, change: Change) -> None:
    offset, data = change
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    if data is None:
        del content[offset:]
    else:
        content[offset : offset + len(data)] = data


_Naming = tuple[str, _File | None, str]  # the name, its file (None: a folder, or gone), and "link" or "unlink"


class Disk:
    """What is certain and what is pending on a disk. `lies_about` names files whose syncs it confirms and forgets."""

    def __init__(self, lies_about: Callable[[str], bool] = lambda _: False) -> None:
        self._lies_about = lies_about
        self._live: dict[str, _File | None] = {}
        self._certain: dict[str, _File | None] = {}
        self._pending: defaultdict[str, list[list[_Naming]]] = defaultdict(list)

    def apply(self, call: Call) -> None:
        """Do what this call did."""
        if call.name in ("fdatasync", "fsync"):
            self._sync(call.path)
        elif call.name in ("pwrite64", "ftruncate"):
            file = self._live.get(call.path)
            if file is not None:
                file.pending.append((call.number, call.data if call.name == "pwrite64" else None))
        elif call.name == "rename":
            self._name([(call.path, None, "unlink"), (call.other, self._live[call.path], "link")])
        elif call.name == "unlink":
            self._name([(call.path, None, "unlink")])
        elif call.name in ("create", "mkdir") and call.path not in self._live:
            self._name([(call.path, _File() if call.name == "create" else None, "link")])

    def after_power_cut(self, random: Random | None) -> dict[str, bytes | None]:
        """The files by path (None: a folder) if the power went now.

        With `random` any part of what is pending may have come through; without, none of it has.
        """
        names = dict(self._certain)
        if random is not None:
            for namings in self._pending.values():
                for naming in namings[: random.randint(0, len(namings))]:
                    _rename(names, naming)
        survives = _nothing if random is None else _some_sectors(random)
        return {
            path: None if file is None else file.after(survives)
            for path, file in sorted(names.items())
            if _has_its_folders(path, names, self._live)
        }

    def _sync(self, path: str) -> None:
        if self._lies_about(path):
            return
        file = self._live.get(path)
        if file is not None:
            file.sync()
        for naming in self._pending.pop(path, ()):
            _rename(self._certain, naming)

    def _name(self, naming: list[_Naming]) -> None:
        _rename(self._live, naming)
        self._pending[str(Path(naming[0][0]).parent)].append(naming)


def _rename(names: dict[str, _File | None], naming: list[_Naming]) -> None:
    for path, file, what in naming:
        if what == "link":
            names[path] = file
        else:
            names.pop(path, None)


def _has_its_folders(path: str, names: dict[str, _File | None], live: dict[str, _File | None]) -> bool:
    # Folders that were there before the run are on no list, and certain.
    return all(str(folder) in names for folder in Path(path).parents if str(folder) in live)


def _nothing(_change: Change) -> Iterator[Change]:
    return iter(())


def _some_sectors(random: Random) -> Callable[[Change], Iterator[Change]]:
    def survives(change: Change) -> Iterator[Change]:
        offset, data = change
        if data is None:
            yield from [change] if random.random() < 1 / 2 else []
            return
        start = 0
        while start < len(data):
            end = start + SECTOR - (offset + start) % SECTOR
            if random.random() < 1 / 2:
                yield offset + start, data[start:end]
            start = end

    return survives
