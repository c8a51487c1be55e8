from collections.abc import Callable
from dataclasses import replace

import pytest

from drivers.contracts import Align, Cut, Document, QrCode, Row, Text
from drivers.printer.characters import Repertoire
from drivers.printer.layout import lay_out, plain_text
from pos_app.domain.events import Card
from pos_app.domain.notice import read_qr
from pos_app.receipts.documents import (
    customer_copy,
    emergency,
    in_verification,
    merchant_copy,
    not_executed,
    recorded_late,
    recorded_late_merchant_copy,
    refund_due,
    reversal,
)
from pos_app.receipts.facts import Merchant, Provider, ReceiptFacts, Reprint
from pos_app.texts import LANGUAGES, Texts, texts

Facts = Callable[..., ReceiptFacts]
Paper = Callable[[ReceiptFacts, Texts], Document]

PAPERS: tuple[Paper, ...] = (
    customer_copy,
    merchant_copy,
    recorded_late,
    recorded_late_merchant_copy,
    in_verification,
    not_executed,
    refund_due,
    reversal,
    emergency,
)
every_paper = pytest.mark.parametrize("paper", PAPERS, ids=[paper.__name__ for paper in PAPERS])


def read_on_paper(document: Document, *, columns: int = 48) -> str:
    return plain_text(lay_out(document, columns=columns, repertoire=Repertoire.of("CP858")))


def rows(document: Document) -> dict[str, str]:
    return {block.label: block.value for block in document.blocks if isinstance(block, Row)}


def words(document: Document) -> str:
    """Everything that a document says, on one line."""
    said = [block for block in document.blocks if isinstance(block, Text | Row)]
    return " ".join(block.text if isinstance(block, Text) else f"{block.label} {block.value}" for block in said)


def test_the_citizens_copy_tells_all_that_the_attestation_owes(facts: Facts) -> None:
    document = customer_copy(facts(), texts("it"))
    owed = {  # pagopa.md 6
        "Data e ora": "21/11/2026 10:42:31",
        "C.F. ente": "77777777777",
        "Ente creditore": "Comune di Città Sant'Angelo",
        "IUV": "01000000001234519",
        "PSP": "Banca Esempio S.p.A.",
        "C.F. PSP": "09876543210",
        "ID pagamento": "c110729d258c4ab1b765fe902aae41d6",
        "Importo avviso": "EUR 128,50",
        "Commissione": "EUR 1,50",
        "TOTALE PAGATO": "EUR 130,00",
        "Oggetto": "TARI 2026 - acconto - utenza non domestica, via dell'Università 3",
        "Codice avviso": "3010 0000 0001 2345 19",
    }
    assert owed.items() <= rows(document).items()
    assert Text("PAGAMENTO pagoPA ESEGUITO", Align.CENTER, bold=True) in document.blocks


def test_the_merchants_copy_keeps_the_object_to_the_citizen(facts: Facts) -> None:
    document = merchant_copy(facts(), texts("it"))
    assert "Oggetto" not in rows(document)
    assert "TARI" not in words(document)
    assert "Copia da conservare a cura dell'esercente." in words(document)


@every_paper
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_paper_of_a_trial_says_so_at_both_ends(facts: Facts, paper: Paper, language: str) -> None:
    blocks = paper(facts(trial=True), texts(language)).blocks
    lines = texts(language)("receipt.trial").split(" / ")
    marks = tuple(Text(line, Align.CENTER, bold=True, tall=True) for line in lines)
    assert lines[0] == "PROVA - SENZA VALORE"
    assert blocks[: len(marks)] == marks
    assert blocks[-1 - len(marks) :] == (*marks, Cut())


@every_paper
def test_a_paper_of_a_real_payment_bears_no_trial_mark(facts: Facts, paper: Paper) -> None:
    assert "PROVA" not in words(paper(facts(), texts("it")))


@every_paper
def test_eseguito_stands_only_on_the_papers_of_an_accepted_payment(facts: Facts, paper: Paper) -> None:
    told = "PAGAMENTO pagoPA ESEGUITO" in words(paper(facts(), texts("it")))
    assert told == (paper in {customer_copy, merchant_copy})


@every_paper
@pytest.mark.parametrize("proven", [True, False])
def test_nothing_charged_is_said_only_where_it_is_proven(facts: Facts, paper: Paper, *, proven: bool) -> None:
    told = "nessun addebito" in words(paper(facts(proven_not_charged=proven, card=None), texts("it"))).lower()
    assert told == (paper is not_executed and proven)


def test_an_unproven_failure_says_that_the_charge_is_being_checked(facts: Facts) -> None:
    told = words(not_executed(facts(card=None), texts("it")))
    assert "L'eventuale addebito sulla carta è in verifica." in told
    assert "tel. 800 123 456" in told


def test_a_late_record_is_called_late_not_paid(facts: Facts) -> None:
    document = recorded_late(facts(), texts("it"))
    assert "ADDEBITATO, REGISTRATO IN RITARDO" in words(document)
    assert rows(document)["TOTALE ADDEBITATO"] == "EUR 130,00"


def test_the_slip_of_doubt_says_what_is_known_and_what_to_do(facts: Facts) -> None:
    told = read_on_paper(in_verification(facts(), texts("it")))
    for owed in ("NON RIPETERE IL PAGAMENTO", "000123", "A1B2C3", "3010 0000 0001 2345 19", "tel. 800 123 456"):
        assert owed in told
    assert "La carta è stata addebitata" in told


def test_the_slip_of_doubt_does_not_claim_a_charge_that_nobody_knows(facts: Facts) -> None:
    told = words(in_verification(facts(card=None), texts("it")))
    assert "La carta può essere stata addebitata" in told
    assert "La carta è stata addebitata" not in told


def test_the_code_on_the_slip_of_doubt_opens_the_same_notice(facts: Facts) -> None:
    document = in_verification(facts(), texts("it"))
    code = read_qr(next(block.data for block in document.blocks if isinstance(block, QrCode)))
    assert (code.number.digits, code.creditor.digits, code.amount) == ("301000000001234519", "77777777777", 12850)


def test_a_declined_card_is_not_called_charged(facts: Facts) -> None:
    declined = Card(result_code="01", fingerprint="f2", terminal_id="12345678", stan="000124")
    document = not_executed(facts(card=declined, proven_not_charged=True), texts("it"))
    assert rows(document)["Esito"] == "TRANSAZIONE NON ESEGUITA"
    assert "Importo addebitato" not in rows(document)


def test_of_the_card_number_only_four_digits_are_told(facts: Facts) -> None:
    card = replace(facts().card or Card("", "", ""), last4="9994242")
    assert rows(customer_copy(facts(card=card), texts("it")))["Carta"] == "************4242"


def test_the_reference_is_taken_from_the_notice_where_the_activation_never_came(facts: Facts) -> None:
    assert rows(not_executed(facts(iuv=""), texts("it")))["IUV"] == "01000000001234519"


def test_what_is_not_known_leaves_no_empty_row(facts: Facts) -> None:
    bare = facts(company_name="", description="", payment_token="", card=None)
    assert {"", "Oggetto", "Ente creditore", "ID pagamento"}.isdisjoint(rows(customer_copy(bare, texts("it"))))


@every_paper
def test_a_duplicate_is_marked_at_both_ends_with_its_number(facts: Facts, paper: Paper) -> None:
    document = paper(facts(reprint=Reprint(2, "21/11/2026 11:05")), texts("it"))
    told = [block.text for block in document.blocks if isinstance(block, Text)]
    assert told[0] == told[-1] == "*** DUPLICATO ***"
    assert told[1] == "Ristampa n. 2 del 21/11/2026 11:05"


@every_paper
def test_a_copy_that_replaces_half_a_print_is_an_original(facts: Facts, paper: Paper) -> None:
    told = words(paper(facts(reprint=Reprint(1, "21/11/2026 11:05", replaces=True)), texts("it")))
    assert told.startswith("*** RISTAMPA *** sostituisce la stampa incompleta ")
    assert "DUPLICATO" not in told


HOSTILE = "Comune\x1dV\x00 di\n\r\x1b@ Pa\u202edova\x07\u0000"


@every_paper
def test_no_control_character_of_a_foreign_text_gets_into_a_document(facts: Facts, paper: Paper) -> None:
    hostile = facts(
        merchant=Merchant(HOSTILE, HOSTILE, HOSTILE),
        provider=Provider(HOSTILE, HOSTILE, HOSTILE),
        company_name=HOSTILE,
        description=HOSTILE,
        reason=HOSTILE,
        payment_token=HOSTILE,
        operation=HOSTILE,
        reader_lines=(HOSTILE,),
    )
    told = repr(paper(hostile, texts("it")).blocks)
    assert "\\x" not in told
    assert "\\u" not in told
    assert "\\n" not in told
    assert "Comune V di @ Padova" in told  # Python counts 1Dh among the spaces


@every_paper
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_paper_exists_in_every_language_and_fits_every_width(facts: Facts, paper: Paper, language: str) -> None:
    document = paper(facts(), texts(language))
    for columns in (48, 42, 32):
        lines = read_on_paper(document, columns=columns).splitlines()
        assert all(len(line) <= columns for line in lines if not line.startswith("[QR"))
