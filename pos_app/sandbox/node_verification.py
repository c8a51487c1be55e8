"""verifyPaymentNotice and verificaBollettino at the Node: they read and change nothing (pagopa.md 2.4)."""

from lxml import etree

from pos_app.psp.wire import Operation
from pos_app.sandbox import node_checks
from pos_app.sandbox.ec_calls import Steps
from pos_app.sandbox.faultcodes import refused
from pos_app.sandbox.node_checks import Place
from pos_app.sandbox.node_creditor import ask_verify, is_stand_in
from pos_app.sandbox.node_world import NodeWorld
from pos_app.sandbox.notices import position_key
from pos_app.sandbox.registry import Registry
from pos_app.sandbox.soap import NODE
from pos_app.sandbox.xmltree import Item, need, text, truth

_OPTION = "paymentList/paymentOptionDescription"


def verify(world: NodeWorld, operation: Operation, request: etree._Element) -> Steps:
    """VerifyPaymentNotice. Raises Refused."""
    caller = node_checks.party(world.registry(), request)
    where = named_place(world, request)
    refuse_if_taken(world, where)
    answer = yield from ask_verify(world, caller, where)
    return NODE.answer(
        operation,
        [
            ("paymentList", [("paymentOptionDescription", _option(answer))]),
            *_told(answer, "paymentDescription", "fiscalCodePA", "companyName", "officeName"),
            ("standin", truth(value=is_stand_in(world, where))),
        ],
    )


def verify_bollettino(world: NodeWorld, operation: Operation, request: etree._Element) -> Steps:
    """verificaBollettino: the notice by the postal account of its slip; Poste alone may ask. Raises Refused."""
    registry, number = world.registry(), need(request, "noticeNumber")
    caller = node_checks.party(registry, request, activates=True)
    if caller.psp.transfer_type != "POSTAL":
        raise refused("PPT_AUTORIZZAZIONE", f"Il PSP {caller.psp.id} non può chiamare verificaBollettino")
    where = node_checks.place(registry, _creditor_of(registry, need(request, "ccPost")), number)
    refuse_if_taken(world, where)
    answer = yield from ask_verify(world, caller, where)
    option = [*_option(answer), ("allCCP", text(answer, f"{_OPTION}/allCCP"))]
    return NODE.answer(
        operation,
        [
            ("paymentBollettinoList", [("paymentOptionDescription", option)]),
            *_told(answer, "paymentDescription", "fiscalCodePA"),
            ("noticeNumber", number),
            *_told(answer, "companyName", "officeName"),
            ("standin", truth(value=is_stand_in(world, where))),
        ],
    )


def named_place(world: NodeWorld, request: etree._Element) -> Place:
    """Where the notice of the request's qrCode is kept. Raises Refused."""
    return node_checks.place(world.registry(), need(request, "qrCode/fiscalCode"), need(request, "qrCode/noticeNumber"))


def refuse_if_taken(world: NodeWorld, where: Place) -> None:
    """Raises Refused for a notice that is paid, or that somebody is paying."""
    status = world.position_status(position_key(where.creditor.fiscal_code, where.notice_number))
    if status in ("PAID", "NOTIFIED"):
        raise refused("PPT_PAGAMENTO_DUPLICATO", "L'avviso risulta già pagato")
    if status == "PAYING":
        raise refused("PPT_PAGAMENTO_IN_CORSO", "Una sessione di pagamento dell'avviso è aperta")


def _creditor_of(registry: Registry, postal_account: str) -> str:
    """The EC whose postal IBAN ends in the account's 12 digits (pagopa.md 2.6)."""
    for creditor in registry.creditor_institutions:
        if creditor.postal_iban is not None and creditor.postal_iban.endswith(postal_account):
            return creditor.fiscal_code
    raise refused("PPT_SEMANTICA", "Codifica non riconosciuta")


def _option(answer: etree._Element) -> list[Item]:
    return [
        ("amount", need(answer, f"{_OPTION}/amount")),
        ("options", need(answer, f"{_OPTION}/options")),
        ("dueDate", text(answer, f"{_OPTION}/dueDate")),
        ("paymentNote", text(answer, f"{_OPTION}/detailDescription")),
    ]


def _told(answer: etree._Element, *names: str) -> list[Item]:
    return [(name, text(answer, name)) for name in names]
