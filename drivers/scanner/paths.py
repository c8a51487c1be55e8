"""Files named by people: whether they can be opened, and how their names may stand in a sentence."""

from pathlib import Path

from drivers.errors import DeviceAbsent, DeviceRefused

_LONGEST_NAME = 60


def shown(path: Path) -> str:
    """The name in quotation marks, short, without anything that a screen or a printer could obey."""
    name = "".join(character if character.isprintable() else "?" for character in path.name or str(path))
    return f"«{name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 3] + '...'}»"


def check_file(path: Path, *, most_bytes: int | None = None) -> None:
    """Raise DeviceAbsent when it cannot be opened, DeviceRefused when it is no file, empty or too large."""
    size = _size_of(path)
    if not size:
        raise DeviceRefused(f"Il file {shown(path)} è vuoto: fotografare di nuovo l'avviso.")
    if most_bytes is not None and size > most_bytes:
        raise DeviceRefused(f"Il file {shown(path)} è troppo grande: al massimo {most_bytes // 1_000_000} MB.")


def _size_of(path: Path) -> int:
    try:
        if path.exists() and not path.is_file():  # a folder, or a pipe that would never end
            raise DeviceRefused(f"{shown(path)} non è un file: indicare l'immagine di un avviso.")
        with path.open("rb"):
            return path.stat().st_size
    except FileNotFoundError:
        raise DeviceAbsent(f"Il file {shown(path)} non esiste: controllare il nome.") from None
    except PermissionError:
        raise DeviceAbsent(f"Il file {shown(path)} non si può leggere: mancano i permessi.") from None
    except (OSError, ValueError):  # ValueError: a NUL in the name
        raise DeviceAbsent(f"Il file {shown(path)} non si può aprire: controllare il nome e il disco.") from None
