"""The WSDL of a path, and its schemas, for whoever asks `GET path?wsdl`.

The files on disk name each other by relative paths; served ones name `?xsd=NAME` of the same address, so that any SOAP
tool can load them from the URL alone.
"""

import re
from functools import cache
from pathlib import Path

from lxml import etree

from pos_app.psp import wire
from pos_app.sandbox.legacy_soap import LEGACY_CREDITOR, NODE_FOR_PA
from pos_app.sandbox.soap import CREDITOR

_SCHEMA_LOCATION = re.compile(r'schemaLocation="([^"]*/)?([^"/]+\.xsd)"')
_ADDRESS = re.compile(r'(<soap:address location=")[^"]*(")')
_FILES = {
    "/psp": wire.wsdl_path(),
    "/node/psp": wire.wsdl_path(),
    "/node/pa": NODE_FOR_PA.wsdl,
    "/ec": CREDITOR.wsdl,
    "/ec/legacy": LEGACY_CREDITOR.wsdl,
}


def page(path: str, url: str, query: str) -> str | None:
    """What `GET path?query` shows, the actor's address being `url`; None if it is neither WSDL nor a schema."""
    if query.lower() == "wsdl":
        whole = _ADDRESS.sub(rf"\g<1>{url}\g<2>", _served(_FILES[path], url))
        return _without_bollettino(whole) if path == "/psp" else whole
    name = query.removeprefix("xsd=")
    found = next((file for file in _schemas(_FILES[path]) if file.name == name), None)
    return None if found is None else _served(found, url)


def _served(file: Path, url: str) -> str:
    return _SCHEMA_LOCATION.sub(rf'schemaLocation="{url}?xsd=\2"', _text(file))


def _without_bollettino(text: str) -> str:
    """The contract of the PSP backend, which doesn't serve what only Poste may call (sandbox.md)."""
    root = etree.fromstring(text.encode())
    for parent in list(root.iter()):
        for operation in parent.findall("{*}operation[@name='verificaBollettino']"):
            parent.remove(operation)
    return etree.tostring(root, encoding="unicode")


def _schemas(wsdl_file: Path) -> list[Path]:
    return [*sorted(wsdl_file.parent.glob("*.xsd")), *sorted(wire.wsdl_path().parent.glob("commonTypes.xsd"))]


@cache
def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")
