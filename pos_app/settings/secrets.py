"""Secrets stand in files that only we can read, never in the settings, the environment or a message."""

import re
import stat
from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr, ValidationInfo

CREDENTIALS = "CREDENTIALS_DIRECTORY"  # where systemd puts what LoadCredential= names (systemd.exec, "Credentials")
HOW = 'must be { credential = "name" } or { file = "/path" }: a secret does not stand in the open'

_CREDENTIAL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def read_secret(value: object, info: ValidationInfo) -> SecretStr:
    """The secret that `{ credential = … }` or `{ file = … }` names, without its last newline. Raises ValueError."""
    if isinstance(value, SecretStr):
        return value
    path = secret_path(value, info)
    try:
        text = path.read_text("utf-8").removesuffix("\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"must name a text file: {path} is not UTF-8 text") from error
    if not text or "\n" in text:
        raise ValueError(f"must name a file with one line in it: {path}")
    return SecretStr(text)


def secret_path(value: object, info: ValidationInfo) -> Path:
    """The file that `{ credential = … }` or `{ file = … }` names, once it is proven to be there and ours alone."""
    match value:
        case {"credential": str(name), **rest} if not rest:
            return _readable(_credential(name, (info.context or {}).get("environ", {})))
        case {"file": str(name), **rest} if not rest:
            return _private(_readable(absolute(name)))
        case _:
            raise ValueError(HOW)


def absolute(value: object) -> Path:
    """A path that means the same wherever we are started. Raises ValueError."""
    if isinstance(value, Path):
        return value
    if not isinstance(value, str) or not value.startswith("/"):
        raise ValueError("must be an absolute path in quotes")
    return Path(value)


def readable(value: object) -> Path:
    """An absolute path of a file that can be read. Raises ValueError."""
    return _readable(absolute(value))


def _credential(name: str, environ: Mapping[str, str]) -> Path:
    if not _CREDENTIAL_NAME.fullmatch(name):
        raise ValueError("must name a credential by letters, digits, dots and dashes")
    if CREDENTIALS not in environ:
        raise ValueError(f"names the credential {name!r}, but systemd gave us none ({CREDENTIALS} is not set)")
    return Path(environ[CREDENTIALS], name)


def _readable(path: Path) -> Path:
    try:
        with path.open("rb"):
            return path
    except OSError as error:
        raise ValueError(f"must name a file that we can read: {path}: {error.strerror}") from error


def _private(path: Path) -> Path:
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ValueError(f"must name a file that nobody else can read: chmod 600 {path}")
    return path
