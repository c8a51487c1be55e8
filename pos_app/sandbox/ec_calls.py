"""A question of the Node to a creditor institution, as data: the Node's rules yield it, whoever drives them asks it.

So the rules know no HTTP: the server asks over the network, a simulation asks the EC's rules directly.
"""

from collections.abc import Generator
from dataclasses import dataclass

from pos_app.psp.wire import Operation
from pos_app.sandbox.registry_entries import Station
from pos_app.sandbox.xmltree import Element


@dataclass(frozen=True)
class EcCall:
    """Ask the EC behind `station`; `timeout` in seconds. The old model's calls carry a SOAP header."""

    operation: Operation
    station: Station
    request: Element
    timeout: float
    header: Element | None = None


@dataclass(frozen=True)
class EcReply:
    """The EC's answer element, or the fault code and the sentence of why there is none."""

    element: Element | None = None
    problem: str = ""
    sentence: str = ""


Steps = Generator[EcCall, EcReply, Element]
