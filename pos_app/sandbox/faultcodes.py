"""Fault codes and their faultString (pagopa.md 3; the Node's own words), and the refusal that carries one.

PPT_ is the Node's prefix, PAA_ the creditor institution's (pagopa.md 2.1).
"""

from dataclasses import dataclass

NODE_ID = "NodoDeiPagamentiSPC"  # fault.id when the Node speaks for itself (pagopa.md 2.3)

FAULT_STRINGS = {
    "PPT_AUTENTICAZIONE": "Errore di autenticazione.",
    "PPT_AUTORIZZAZIONE": "Il richiedente non ha i diritti per l'operazione.",
    "PPT_ATTIVAZIONE_IN_CORSO": "Attivazione in corso",
    "PPT_CANALE_DISABILITATO": "Canale conosciuto ma disabilitato da configurazione.",
    "PPT_CANALE_SCONOSCIUTO": "Canale sconosciuto.",
    "PPT_DOMINIO_DISABILITATO": "Dominio disabilitato.",
    "PPT_DOMINIO_SCONOSCIUTO": "IdentificativoDominio sconosciuto.",
    "PPT_ERRORE_EMESSO_DA_PAA": "Errore restituito dall'Ente Creditore",
    "PPT_ERRORE_IDEMPOTENZA": "Errore idempotenza",
    "PPT_ESITO_GIA_ACQUISITO": "L'esito del pagamento risulta già acquisito dal sistema pagoPA.",
    "PPT_IBAN_NON_CENSITO": (
        "Il codice IBAN indicato dal EC non è presente nella lista degli IBAN comunicati al sistema pagoPA."
    ),
    "PPT_INTERMEDIARIO_PA_DISABILITATO": "Intermediario dominio disabilitato.",
    "PPT_INTERMEDIARIO_PA_SCONOSCIUTO": "Identificativo intermediario dominio sconosciuto.",
    "PPT_INTERMEDIARIO_PSP_DISABILITATO": "Intermediario psp disabilitato.",
    "PPT_INTERMEDIARIO_PSP_SCONOSCIUTO": "Identificativo intermediario psp sconosciuto.",
    "PPT_MULTI_BENEFICIARIO": "La chiamata non è compatibile con il nuovo modello PSP.",
    "PPT_PAGAMENTO_DUPLICATO": "Pagamento in attesa risulta concluso al sistema pagoPA",
    "PPT_PAGAMENTO_IN_CORSO": "Pagamento in attesa risulta in corso al sistema pagoPA",
    "PPT_PAGAMENTO_SCONOSCIUTO": "Pagamento sconosciuto",
    "PPT_PSP_DISABILITATO": "PSP conosciuto ma disabilitato da configurazione.",
    "PPT_PSP_SCONOSCIUTO": "PSP sconosciuto.",
    "PPT_RPT_DUPLICATA": "È pervenuta una RPT duplicata.",
    "PPT_SEMANTICA": "Errore semantico.",
    "PPT_SINTASSI_EXTRAXSD": "Errore di sintassi extra XSD.",
    "PPT_SINTASSI_XSD": "Errore di sintassi XSD.",
    "PPT_SOAPACTION_ERRATA": "SOAPAction errata.",
    "PPT_STAZIONE_INT_PA_DISABILITATA": "Stazione disabilitata.",
    "PPT_STAZIONE_INT_PA_ERRORE_RESPONSE": "Errore di risposta dalla stazione.",
    "PPT_STAZIONE_INT_PA_IRRAGGIUNGIBILE": "Errore di connessione verso la Stazione.",
    "PPT_STAZIONE_INT_PA_SCONOSCIUTA": "IdentificativoStazioneRichiedente sconosciuto.",
    "PPT_STAZIONE_INT_PA_SERVIZIO_NONATTIVO": "Il Servizio Applicativo della Stazione non è attivo.",
    "PPT_STAZIONE_INT_PA_TIMEOUT": "Timeout risposta dalla Stazione.",
    "PPT_SUPERAMENTOSOGLIA": "Una soglia fissata per il sistema è temporaneamente superata.",
    "PPT_SYSTEM_ERROR": "Errore generico.",
    "PPT_TOKEN_SCADUTO": "paymentToken is expired",
    "PPT_TOKEN_SCADUTO_KO": "paymentToken is expired on outcome KO",
    "PPT_TOKEN_SCONOSCIUTO": "token unknown",
    "PAA_ID_DOMINIO_ERRATO": "La PAA non corrisponde al Dominio indicato.",
    "PAA_ID_INTERMEDIARIO_ERRATO": "Identificativo intermediario non corrispondente.",
    "PAA_STAZIONE_INT_ERRATA": "Stazione intermediario non corrispondente.",
    "PAA_PAGAMENTO_ANNULLATO": "Pagamento in attesa risulta annullato all'Ente Creditore",
    "PAA_PAGAMENTO_DUPLICATO": "Pagamento in attesa risulta concluso all'Ente Creditore",
    "PAA_PAGAMENTO_IN_CORSO": "Pagamento in attesa risulta in corso all'Ente Creditore",
    "PAA_PAGAMENTO_SCADUTO": "Pagamento in attesa risulta scaduto all'Ente Creditore",
    "PAA_PAGAMENTO_SCONOSCIUTO": "Pagamento in attesa risulta sconosciuto all'Ente Creditore",
    "PAA_RECEIPT_DUPLICATA": "Ricevuta già presente all'Ente Creditore",
    "PAA_RT_DUPLICATA": "La RT è già stata accettata.",
    "PAA_SEMANTICA": "Errore semantico.",
    "PAA_SINTASSI_EXTRAXSD": "Errore di sintassi extra XSD.",
    "PAA_SINTASSI_XSD": "Errore di sintassi XSD.",
    "PAA_SYSTEM_ERROR": "Errore generico.",
}


@dataclass(frozen=True)
class OriginalFault:
    """The EC's own fault, as the Node relays it."""

    code: str
    string: str
    description: str | None


@dataclass(frozen=True)
class Fault:
    """A business fault: what a KO answer carries. `speaker` is fault.id."""

    code: str
    description: str
    speaker: str = NODE_ID
    original: OriginalFault | None = None

    @property
    def string(self) -> str:
        """The faultString that goes with the code."""
        return FAULT_STRINGS.get(self.code, "Errore generico.")


class Refused(Exception):
    """A call is answered KO. `kept`: the answer stays under the call's idempotency key (pagopa.md 5)."""

    def __init__(self, fault: Fault, *, kept: bool = True) -> None:
        super().__init__(fault.code)
        self.fault = fault
        self.kept = kept


def refused(code: str, description: str, *, kept: bool = True) -> Refused:
    """The Node's own refusal."""
    return Refused(Fault(code, description), kept=kept)
