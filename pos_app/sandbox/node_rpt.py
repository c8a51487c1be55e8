"""RPT and RT at the Node: what a session with an EC of the old model becomes (pagopa.md 1.3).

The RPT may come before the outcome, after it, or never; whatever ends a payment that has its RPT is told by an RT, once
for a CCP. A late outcome OK whose RPT an RT has already refused is asked for anew, under a CCP of its own.
"""

from dataclasses import replace
from datetime import timedelta

from lxml import etree

from pos_app.domain.money import to_wire
from pos_app.sandbox import legacy_documents, node_legacy
from pos_app.sandbox.ec_calls import EcCall, EcReply
from pos_app.sandbox.legacy_documents import DONE, EXPIRED, NOT_ACTIVATED, OUTCOME_KO, Attestation
from pos_app.sandbox.legacy_records import Occurrence
from pos_app.sandbox.legacy_soap import LEGACY_CREDITOR, pack
from pos_app.sandbox.node_world import NodeWorld
from pos_app.sandbox.records import Receipt, Session
from pos_app.sandbox.registry_entries import Psp
from pos_app.sandbox.xmltree import to_text

_SECOND = "-v2"  # what the Node's own tests call the CCP of the second asking
_LONGEST_TOKEN = 32
_ASK_AGAIN = 60  # seconds until an asking that found nobody is repeated


def opened(world: NodeWorld, session: Session) -> Session:
    """A session that has just begun; its RPT may have been quicker than the answer that promised it."""
    occurrence = world.store.occurrences.get(session.token)
    early = occurrence is not None and occurrence.rpt is not None
    return world.keep(session.after("PAYING_RPT") if early else session)


def not_opened(world: NodeWorld, token: str) -> None:
    """The activation came to nothing; the EC may think otherwise, so its RPT is taken and answered."""
    occurrence = world.store.occurrences.get(token)
    if occurrence is None:
        return
    failed = _keep(world, replace(occurrence, failed=True))
    if failed.has_open_rpt:
        _answer(world, failed, None, NOT_ACTIVATED)


def take(world: NodeWorld, occurrence: Occurrence, rpt: str) -> None:
    """An RPT has come."""
    told = _keep(world, replace(occurrence, rpt=rpt))
    session = world.store.sessions.get(told.token)
    if session is None:
        if told.failed:
            _answer(world, told, None, NOT_ACTIVATED)
        return
    if session.status == "PAYING":
        world.keep(session.after("PAYING_RPT"))
    elif session.status in _WITHOUT_RPT:
        word, why = _WITHOUT_RPT[session.status]
        _settle(world, told, session, word, why)


def close(world: NodeWorld, session: Session) -> None:
    """An outcome was recorded in `session`."""
    paid = session.outcome is not None and session.outcome.verdict == "OK"
    word, why = ("PAID", DONE) if paid else ("FAILED", OUTCOME_KO)
    occurrence = _occurrence(world, session)
    if occurrence is not None and occurrence.has_open_rpt:
        _settle(world, occurrence, session, word, why)
    elif occurrence is not None and occurrence.answered:
        world.keep(session.after("PAID_NORPT" if paid else word))
        if paid:
            _ask_anew(world, occurrence)
    else:
        world.keep(session.after(f"{word}_NORPT"))


def cancel(world: NodeWorld, session: Session) -> None:
    """The session has expired, and the cancel job has come by."""
    occurrence = _occurrence(world, session)
    if occurrence is not None and occurrence.has_open_rpt:
        _settle(world, occurrence, session, "CANCELLED", EXPIRED)
    else:
        world.keep(session.after("CANCELLED_NORPT"))


def askings(world: NodeWorld) -> list[Occurrence]:
    """The occurrences that the Node has to ask for on its own, and whose time has come."""
    waiting = (world.store.occurrences.get(ccp) for ccp in world.store.unasked())
    now = world.clock.now()
    return [each for each in waiting if each and each.next_asking is not None and each.next_asking <= now]


def asking(world: NodeWorld, occurrence: Occurrence) -> EcCall | None:
    """The paaAttivaRPT of such an occurrence; None if its station or session is gone."""
    station = next((each for each in world.registry().stations if each.id == occurrence.station), None)
    session = world.store.sessions.get(occurrence.token)
    if station is None or session is None:
        return None
    return node_legacy.asking(world, station, occurrence, to_wire(session.payment.amount))


def asked(world: NodeWorld, ccp: str, reply: EcReply) -> None:
    """It was asked; where nobody answered it is asked again."""
    occurrence = world.store.occurrences.get(ccp)
    if occurrence is None:
        return
    taken = reply.element is not None and LEGACY_CREDITOR.schema_error(reply.element) is None
    again = None if taken else world.clock.now() + timedelta(seconds=_ASK_AGAIN)
    _keep(world, replace(occurrence, next_asking=again))


# A session that ended without its RPT: what the RPT makes of it, and what the RT says.
_WITHOUT_RPT = {
    "PAID_NORPT": ("PAID", DONE),
    "FAILED_NORPT": ("FAILED", OUTCOME_KO),
    "CANCELLED_NORPT": ("CANCELLED", EXPIRED),
}


def _occurrence(world: NodeWorld, session: Session) -> Occurrence | None:
    occurrences = world.store.occurrences
    return occurrences.get(_second(session.token)) or occurrences.get(session.token)


def _settle(world: NodeWorld, occurrence: Occurrence, session: Session, word: str, why: str) -> None:
    # The receipt of an EC of the old model is stored and goes out as an RT; the session's history ends there.
    words = (word, "NOTICE_GENERATED", "NOTICE_STORED") if why == DONE else (word,)
    _answer(world, occurrence, world.keep(session.after(*words)), why)


def _answer(world: NodeWorld, occurrence: Occurrence, session: Session | None, why: str) -> None:
    """Send the RT, once for a CCP."""
    _keep(world, replace(occurrence, answered=True))
    operation = LEGACY_CREDITOR.operations["paaInviaRT"]
    attested = Attestation(_psp(world, occurrence.psp), world.clock.now(), session, why)
    rt = legacy_documents.rt(etree.fromstring(occurrence.rpt or ""), occurrence.ccp, attested)
    request = LEGACY_CREDITOR.request(operation, [("tipoFirma", "0"), ("rt", pack(rt))])
    receipt = Receipt(
        token=occurrence.token,
        ec=occurrence.creditor,
        station=occurrence.station,
        operation=operation.name,
        xml=to_text(request),
        next_try=world.clock.now(),
        ccp=occurrence.ccp,
        positive=attested.is_paid,
    )
    world.store.receipts.put(receipt.key, receipt)


def _ask_anew(world: NodeWorld, occurrence: Occurrence) -> None:
    second = replace(occurrence, ccp=_second(occurrence.token), rpt=None, answered=False, next_asking=world.clock.now())
    _keep(world, second)


def _second(token: str) -> str:
    return token[:_LONGEST_TOKEN] + _SECOND


def _keep(world: NodeWorld, occurrence: Occurrence) -> Occurrence:
    world.store.occurrences.put(occurrence.ccp, occurrence)
    return occurrence


def _psp(world: NodeWorld, psp_id: str) -> Psp:
    return world.registry().psp(psp_id) or Psp(id=psp_id, fiscal_code=psp_id, name=psp_id)
