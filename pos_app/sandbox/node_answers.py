"""What the Node makes of an EC's answer that is no good: the EC's KO relayed, or its own refusal (pagopa.md 2.5).

None of it stays under an idempotency key, so that a repeat may succeed.
"""

from lxml import etree

from pos_app.sandbox.faultcodes import Fault, OriginalFault, Refused, refused
from pos_app.sandbox.node_checks import Party, Place
from pos_app.sandbox.xmltree import need, text


def relayed(fault: etree._Element | None, caller: Party, where: Place) -> Refused:
    """The EC's fault: in the original* fields where the caller's broker takes them, else squeezed into description."""
    if fault is None:
        return bad_answer("La risposta KO non ha fault")
    original = OriginalFault(need(fault, "faultCode"), need(fault, "faultString"), text(fault, "description"))
    said = original.description or original.string
    if caller.broker.extended_faults:
        description, extended = said, original
    else:
        description, extended = f"FaultString PA: {original.code} {original.string} - {said}", None
    told = Fault("PPT_ERRORE_EMESSO_DA_PAA", description, where.creditor.fiscal_code, extended)
    return Refused(told, kept=False)


def bad_answer(sentence: str) -> Refused:
    """An answer that can't be used."""
    return refused("PPT_STAZIONE_INT_PA_ERRORE_RESPONSE", sentence, kept=False)
