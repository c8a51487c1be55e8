"""nodoInviaRPT at the Node: who sends, what for, and whether anybody asked for it (pagopa.md 1.3, 2.8)."""

from pos_app.domain.money import from_wire
from pos_app.psp.wire import Operation
from pos_app.sandbox import node_rpt
from pos_app.sandbox.faultcodes import Refused, refused
from pos_app.sandbox.legacy_creditor import NODE_AS_CHANNEL, NODE_AS_PSP
from pos_app.sandbox.legacy_records import Occurrence
from pos_app.sandbox.legacy_soap import NODE_FOR_PA, DocumentError, Head, path, unpack
from pos_app.sandbox.node_world import NodeWorld
from pos_app.sandbox.registry import Registry
from pos_app.sandbox.xmltree import Element, need, to_text

NO_CCP = "n/a"  # what an RPT of a payment begun at the EC's own site carries
_AT_THE_PSP = "PO"


def send_rpt(world: NodeWorld, operation: Operation, head: Head, request: Element) -> Element:
    """Take an RPT, or say in a KO answer why not."""
    try:
        _check_sender(world.registry(), head)
        _check_addressee(request)
        occurrence = _asked_for(world, head)
        rpt = _read(head, request)
        if occurrence.rpt is not None:
            raise refused("PPT_RPT_DUPLICATA", f"La RPT con CCP {head.ccp} è già stata acquisita")
        node_rpt.take(world, occurrence, to_text(rpt))
    except Refused as refusal:
        return NODE_FOR_PA.refusal(operation, refusal.fault)
    return NODE_FOR_PA.answer(operation, [("redirect", "0")])


def _check_sender(registry: Registry, head: Head) -> None:
    if registry.creditor(head.creditor) is None:
        raise refused("PPT_DOMINIO_SCONOSCIUTO", f"Non è in anagrafica il dominio {head.creditor}")
    if registry.pa_broker(head.broker) is None:
        raise refused("PPT_INTERMEDIARIO_PA_SCONOSCIUTO", f"Non è in anagrafica l'intermediario {head.broker}")
    station = next((each for each in registry.stations if each.id == head.station), None)
    if station is None:
        raise refused("PPT_STAZIONE_INT_PA_SCONOSCIUTA", f"Non è in anagrafica la stazione {head.station}")
    if (station.broker, station.creditor) != (head.broker, head.creditor):
        raise refused("PPT_AUTORIZZAZIONE", "Configurazione intermediario-stazione non corretta")


def _check_addressee(request: Element) -> None:
    """In this flow the Node itself is the PSP."""
    expected = {
        "identificativoPSP": (NODE_AS_PSP, "PPT_PSP_SCONOSCIUTO"),
        "identificativoIntermediarioPSP": (NODE_AS_PSP, "PPT_INTERMEDIARIO_PSP_SCONOSCIUTO"),
        "identificativoCanale": (NODE_AS_CHANNEL, "PPT_CANALE_SCONOSCIUTO"),
    }
    for name, (wanted, code) in expected.items():
        found = need(request, name)
        if found != wanted:
            raise refused(code, f"{name} deve essere {wanted}, non {found}")


def _asked_for(world: NodeWorld, head: Head) -> Occurrence:
    if head.ccp.lower() == NO_CCP:
        raise refused("PPT_SEMANTICA", "CCP n/a: l'avviso è stato attivato presso un PSP")
    occurrence = world.store.occurrences.get(head.ccp)
    if occurrence is None or (occurrence.creditor, occurrence.reference) != (head.creditor, head.reference):
        raise refused("PPT_SEMANTICA", f"Nessuna attivazione dello IUV {head.reference} con CCP {head.ccp}")
    return occurrence


def _read(head: Head, request: Element) -> Element:
    """The RPT itself, which must say the same as the header."""
    try:
        rpt = unpack(need(request, "rpt"), "RPT")
    except DocumentError as error:
        raise refused("PPT_SINTASSI_XSD", str(error)) from error
    same = {
        path("dominio", "identificativoDominio"): head.creditor,
        path("datiVersamento", "identificativoUnivocoVersamento"): head.reference,
        path("datiVersamento", "codiceContestoPagamento"): head.ccp,
        path("datiVersamento", "tipoVersamento"): _AT_THE_PSP,
    }
    for where, wanted in same.items():
        if need(rpt, where) != wanted:
            raise refused("PPT_SEMANTICA", f"{where.rpartition('}')[2]} della RPT deve essere {wanted}")
    singles = rpt.iterfind(path("datiVersamento", "datiSingoloVersamento", "importoSingoloVersamento"))
    total = need(rpt, path("datiVersamento", "importoTotaleDaVersare"))
    if sum(from_wire(each.text or "") for each in singles) != from_wire(total):
        raise refused("PPT_SEMANTICA", "importoTotaleDaVersare non è la somma dei versamenti")
    return rpt
