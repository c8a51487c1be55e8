"""Requests and responses as zeep sees them, from the WSDL that ships with this package; loads nothing from elsewhere.

Importing this module imports zeep, which takes 0.2 s: the client does it at its first call.
"""

import logging
from collections.abc import Hashable, Iterator, Mapping
from copy import deepcopy
from functools import cache
from typing import Any

import zeep
from lxml import etree

from pos_app.psp.answers import UnusableAnswer
from pos_app.psp.wire import NODE_FOR_PSP_WSDL, Operation, wsdl_path

_BINDING = f"{{{NODE_FOR_PSP_WSDL}}}nodeForPspBinding"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


class _OwnFilesOnly(zeep.Transport):
    """Loads the WSDL and the schemas of this package and nothing from a network."""

    def _load_remote_data(self, url: str) -> bytes:
        raise PermissionError(f"{url} is outside this package and is not loaded")


class NodeForPspMessages:
    """Builds requests and reads responses. Loading the WSDL takes some 20 ms.

    What zeep made of a request is kept as the form for those with the same fields: only texts differ between them.
    """

    def __init__(self) -> None:
        self._client = _load()
        self._binding = self._client.wsdl.bindings[_BINDING]
        self._forms: dict[Hashable, etree._Element] = {}

    def build(self, operation: Operation, fields: Mapping[str, Any]) -> str:
        """The envelope's text with its declaration. zeep checks no facet: the schema has to (pagopa.md 2.9)."""
        leaves = tuple(_leaves(fields))
        shape = (operation.name, tuple((path, type(value)) for path, value in leaves))
        form = self._forms.get(shape)
        if form is not None:
            return _text(_filled(form, leaves))
        envelope = self._client.create_message(self._client.service, operation.name, **fields)
        if _can_be_a_form(envelope, leaves):
            self._forms[shape] = envelope
        return _text(envelope)

    def read(self, operation: Operation, envelope: etree._Element) -> Any:
        """The response as zeep's object, each element an attribute; what is absent is None. Raises UnusableAnswer."""
        try:
            return self._binding.get(operation.name).process_reply(envelope)
        except (zeep.exceptions.Error, ValueError) as error:
            raise UnusableAnswer("The answer cannot be read although the schema allows it.") from error


def _text(envelope: etree._Element) -> str:
    return _DECLARATION + etree.tostring(envelope, encoding="unicode")


# --- forms ---------------------------------------------------------------------------------------

_Path = tuple[str | int, ...]  # names; behind the name of a list, a place in it
_Leaf = tuple[_Path, Any]


def _leaves(value: Any, path: _Path = ()) -> Iterator[_Leaf]:
    """Every single value in `value`, and what leads to it, in the order given."""
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from _leaves(inner, (*path, name))
    elif isinstance(value, list) and value:
        for place, inner in enumerate(value):
            yield from _leaves(inner, (*path, place))
    else:
        yield path, value


def _can_be_a_form(envelope: etree._Element, leaves: tuple[_Leaf, ...]) -> bool:
    """Whether zeep wrote each value as it is, in the order given: text and whole numbers, nothing that it converts."""
    plain = all(type(value) in {str, int} for _, value in leaves)
    written = [(element.tag, element.text) for element in _ends(envelope)]
    return plain and written == [(_name(path), str(value)) for path, value in leaves]


def _name(path: _Path) -> str | int:
    return next(step for step in reversed(path) if isinstance(step, str))


def _filled(form: etree._Element, leaves: tuple[_Leaf, ...]) -> etree._Element:
    envelope = deepcopy(form)
    for element, (_, value) in zip(_ends(envelope), leaves, strict=True):
        element.text = str(value)
    return envelope


def _ends(envelope: etree._Element) -> list[etree._Element]:
    """The elements without children, in the order of the document."""
    return [element for element in envelope.iter() if not len(element)]


@cache
def node_for_psp_messages() -> NodeForPspMessages:
    """The one of this process."""
    return NodeForPspMessages()


def _load() -> Any:
    # A date that Python has no form for (year 12026) is read as absent, and zeep would log a traceback that quotes it.
    logging.getLogger("zeep.xsd.types.simple").setLevel(logging.CRITICAL)
    settings = zeep.Settings(strict=True, xml_huge_tree=False, forbid_dtd=True, forbid_external=True)
    transport = _OwnFilesOnly()  # type: ignore[no-untyped-call]
    return zeep.Client(str(wsdl_path()), transport=transport, settings=settings)  # type: ignore[no-untyped-call]
