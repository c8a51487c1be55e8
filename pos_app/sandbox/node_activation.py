"""activatePaymentNotice and V2 at the Node (pagopa.md 2.4, 5)."""

from collections.abc import Generator
from dataclasses import dataclass
from datetime import timedelta

from lxml import etree

from pos_app.domain.money import to_wire
from pos_app.psp.wire import Operation
from pos_app.sandbox import idempotency, node_checks, node_legacy, node_rpt
from pos_app.sandbox.ec_calls import EcCall, EcReply, Steps
from pos_app.sandbox.faultcodes import Refused, refused
from pos_app.sandbox.node_checks import Party, Place
from pos_app.sandbox.node_creditor import ask_payment, is_legacy, is_stand_in
from pos_app.sandbox.node_verification import named_place, refuse_if_taken
from pos_app.sandbox.node_world import NodeWorld
from pos_app.sandbox.notices import position_key
from pos_app.sandbox.records import PaidTransfer, PaymentData, Session
from pos_app.sandbox.soap import NODE
from pos_app.sandbox.xmltree import Content, Item, metadata, need, text, truth


@dataclass(frozen=True)
class _Activation:
    """One request to open a session: who asks, for what, under which idempotency scope."""

    caller: Party
    where: Place
    request: etree._Element
    key: str | None

    @property
    def position(self) -> str:
        return position_key(self.where.creditor.fiscal_code, self.where.notice_number)


def activate(world: NodeWorld, operation: Operation, request: etree._Element) -> Steps:
    """ActivatePaymentNotice or V2: opens a session, once for a key. Answers KO by itself, to keep what must be kept."""
    key = idempotency.cache_key(operation, request)
    validity = min(world.registry().idempotency_seconds, _token_seconds(world, request))
    try:
        caller = node_checks.party(world.registry(), request, activates=True)
        where = named_place(world, request)
        first = idempotency.replay(world, key, request)
        if first is not None:
            return first
        _check_expiration(world, request)
        session = yield from _opened(world, _Activation(caller, where, request, key))
        answer = NODE.answer(operation, _activated(session, second=operation.name.endswith("V2")))
    except Refused as refusal:
        answer = NODE.refusal(operation, refusal.fault)
        if not refusal.kept:
            return answer
    idempotency.keep(world, key, request, answer, seconds=validity)
    return answer


def _opened(world: NodeWorld, activation: _Activation) -> Generator[EcCall, EcReply, Session]:
    position = activation.position
    refuse_if_taken(world, activation.where)
    if position in world.activating:
        raise refused("PPT_ATTIVAZIONE_IN_CORSO", "Un'altra attivazione dell'avviso è in corso", kept=False)
    token = world.new_token()
    world.activating.add(position)
    try:
        payment = yield from _payment(world, activation, token)
        refuse_if_taken(world, activation.where)  # a late outcome may have closed it while the EC was thinking
    except Refused:
        node_rpt.not_opened(world, token)
        raise
    finally:
        world.activating.discard(position)
    return node_rpt.opened(world, _session(world, activation, payment, token))


def _payment(world: NodeWorld, activation: _Activation, token: str) -> Generator[EcCall, EcReply, PaymentData]:
    caller, where, request = activation.caller, activation.where, activation.request
    if is_legacy(world, where):
        return (yield from node_legacy.ask_payment(world, caller, where, need(request, "amount"), token))
    return (yield from ask_payment(world, caller, where, request))


def _session(world: NodeWorld, activation: _Activation, payment: PaymentData, token: str) -> Session:
    where, request = activation.where, activation.request
    return Session(
        token=token,
        creditor=where.creditor.fiscal_code,
        notice_number=where.notice_number,
        psp=activation.caller.psp.id,
        channel=activation.caller.channel.id,
        station=where.station.id,
        expires_at=world.clock.now() + timedelta(seconds=_token_seconds(world, request)),
        standin=is_stand_in(world, where),
        payment_note=text(request, "paymentNote"),
        payment=payment,
        cache_key=activation.key,
        legacy=is_legacy(world, where),
    )


def _check_expiration(world: NodeWorld, request: etree._Element) -> None:
    most = world.registry().token_seconds * 1000
    wanted = text(request, "expirationTime")
    if wanted is not None and int(wanted) > most:
        raise refused("PPT_AUTORIZZAZIONE", f"expirationTime deve essere <= {most}")


def _token_seconds(world: NodeWorld, request: etree._Element) -> float:
    wanted = text(request, "expirationTime")
    return world.registry().token_seconds if wanted is None else int(wanted) / 1000


def _activated(session: Session, *, second: bool) -> list[Item]:
    payment = session.payment
    return [
        ("totalAmount", to_wire(payment.amount)),
        ("paymentDescription", payment.description),
        ("fiscalCodePA", session.creditor),
        ("companyName", payment.company_name),
        ("officeName", payment.office_name),
        ("paymentToken", session.token),
        ("transferList", [("transfer", _transfer(transfer, second=second)) for transfer in payment.transfers]),
        ("metadata", metadata(payment.metadata) if second else None),
        ("creditorReferenceId", payment.reference),
        ("standin", truth(value=session.standin)),
    ]


def _transfer(transfer: PaidTransfer, *, second: bool) -> Content:
    return [
        ("idTransfer", str(transfer.id)),
        ("transferAmount", to_wire(transfer.amount)),
        ("fiscalCodePA", transfer.fiscal_code),
        ("companyName", transfer.company_name if second else None),
        ("IBAN", transfer.iban),
        ("remittanceInformation", transfer.remittance),
        ("transferCategory", transfer.category if second else None),
        ("metadata", metadata(transfer.metadata)),
    ]
