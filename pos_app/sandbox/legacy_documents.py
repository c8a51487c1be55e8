"""RPT and RT as documents: the EC writes the one, the Node the other (pagopa.md 1.3, 2.8)."""

from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime

from pos_app.domain.money import from_wire, to_wire
from pos_app.sandbox.legacy_soap import document, path, qualified
from pos_app.sandbox.notices import Notice
from pos_app.sandbox.records import Session
from pos_app.sandbox.registry_entries import CreditorInstitution, Psp
from pos_app.sandbox.xmltree import Content, Element, Item, need

VERSION = "6.2.0"
PAID, NOT_PAID = "0", "1"  # codiceEsitoPagamento
DONE = "ESEGUITO"  # esitoSingoloPagamento of a payment; the others say why there was none
OUTCOME_KO = "SENDPAYMENTOUTCOME:KO"
EXPIRED = "BATCH_ANNULLAMENTO:TOKEN_SCADUTO"
NOT_ACTIVATED = "ERRORE IN FASE DI ATTIVAZIONE"
_LARGEST_NAME = 70


@dataclass(frozen=True)
class Due:
    """What an RPT asks for: `amount` in cents, to the account `iban`, under IUV and CCP."""

    station: str
    reference: str
    ccp: str
    amount: int
    iban: str
    category: str


def rpt(creditor: CreditorInstitution, notice: Notice, due: Due, now: datetime) -> Element:
    """The request of an EC to be paid one notice."""
    return document(
        "RPT",
        [
            ("versioneOggetto", VERSION),
            ("dominio", _domain(creditor.fiscal_code, due.station)),
            ("identificativoMessaggioRichiesta", due.ccp),
            ("dataOraMessaggioRichiesta", _moment(now)),
            ("autenticazioneSoggetto", "N/A"),
            ("soggettoPagatore", _payer(notice)),
            ("enteBeneficiario", beneficiary(creditor)),
            ("datiVersamento", _to_be_paid(notice, due, now)),
        ],
    )


def beneficiary(creditor: CreditorInstitution) -> list[Item]:
    """EnteBeneficiario."""
    return [
        (
            "identificativoUnivocoBeneficiario",
            [("tipoIdentificativoUnivoco", "G"), ("codiceIdentificativoUnivoco", creditor.fiscal_code)],
        ),
        ("denominazioneBeneficiario", creditor.name[:_LARGEST_NAME]),
    ]


@dataclass(frozen=True)
class Attestation:
    """What an RT attests: by which PSP, when, of which session if there is one, and `why`."""

    psp: Psp
    now: datetime
    session: Session | None
    why: str

    @property
    def is_paid(self) -> bool:
        """Whether money moved."""
        return self.why == DONE


def rt(request: Element, ccp: str, attested: Attestation) -> Element:
    """The Node's receipt for the RPT `request`: what it said is repeated, with what became of it."""
    paid = document(
        "RT",
        [
            ("versioneOggetto", VERSION),
            ("dominio", []),
            ("identificativoMessaggioRicevuta", ccp),
            ("dataOraMessaggioRicevuta", _moment(attested.now)),
            ("riferimentoMessaggioRichiesta", need(request, path("identificativoMessaggioRichiesta"))),
            ("riferimentoDataRichiesta", need(request, path("dataOraMessaggioRichiesta"))[:10]),
            ("istitutoAttestante", _attesting(attested.psp)),
            ("datiPagamento", _became(request, ccp, attested)),
        ],
    )
    _repeat(request, paid)
    return paid


def _repeat(request: Element, answer: Element) -> None:
    """Put the RPT's own subjects into the RT (`enteBeneficiario`, `soggettoVersante`, `soggettoPagatore`)."""
    domain = answer.find(path("dominio"))
    assert domain is not None
    answer.replace(domain, deepcopy(_part(request, "dominio")))
    place = len(answer) - 1
    for name in ("soggettoPagatore", "soggettoVersante", "enteBeneficiario"):
        found = request.find(path(name))
        if found is not None:
            answer.insert(place, deepcopy(found))


def _part(request: Element, name: str) -> Element:
    found = request.find(path(name))
    assert found is not None, name  # the schema demands it
    return found


def _became(request: Element, ccp: str, attested: Attestation) -> list[Item]:
    total = from_wire(need(request, path("datiVersamento", "importoTotaleDaVersare")))
    singles = request.iterfind(path("datiVersamento", "datiSingoloVersamento"))
    return [
        ("codiceEsitoPagamento", PAID if attested.is_paid else NOT_PAID),
        ("importoTotalePagato", to_wire(total if attested.is_paid else 0)),
        ("identificativoUnivocoVersamento", need(request, path("datiVersamento", "identificativoUnivocoVersamento"))),
        ("CodiceContestoPagamento", ccp),
        *(("datiSingoloPagamento", _single(each, ccp, attested, at)) for at, each in enumerate(singles)),
    ]


def _single(request: Element, ccp: str, attested: Attestation, at: int) -> Content:
    outcome = attested.session.outcome if attested.session else None
    paid = need(request, path("importoSingoloVersamento")) if attested.is_paid else to_wire(0)
    fee = outcome.fee if outcome and attested.is_paid and at == 0 else None
    day = (outcome.application_date if outcome and attested.is_paid else None) or f"{attested.now:%Y-%m-%d}"
    return [
        ("singoloImportoPagato", paid),
        ("esitoSingoloPagamento", attested.why),
        ("dataEsitoSingoloPagamento", day),
        ("identificativoUnivocoRiscossione", attested.session.token if attested.session else ccp),
        ("causaleVersamento", need(request, path("causaleVersamento"))),
        ("datiSpecificiRiscossione", need(request, path("datiSpecificiRiscossione"))),
        ("commissioniApplicatePSP", None if fee is None else to_wire(fee)),
    ]


def _attesting(psp: Psp) -> list[Item]:
    return [
        (
            "identificativoUnivocoAttestante",
            [("tipoIdentificativoUnivoco", "G"), ("codiceIdentificativoUnivoco", psp.fiscal_code[:35])],
        ),
        ("denominazioneAttestante", psp.name),
    ]


def _domain(creditor: str, station: str) -> list[Item]:
    return [("identificativoDominio", creditor), ("identificativoStazioneRichiedente", station)]


def _payer(notice: Notice) -> list[Item]:
    debtor = notice.debtor
    return [
        (
            "identificativoUnivocoPagatore",
            [("tipoIdentificativoUnivoco", debtor.type), ("codiceIdentificativoUnivoco", debtor.code)],
        ),
        ("anagraficaPagatore", debtor.name),
    ]


def _to_be_paid(notice: Notice, due: Due, now: datetime) -> list[Item]:
    return [
        ("dataEsecuzionePagamento", f"{now:%Y-%m-%d}"),
        ("importoTotaleDaVersare", to_wire(due.amount)),
        ("tipoVersamento", "PO"),
        ("identificativoUnivocoVersamento", due.reference),
        ("codiceContestoPagamento", due.ccp),
        ("firmaRicevuta", "0"),
        (
            "datiSingoloVersamento",
            [
                ("importoSingoloVersamento", to_wire(due.amount)),
                ("ibanAccredito", due.iban),
                ("causaleVersamento", notice.description),
                ("datiSpecificiRiscossione", due.category),
            ],
        ),
    ]


def _moment(now: datetime) -> str:
    return f"{now:%Y-%m-%dT%H:%M:%S}"


def qualified_beneficiary(creditor: CreditorInstitution) -> Content:
    """EnteBeneficiario as it stands inside the unqualified datiPagamentoPA."""
    content: Content = qualified(beneficiary(creditor))
    return content
