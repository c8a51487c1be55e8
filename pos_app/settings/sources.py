"""Where settings come from, weakest first: the sandbox's own values, the file, the environment's twins."""

import difflib
import os
import tomllib
import types
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import SecretStr

from hw_profiles.mistakes import Mistake, did_you_mean
from hw_profiles.tomlfile import TomlFile
from pos_app.settings.tables import TABLES

PREFIX = "POS_TERMINAL__"
SECRETS = frozenset({"terminal_secret", "password", "client_certificate"})
BUILT_IN = "built in"
DEMONSTRATION = "built in, for simulated devices only"
OWN_STATE_DIR = Path("/var/lib/pos-terminal")

# The sandbox's default registry (sandbox.md), and a merchant who does not exist.
_DEMONSTRATION: Mapping[str, Mapping[str, Any]] = {
    "terminal": {"id": "T0000001"},
    "merchant": {
        "name": "Edicola del Corso S.n.c.",
        "address": "Corso Garibaldi 12, 35121 Padova",
        "vat_number": "01234567890",
    },
    "psp": {
        "terminal_secret": SecretStr("sandbox"),
        "id": "70000000001",
        "broker_id": "70000000001",
        "channel_id": "70000000001_01",
        "fiscal_code": "70000000001",
        "name": "Banca di Prova",
        "password": SecretStr("pwdpwdpwd"),
    },
    "fee": {"fixed": 150},
}


@dataclass(frozen=True)
class Given:
    """One value and who gave it: a file with a line, an environment variable, or we ourselves."""

    table: str
    key: str
    value: Any
    source: str
    line: int | None = None

    @property
    def origin(self) -> str:
        """The source as `settings show --origin` says it."""
        return self.source if self.line is None else f"{self.source}:{self.line}"


def demonstration() -> Iterator[Given]:
    """What holds until somebody sets something: enough to pay with simulated devices."""
    for table, values in _DEMONSTRATION.items():
        yield from (Given(table, key, value, DEMONSTRATION) for key, value in values.items())


def from_file(file: TomlFile, mistakes: list[Mistake]) -> Iterator[Given]:
    """What the file says; a table that is none adds to `mistakes`."""
    for table, values in file.values.items():
        if table not in TABLES:
            sentence = f"there is no such table; {did_you_mean(table, TABLES)}"
            mistakes.append(Mistake(file.source, table, "", "", sentence, file.line_of(table)))
        elif not isinstance(values, dict):
            mistakes.append(Mistake(file.source, table, "", "", "must be a table", file.line_of(table)))
        else:
            yield from (Given(table, key, values[key], file.source, file.line_of(table, key)) for key in values)


def from_environment(environ: Mapping[str, str], mistakes: list[Mistake]) -> Iterator[Given]:
    """The twins, `POS_TERMINAL__TABLE__KEY`; for a secret `…__KEY_FILE`. A name that fits no key adds to `mistakes`."""
    twins = {twin_of(table, key): (table, key) for table, model in TABLES.items() for key in model.model_fields}
    for name in sorted(name for name in environ if name.startswith(PREFIX)):
        if name in twins:
            yield _twin(name, *twins[name], environ[name])
        else:
            mistakes.append(Mistake(name, "", "", "", _no_such_twin(name, twins)))


def _twin(name: str, table: str, key: str, text: str) -> Given:
    value = {"file": text} if key in SECRETS else _typed(TABLES[table].model_fields[key].annotation, text)
    return Given(table, key, value, name)


def _no_such_twin(name: str, twins: Collection[str]) -> str:
    if f"{name}_FILE" in twins:
        return f"a secret does not stand in the environment: name its file with {name}_FILE"
    close = difflib.get_close_matches(name, twins, n=1, cutoff=0.85)  # they all begin alike
    return f"there is no such setting; did you mean {close[0]}?" if close else "there is no such setting"


def twin_of(table: str, key: str) -> str:
    """The environment variable that sets this key; for a secret, the one that names its file."""
    return f"{PREFIX}{table}__{key}{'_FILE' if key in SECRETS else ''}".upper()


def state_dir(environ: Mapping[str, str], own: Path = OWN_STATE_DIR) -> str:
    """Where state is kept when nobody said: systemd's folder, else `own` if it is ours, else the user's own."""
    if environ.get("STATE_DIRECTORY"):
        return environ["STATE_DIRECTORY"].partition(":")[0]  # systemd joins several with colons
    if own.is_dir() and own.stat().st_uid == os.geteuid():
        return str(own)
    home = environ.get("XDG_STATE_HOME") or f"{environ.get('HOME') or Path.home()}/.local/state"
    return f"{home}/pos-terminal"


def _typed(annotation: Any, text: str) -> Any:
    """A variable's text as the key's type wants it; what cannot be read stays text, and is refused by its type."""
    if _takes_text(annotation):
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _takes_text(annotation: Any) -> bool:
    if get_origin(annotation) is Literal:
        return isinstance(get_args(annotation)[0], str)
    if isinstance(annotation, types.UnionType):
        return any(_takes_text(kind) for kind in get_args(annotation))
    return annotation in {str, Path, Decimal}
