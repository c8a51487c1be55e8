"""Where hardware profiles are: the technician's own first, then the shipped ones, or any file by its path."""

from importlib.resources import files
from pathlib import Path

from hw_profiles.mistakes import FileMistakes, Mistake, did_you_mean

LOCAL = Path("/etc/pos-terminal/profiles")  # what a technician wrote wins over what was shipped


class ProfileError(FileMistakes):
    """The profile cannot be used."""


def names(local: Path = LOCAL) -> tuple[str, ...]:
    """All profiles that can be loaded by name, the technician's and the shipped."""
    shipped = {entry.name for entry in files("hw_profiles").iterdir()}
    own = {path.name for path in local.glob("*.toml")}
    return tuple(sorted(name.removesuffix(".toml") for name in shipped | own if name.endswith(".toml")))


def find(name_or_path: str, local: Path) -> tuple[str, str]:
    """Source and text of a profile. Raises ProfileError when there is none, or it cannot be read."""
    if is_path(name_or_path):
        return name_or_path, _read(Path(name_or_path))
    own = local / f"{name_or_path}.toml"
    if own.exists():
        return str(own), _read(own)
    if name_or_path in (known := names(local)):
        return f"{name_or_path}.toml (shipped)", (files("hw_profiles") / f"{name_or_path}.toml").read_text("utf-8")
    raise ProfileError(
        [
            Mistake(
                f"profile {name_or_path}", "", "", "", f"there is no such profile; {did_you_mean(name_or_path, known)}"
            )
        ]
    )


def is_path(name_or_path: str) -> bool:
    """Whether a file is meant and not a name."""
    return "/" in name_or_path or name_or_path.endswith(".toml")


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ProfileError([Mistake(str(path), "", "", "", f"cannot be read: {reason}")]) from error
