"""What a faultCode means to the cashier (pagopa.md 3.1, 3.2): one category each, after pagoPA's own SmartPOS groups."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Category(StrEnum):
    """Why a notice cannot be paid now; CONFIGURATION is ours, the others are pagoPA's."""

    NOTICE_GLITCH = "NOTICE_GLITCH"
    WRONG_NOTICE_DATA = "WRONG_NOTICE_DATA"
    CREDITOR_PROBLEMS = "CREDITOR_PROBLEMS"
    PAYMENT_ALREADY_IN_PROGRESS = "PAYMENT_ALREADY_IN_PROGRESS"
    EXPIRED_NOTICE = "EXPIRED_NOTICE"
    UNKNOWN_NOTICE = "UNKNOWN_NOTICE"
    REVOKED_NOTICE = "REVOKED_NOTICE"
    NOTICE_ALREADY_PAID = "NOTICE_ALREADY_PAID"
    CONFIGURATION = "CONFIGURATION"
    UNEXPECTED_ERROR = "UNEXPECTED_ERROR"


# Our own registration at the Node is wrong; every notice will be refused until the PSP mends it.
CONFIGURATION_CODES = frozenset(
    {
        "PPT_AUTENTICAZIONE",
        "PPT_AUTORIZZAZIONE",
        "PPT_PSP_SCONOSCIUTO",
        "PPT_PSP_DISABILITATO",
        "PPT_INTERMEDIARIO_PSP_SCONOSCIUTO",
        "PPT_INTERMEDIARIO_PSP_DISABILITATO",
        "PPT_CANALE_SCONOSCIUTO",
        "PPT_CANALE_DISABILITATO",
    },
)

_CODES: Mapping[Category, frozenset[str]] = MappingProxyType(
    {
        Category.NOTICE_ALREADY_PAID: frozenset({"PPT_PAGAMENTO_DUPLICATO", "PAA_PAGAMENTO_DUPLICATO"}),
        Category.PAYMENT_ALREADY_IN_PROGRESS: frozenset(
            {"PPT_PAGAMENTO_IN_CORSO", "PAA_PAGAMENTO_IN_CORSO", "PPT_ATTIVAZIONE_IN_CORSO"},
        ),
        Category.EXPIRED_NOTICE: frozenset({"PAA_PAGAMENTO_SCADUTO"}),
        Category.REVOKED_NOTICE: frozenset({"PAA_PAGAMENTO_ANNULLATO"}),
        Category.UNKNOWN_NOTICE: frozenset({"PAA_PAGAMENTO_SCONOSCIUTO"}),
        Category.WRONG_NOTICE_DATA: frozenset(
            {
                "PPT_SINTASSI_EXTRAXSD",
                "PPT_SINTASSI_XSD",
                "PPT_DOMINIO_SCONOSCIUTO",
                "PPT_STAZIONE_INT_PA_SCONOSCIUTA",
            },
        ),
        Category.CREDITOR_PROBLEMS: frozenset(
            {
                "PPT_STAZIONE_INT_PA_IRRAGGIUNGIBILE",
                "PPT_STAZIONE_INT_PA_TIMEOUT",
                # Both spellings are in use (pagopa.md 8.26).
                "PPT_STAZIONE_INT_PA_SERVIZIO_NONATTIVO",
                "PPT_STAZIONE_INT_PA_SERVIZIO_NON_ATTIVO",
                "PPT_STAZIONE_INT_PA_ERRORE_RESPONSE",
                "PPT_IBAN_NON_CENSITO",
                "PPT_ERRORE_EMESSO_DA_PAA",
                "PAA_ATTIVA_RPT_IMPORTO_NON_VALIDO",
                "PAA_ID_DOMINIO_ERRATO",
                "PAA_ID_INTERMEDIARIO_ERRATO",
                "PAA_STAZIONE_INT_ERRATA",
                "PAA_SINTASSI_XSD",
                "PAA_SINTASSI_EXTRAXSD",
                "PAA_SYSTEM_ERROR",
            },
        ),
        Category.NOTICE_GLITCH: frozenset(
            {
                "PAA_SEMANTICA",
                "PPT_SEMANTICA",
                "PPT_DOMINIO_DISABILITATO",
                "PPT_INTERMEDIARIO_PA_DISABILITATO",
                "PPT_STAZIONE_INT_PA_DISABILITATA",
                "PPT_CODIFICA_PSP_SCONOSCIUTA",
                "PPT_SYSTEM_ERROR",
                "PPT_SOAPACTION_ERRATA",
                "PPT_SERVIZIO_NONATTIVO",
                "PPT_MULTI_BENEFICIARIO",
                "PPT_SUPERAMENTOSOGLIA",
            },
        ),
        Category.CONFIGURATION: CONFIGURATION_CODES,
        Category.UNEXPECTED_ERROR: frozenset({"PPT_ERRORE_IDEMPOTENZA"}),
    },
)

FAULTS: Mapping[str, Category] = MappingProxyType(
    {code: category for category, codes in _CODES.items() for code in codes},
)

_RELAYED = "PPT_ERRORE_EMESSO_DA_PAA"
_CREDITOR_CODE = re.compile(r"\bPAA_[A-Z0-9_]*[A-Z0-9]", re.ASCII)


@dataclass(frozen=True)
class Fault:
    """The fault bean of a KO, its texts already cleaned: one line each, no secret."""

    code: str
    description: str = ""
    original_code: str = ""

    @property
    def creditors_code(self) -> str:
        """The creditor's own code that the Node relays, empty where there is none (pagopa.md 3.1).

        A broker without the extended fault bean has it only in the description.
        """
        if self.original_code or self.code != _RELAYED:
            return self.original_code
        found = _CREDITOR_CODE.search(self.description)
        return found[0] if found else ""

    @property
    def category(self) -> Category:
        """What to tell the cashier; a code the table does not know is never "already paid".

        What the Node only relays is decided by the creditor's code. One we do not know is the creditor's problem.
        """
        if self.code != _RELAYED:
            return FAULTS.get(self.code, Category.UNEXPECTED_ERROR)
        return FAULTS.get(self.creditors_code, Category.CREDITOR_PROBLEMS)
