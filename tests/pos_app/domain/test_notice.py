"""Notices as they are read: every malformed one has its own sentence (pagopa.md 4; reliability.md Q1-Q13)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.domain.notice import (
    FiscalCode,
    NoticeError,
    NoticeNumber,
    read_code,
    read_data_matrix,
    read_qr,
    read_typed,
)

GOOD = "PAGOPA|002|301202611210004276|15376371009|12550"
DATA_MATRIX = (
    "codfase=NBPA;18301202611210004276120000123456781000000125503896"
    "1P115376371009RSSMRA80A01H501U" + "MARIO ROSSI".ljust(40) + "TARI".ljust(110) + " " * 12 + "A"
)


def test_a_qr_code_gives_notice_creditor_and_cents() -> None:
    code = read_qr(GOOD)
    assert code.number.digits == "301202611210004276"
    assert code.number.iuv == "01202611210004276"
    assert code.number.segregation_code == "01"
    assert code.creditor.digits == "15376371009"
    assert code.amount == 12550
    assert code.warnings == ()


def test_a_data_matrix_gives_the_same() -> None:
    code = read_data_matrix(DATA_MATRIX)
    qr = read_qr(GOOD)
    assert (code.number, code.creditor, code.amount) == (qr.number, qr.creditor, qr.amount)
    assert code.source == "data_matrix"
    assert "ROSSI" not in repr(code)


def test_a_longer_data_matrix_is_read_from_the_left() -> None:
    assert read_data_matrix(DATA_MATRIX + "x" * 40).amount == 12550


def test_typed_digits_may_be_grouped() -> None:
    assert read_typed("3012 0261 1210 0042 76", " 15376371009", "12550").number.digits == "301202611210004276"


@pytest.mark.parametrize(
    ("text", "part_of_the_sentence"),
    [
        ("", "vuoto"),
        ("ciao", "Non è un codice pagoPA"),
        ("https://example.org/|x", "indirizzo web"),
        ("WIFI:S:ufficio;T:WPA;P:segreta;;", "Wi-Fi"),
        ("BCD\n002\n1\nSCT", "caratteri di controllo"),
        ("MECARD:N:Rossi;", "biglietto da visita"),
        ("mailto:a@b.it", "contatto"),
        (GOOD.lower(), "minuscolo"),
        (GOOD.replace("|", "-"), "tastiera"),
        ("PAGOPA002", "tastiera"),
        (f"{GOOD}|", "6"),
        (GOOD.rsplit("|", 1)[0], "ne ha 4"),
        (GOOD.replace("|12550", "||12550"), "ne ha 6"),
        (GOOD.replace("PAGOPA", "PAGOPB"), "Non è un codice pagoPA"),
        (GOOD.replace("PAGOPA|", "PAGOPAX|"), "non comincia con PAGOPA"),
        (GOOD.replace("002", "003"), "002"),
        (GOOD.replace("301202611210004276", "30120261121000427"), "18 cifre"),
        (GOOD.replace("301202611210004276", "30120261121000427x"), "18 cifre"),
        (GOOD.replace("3012", "4012"), "non può cominciare con 4"),
        (GOOD.replace("15376371009", "1537637100"), "11 cifre"),
        (GOOD.replace("12550", ""), "centesimi"),
        (GOOD.replace("12550", "125,50"), "centesimi"),
        (GOOD.replace("12550", "1" * 12), "centesimi"),
        (GOOD.replace("12550", "0"), "fuori dai limiti"),
        (GOOD.replace("12550", "100000000"), "fuori dai limiti"),
        (GOOD.replace("12550", "-5"), "centesimi"),
        (GOOD + "0" * 20, "troppo lungo"),
        (f" {GOOD}", "spazio"),
        (f"{GOOD} ", "spazio"),
        (f"{GOOD}\r\n", "caratteri di controllo"),
        (f"{GOOD}\0", "caratteri di controllo"),
        (f"{GOOD}\x1b[2J", "caratteri di controllo"),
        (GOOD.replace("12550", "١٢٥٥٠"), "non ammessi"),
        (GOOD.replace("|", "｜"), "non ammessi"),
    ],
)
def test_what_is_no_notice_is_refused_in_a_sentence(text: str, part_of_the_sentence: str) -> None:
    with pytest.raises(NoticeError, match=part_of_the_sentence) as refusal:
        read_code(text)
    sentence = str(refusal.value)
    assert sentence.endswith(".")
    assert sentence.isprintable()


@pytest.mark.parametrize(
    ("text", "part_of_the_sentence"),
    [
        ("codfase=XXXX;" + "0" * 100, "altro servizio"),
        (DATA_MATRIX[:70], "incompleto"),
        (DATA_MATRIX.replace("NBPA;18", "NBPA;17"), "posizione 13"),
        (DATA_MATRIX.replace("3896", "3674"), "posizione 59"),
        (DATA_MATRIX.replace("1P1", "P11"), "posizione 63"),
        ("PAGOPA", "Data Matrix"),
    ],
)
def test_a_strange_data_matrix_is_refused_in_a_sentence(text: str, part_of_the_sentence: str) -> None:
    with pytest.raises(NoticeError, match=part_of_the_sentence):
        read_data_matrix(text)


def answer_to(text: str) -> str:
    try:
        return read_code(text).number.grouped()
    except NoticeError as refusal:
        return str(refusal)


@given(st.text(max_size=300))
def test_any_text_is_a_notice_or_gets_a_printable_sentence(text: str) -> None:
    assert answer_to(text).isprintable()


@given(
    st.integers(0, 3), st.integers(0, 10**17 - 1), st.integers(0, 10**11 - 1), st.integers(1, 99_999_999), st.booleans()
)
def test_every_well_formed_notice_is_read(aux: int, rest: int, creditor: int, amount: int, padded: bool) -> None:  # noqa: FBT001
    number, shown = f"{aux}{rest:017d}", f"{amount:011d}" if padded else str(amount)
    code = read_code(f"PAGOPA|002|{number}|{creditor:011d}|{shown}")
    assert (code.number.digits, code.creditor.digits, code.amount) == (number, f"{creditor:011d}", amount)


@pytest.mark.parametrize(
    ("digits", "iuv"),
    [
        ("301202611210004276", "01202611210004276"),
        ("302000100000009407", "02000100000009407"),
        ("348123456789012336", "48123456789012336"),
        ("001000000000000141", "000000000000141"),
        ("012123456789012381", "123456789012381"),
        ("212345678901234544", "12345678901234544"),
        ("123456789012345678", "23456789012345678"),
    ],
)
def test_the_worked_numbers_of_saci_check(digits: str, iuv: str) -> None:
    number = NoticeNumber(digits)
    assert number.check_digits_match
    assert number.iuv == iuv


@pytest.mark.parametrize("digits", ["311111111112222222", "302000100000009424", "302000100000012345"])
def test_wrong_check_digits_only_warn(digits: str) -> None:
    assert read_typed(digits, "15376371009", 1).warnings == (
        "Le cifre di controllo del codice avviso non tornano: ricontrollare il numero.",
    )


@pytest.mark.parametrize("digits", ["15376371009", "01199250158", "97249640588", "97532760580", "00905811006"])
def test_real_creditors_check(digits: str) -> None:
    assert FiscalCode(digits).check_digit_matches


@pytest.mark.parametrize("digits", ["77777777777", "66666666666", "80001230456"])
def test_the_favourite_test_creditors_only_warn(digits: str) -> None:
    assert len(read_typed("301202611210004276", digits, 1).warnings) == 1


def test_a_number_is_printed_in_fours() -> None:
    assert NoticeNumber("301202611210004276").grouped() == "3012 0261 1210 0042 76"
