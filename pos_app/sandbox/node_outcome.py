"""sendPaymentOutcome and V2 at the Node: in time, repeated, late (pagopa.md 1.2, 3.3, 5).

An outcome is accepted as long as the session is open, which lasts until the cancel job, not until the deadline. After
that it is answered KO and may still count: a late OK with no rival pays the notice, a late KO with none is FAILED.
"""

import json
from dataclasses import replace

from lxml import etree

from pos_app.domain.money import to_wire
from pos_app.psp.wire import Operation
from pos_app.sandbox import idempotency, node_checks, node_receipts, node_rpt
from pos_app.sandbox.faultcodes import Refused, refused
from pos_app.sandbox.node_world import NodeWorld
from pos_app.sandbox.records import Outcome, Session
from pos_app.sandbox.soap import NODE
from pos_app.sandbox.xmltree import amount, need, read_subject, text

_TOKEN_PATHS = ("paymentToken", "paymentTokens/paymentToken")  # V1, V2; a revenue stamp's own token lies deeper
_BUNDLE = ("primaryCiIncurredFee", "idBundle", "idCiBundle")


def send_outcome(world: NodeWorld, operation: Operation, request: etree._Element) -> etree._Element:
    """An outcome: recorded once, answered the same to the same key and body."""
    key = idempotency.cache_key(operation, request)
    try:
        caller = node_checks.party(world.registry(), request)
        first = idempotency.replay(world, key, request)
        if first is not None:
            return first
        session = _session(world, request, caller.psp.id)
        _forget_activation(world, session)
        _record(world, session, read_outcome(request))
        answer = NODE.answer(operation)
    except Refused as refusal:
        answer = NODE.refusal(operation, refusal.fault)
        if not refusal.kept:
            return answer
    idempotency.keep(world, key, request, answer, seconds=world.registry().idempotency_seconds)
    return answer


def read_outcome(request: etree._Element) -> Outcome:
    """Verdict and details of an outcome request, either version."""
    verdict, details = need(request, "outcome"), request.find("details")
    if details is None:
        return Outcome(verdict)
    return Outcome(
        verdict=verdict,
        payment_method=text(details, "paymentMethod"),
        payment_channel=text(details, "paymentChannel"),
        fee=amount(details, "fee"),
        payer=read_subject(details.find("payer")),
        application_date=text(details, "applicationDate"),
        transfer_date=text(details, "transferDate"),
        bundle=tuple((name, found) for name in _BUNDLE if (found := text(details, name)) is not None),
    )


def _session(world: NodeWorld, request: etree._Element, psp: str) -> Session:
    """The session reported on: known for this PSP, and one only at a channel that pays at the PSP (pagopa.md 2.4)."""
    tokens = [need(each, ".") for path in _TOKEN_PATHS for each in request.iterfind(path)]
    sessions = [world.store.sessions.get(token) for token in tokens]
    known = [session for session in sessions if session is not None and session.psp == psp]
    if len(known) < len(tokens):
        raise refused("PPT_TOKEN_SCONOSCIUTO", "Il paymentToken non è noto per questo PSP")
    if len(known) > 1:
        raise refused("PPT_SEMANTICA", "Outcome non accettabile per token multipli attivati presso il PSP")
    return known[0]


def _forget_activation(world: NodeWorld, session: Session) -> None:
    # An outcome for its token ends the activation key's validity, whatever becomes of the outcome (pagopa.md 5).
    if session.cache_key is not None:
        world.store.answers.drop(session.cache_key)


def _record(world: NodeWorld, session: Session, outcome: Outcome) -> None:
    if session.outcome is not None:
        raise _already(session, outcome)
    if session.is_open:
        _close(world, session, outcome)
    else:
        _close_late(world, session, outcome)


def _already(session: Session, outcome: Outcome) -> Refused:
    stored = session.outcome
    assert stored is not None
    word = "concorde" if stored.verdict == outcome.verdict else "discorde"
    return refused("PPT_ESITO_GIA_ACQUISITO", f"Esito {word}: {_as_json(session.token, stored)}")


def _close(world: NodeWorld, session: Session, outcome: Outcome) -> None:
    paid = outcome.verdict == "OK"
    closed = replace(session, outcome=outcome, paid_at=world.clock.now() if paid else None)
    if session.legacy:
        node_rpt.close(world, closed)
        return
    closed = world.keep(closed.after("PAID" if paid else "FAILED"))
    if paid:
        node_receipts.generate(world, closed)


def _close_late(world: NodeWorld, session: Session, outcome: Outcome) -> None:
    others = [each for each in world.store.sessions_of(session.position) if each.token != session.token]
    rival_open, rival_paid = any(each.is_open for each in others), any(each.is_paid for each in others)
    if outcome.verdict == "KO":
        if not rival_open and not rival_paid:
            _close(world, session, outcome)
        raise refused("PPT_TOKEN_SCADUTO_KO", "Il paymentToken è scaduto: esito KO tardivo")
    if rival_open or rival_paid:
        raise refused(
            "PPT_PAGAMENTO_DUPLICATO", "Il paymentToken è scaduto e l'avviso è pagato, o in pagamento, altrove"
        )
    _close(world, session, outcome)
    raise refused("PPT_TOKEN_SCADUTO", "Il paymentToken è scaduto: esito OK tardivo, registrato")


def _as_json(token: str, outcome: Outcome) -> str:
    """The stored outcome as the Node writes it: keys sorted, the fee a bare number with two decimals."""
    texts = {
        "applicationDate": outcome.application_date,
        "outcome": outcome.verdict,
        "payerEntityUniqueIdentifierValue": outcome.payer and outcome.payer.code,
        "paymentChannel": outcome.payment_channel,
        "paymentMethod": outcome.payment_method,
        "paymentToken": token,
        "transferDate": outcome.transfer_date,
    }
    members = {name: json.dumps(value, ensure_ascii=False) for name, value in texts.items() if value is not None}
    if outcome.fee is not None:
        members["fee"] = to_wire(outcome.fee)
    return "{" + ",".join(f'"{name}":{members[name]}' for name in sorted(members)) + "}"
