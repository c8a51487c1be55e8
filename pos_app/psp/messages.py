"""Requests and responses as zeep sees them, from the WSDL that ships with this package; loads nothing from elsewhere.

Importing this module imports zeep, which takes 0.2 s: the client does it at its first call.
"""

import logging
from collections.abc import Mapping
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
    """Builds requests and reads responses; has no state. Loading the WSDL takes some 20 ms."""

    def __init__(self) -> None:
        self._client = _load()
        self._binding = self._client.wsdl.bindings[_BINDING]

    def build(self, operation: Operation, fields: Mapping[str, Any]) -> str:
        """The envelope's text with its declaration. zeep checks no facet: the schema has to (pagopa.md 2.9)."""
        envelope = self._client.create_message(self._client.service, operation.name, **fields)
        return _DECLARATION + etree.tostring(envelope, encoding="unicode")

    def read(self, operation: Operation, envelope: etree._Element) -> Any:
        """The response as zeep's object, each element an attribute; what is absent is None. Raises UnusableAnswer."""
        try:
            return self._binding.get(operation.name).process_reply(envelope)
        except (zeep.exceptions.Error, ValueError) as error:
            raise UnusableAnswer("The answer cannot be read although the schema allows it.") from error


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
