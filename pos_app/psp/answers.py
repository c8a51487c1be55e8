"""Whether what came is a usable answer of the operation that was asked (reliability.md P8, P9, P12-P14, P24).

The schema is checked strictly, with one tolerance: elements whose names the contract does not know at all. Minor SANP
versions add elements (standin came that way), in the middle as well as at the end, and a till must not break on them
(pagopa.md 2.9 c). A known name in a wrong place, twice, or in another namespace is not tolerated, nor is any value.
"""

from copy import deepcopy

from lxml import etree

from pos_app.psp import wire
from pos_app.psp.transport import Answer


class UnusableAnswer(Exception):
    """Nothing may be concluded from what came; one sentence, which quotes no value of it."""


def open_answer(operation: wire.Operation, answer: Answer) -> etree._Element:
    """The envelope, fit to be read by zeep. Raises UnusableAnswer."""
    try:
        response = wire.open_envelope(answer.data)
    except wire.WireError as error:
        raise UnusableAnswer(str(error)) from error
    _check_name(response, operation)
    problem = wire.schema_problem(response)
    if problem is not None:
        response = _without_unknown(response)
        problem = wire.schema_problem(response)
    if problem is not None:
        raise UnusableAnswer(f"The answer breaks the schema at {problem}.")
    _check_status(response, answer.status)
    return response.getroottree().getroot()


def _check_name(response: etree._Element, operation: wire.Operation) -> None:
    if response.tag == wire.SOAP_FAULT:
        raise UnusableAnswer("A soap:Fault came instead of an answer.")
    if response.tag != operation.response:
        raise UnusableAnswer(f"The answer is not the response of {operation.name}.")


def _check_status(response: etree._Element, status: int) -> None:
    # The tables of architecture.md: under another status than 200 nothing counts. The code is told all the same.
    if status != 200:
        code = " ".join((response.findtext("fault/faultCode") or response.findtext("outcome") or "").split())
        raise UnusableAnswer(f"HTTP {status} came with the answer {code[:64]}.")


def _without_unknown(response: etree._Element) -> etree._Element:
    """A copy of `response`, in a copy of its envelope, without the elements whose names the contract does not know."""
    copy = wire.open_envelope(etree.tostring(deepcopy(response.getroottree())))
    unknown = [element for element in copy.iterdescendants() if _is_unknown(element)]
    for element in unknown:
        parent = element.getparent()
        if parent is not None and not _has_text(parent):
            parent.remove(element)
    return copy


def _is_unknown(element: etree._Element) -> bool:
    return etree.QName(element).localname not in wire.declared_names()


def _has_text(parent: etree._Element) -> bool:
    texts = [parent.text, *(child.tail for child in parent)]
    return any(text and text.strip() for text in texts)
