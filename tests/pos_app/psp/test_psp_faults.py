"""Every code of pagopa.md 3.2 has its category, and the creditor's own code decides where the Node relays it (3.1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.psp.faults import FAULTS, Category, Fault


@pytest.mark.parametrize(
    ("code", "category"),
    [
        ("PPT_PAGAMENTO_DUPLICATO", "NOTICE_ALREADY_PAID"),
        ("PAA_PAGAMENTO_DUPLICATO", "NOTICE_ALREADY_PAID"),
        ("PPT_PAGAMENTO_IN_CORSO", "PAYMENT_ALREADY_IN_PROGRESS"),
        ("PAA_PAGAMENTO_IN_CORSO", "PAYMENT_ALREADY_IN_PROGRESS"),
        ("PPT_ATTIVAZIONE_IN_CORSO", "PAYMENT_ALREADY_IN_PROGRESS"),
        ("PAA_PAGAMENTO_SCADUTO", "EXPIRED_NOTICE"),
        ("PAA_PAGAMENTO_ANNULLATO", "REVOKED_NOTICE"),
        ("PAA_PAGAMENTO_SCONOSCIUTO", "UNKNOWN_NOTICE"),
        ("PPT_SINTASSI_EXTRAXSD", "WRONG_NOTICE_DATA"),
        ("PPT_SINTASSI_XSD", "WRONG_NOTICE_DATA"),
        ("PPT_DOMINIO_SCONOSCIUTO", "WRONG_NOTICE_DATA"),
        ("PPT_STAZIONE_INT_PA_SCONOSCIUTA", "WRONG_NOTICE_DATA"),
        ("PPT_STAZIONE_INT_PA_IRRAGGIUNGIBILE", "CREDITOR_PROBLEMS"),
        ("PPT_STAZIONE_INT_PA_TIMEOUT", "CREDITOR_PROBLEMS"),
        ("PPT_STAZIONE_INT_PA_SERVIZIO_NONATTIVO", "CREDITOR_PROBLEMS"),
        ("PPT_STAZIONE_INT_PA_SERVIZIO_NON_ATTIVO", "CREDITOR_PROBLEMS"),
        ("PPT_STAZIONE_INT_PA_ERRORE_RESPONSE", "CREDITOR_PROBLEMS"),
        ("PPT_IBAN_NON_CENSITO", "CREDITOR_PROBLEMS"),
        ("PPT_ERRORE_EMESSO_DA_PAA", "CREDITOR_PROBLEMS"),
        ("PAA_ATTIVA_RPT_IMPORTO_NON_VALIDO", "CREDITOR_PROBLEMS"),
        ("PAA_ID_DOMINIO_ERRATO", "CREDITOR_PROBLEMS"),
        ("PAA_ID_INTERMEDIARIO_ERRATO", "CREDITOR_PROBLEMS"),
        ("PAA_STAZIONE_INT_ERRATA", "CREDITOR_PROBLEMS"),
        ("PAA_SINTASSI_XSD", "CREDITOR_PROBLEMS"),
        ("PAA_SINTASSI_EXTRAXSD", "CREDITOR_PROBLEMS"),
        ("PAA_SYSTEM_ERROR", "CREDITOR_PROBLEMS"),
        ("PAA_SEMANTICA", "NOTICE_GLITCH"),
        ("PPT_SEMANTICA", "NOTICE_GLITCH"),
        ("PPT_DOMINIO_DISABILITATO", "NOTICE_GLITCH"),
        ("PPT_INTERMEDIARIO_PA_DISABILITATO", "NOTICE_GLITCH"),
        ("PPT_STAZIONE_INT_PA_DISABILITATA", "NOTICE_GLITCH"),
        ("PPT_CODIFICA_PSP_SCONOSCIUTA", "NOTICE_GLITCH"),
        ("PPT_SYSTEM_ERROR", "NOTICE_GLITCH"),
        ("PPT_SOAPACTION_ERRATA", "NOTICE_GLITCH"),
        ("PPT_SERVIZIO_NONATTIVO", "NOTICE_GLITCH"),
        ("PPT_MULTI_BENEFICIARIO", "NOTICE_GLITCH"),
        ("PPT_SUPERAMENTOSOGLIA", "NOTICE_GLITCH"),
        ("PPT_AUTENTICAZIONE", "CONFIGURATION"),
        ("PPT_AUTORIZZAZIONE", "CONFIGURATION"),
        ("PPT_PSP_SCONOSCIUTO", "CONFIGURATION"),
        ("PPT_PSP_DISABILITATO", "CONFIGURATION"),
        ("PPT_INTERMEDIARIO_PSP_SCONOSCIUTO", "CONFIGURATION"),
        ("PPT_INTERMEDIARIO_PSP_DISABILITATO", "CONFIGURATION"),
        ("PPT_CANALE_SCONOSCIUTO", "CONFIGURATION"),
        ("PPT_CANALE_DISABILITATO", "CONFIGURATION"),
        ("PPT_ERRORE_IDEMPOTENZA", "UNEXPECTED_ERROR"),
    ],
)
def test_a_code_has_its_category(code: str, category: str) -> None:
    assert Fault(code).category == Category(category)


def test_the_table_holds_nothing_else() -> None:
    assert len(FAULTS) == 46


@given(st.text().filter(lambda code: code not in FAULTS))
def test_an_unknown_code_is_an_unexpected_error_and_never_already_paid(code: str) -> None:
    assert Fault(code).category is Category.UNEXPECTED_ERROR


@pytest.mark.parametrize(
    ("description", "original", "told", "category"),
    [
        ("d", "PAA_PAGAMENTO_DUPLICATO", "PAA_PAGAMENTO_DUPLICATO", Category.NOTICE_ALREADY_PAID),
        ("PAA_PAGAMENTO_SCADUTO", "PAA_PAGAMENTO_ANNULLATO", "PAA_PAGAMENTO_ANNULLATO", Category.REVOKED_NOTICE),
        ("FaultCode PA: PAA_PAGAMENTO_SCADUTO.", "", "PAA_PAGAMENTO_SCADUTO", Category.EXPIRED_NOTICE),
        ("PAA_PAGAMENTO_SCADUTO_", "", "PAA_PAGAMENTO_SCADUTO", Category.EXPIRED_NOTICE),
        ("no code here", "", "", Category.CREDITOR_PROBLEMS),
        ("xPAA_PAGAMENTO_SCADUTO", "", "", Category.CREDITOR_PROBLEMS),
        ("d", "PAA_OF_OUR_OWN", "PAA_OF_OUR_OWN", Category.CREDITOR_PROBLEMS),
    ],
)
def test_what_the_node_relays_is_decided_by_the_creditors_code(
    description: str, original: str, told: str, category: Category
) -> None:
    fault = Fault("PPT_ERRORE_EMESSO_DA_PAA", description, original)
    assert (fault.creditors_code, fault.category) == (told, category)


def test_what_the_node_says_itself_is_not_decided_by_an_original_code() -> None:
    fault = Fault("PPT_PAGAMENTO_IN_CORSO", "PAA_PAGAMENTO_SCADUTO", "PAA_PAGAMENTO_DUPLICATO")
    assert fault.category is Category.PAYMENT_ALREADY_IN_PROGRESS
    assert fault.creditors_code == "PAA_PAGAMENTO_DUPLICATO"
