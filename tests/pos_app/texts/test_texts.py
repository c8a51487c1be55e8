import pytest

from pos_app.texts import LANGUAGES, TextsError, places, read, texts


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_sentences_in_the_same_order(language: str) -> None:
    assert list(texts(language).sentences) == list(texts("it").sentences)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translated_sentence_needs_the_same_values(language: str) -> None:
    italian = texts("it").sentences
    for key, sentence in texts(language).sentences.items():
        assert places(sentence) == places(italian[key]), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_trial_mark_is_the_same_words_in_every_language(language: str) -> None:
    assert texts(language)("receipt.trial").startswith("PROVA - SENZA VALORE")


@pytest.mark.parametrize("language", LANGUAGES)
def test_paid_not_charged_and_not_known_are_told_in_different_words(language: str) -> None:
    say = texts(language)
    ends = ("paid", "late", "not_charged", "reversed", "in_verification", "refused")
    assert len({say(f"states.closed_{end}") for end in ends}) == len(ends)


NOTHING_CHARGED = {
    "it": "nessun addebito",
    "de": "keine belastung",
    "fr": "aucun débit",
    "sl": "brez bremenitve",
    "en": "nothing was charged",
}
DOUBTFUL_STATES = ("charging", "charge_uncertain", "operator_ruling", "reporting_ok", "closed_in_verification")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_of_a_doubtful_state_says_that_nothing_was_charged(language: str) -> None:
    say = texts(language)
    for state in DOUBTFUL_STATES:
        assert NOTHING_CHARGED[language] not in say(f"states.{state}").lower()
    assert NOTHING_CHARGED[language] in say("states.closed_not_charged").lower()


def test_a_sentence_takes_its_values() -> None:
    assert texts("it")("questions.confirm_payment", total="EUR 1,00", company="Comune") == "Pagare EUR 1,00 a Comune?"


def test_braces_in_a_value_stay_as_they_are() -> None:
    asked = texts("it")("questions.confirm_payment", total="{company}", company="{total}")
    assert asked == "Pagare {company} a {total}?"


def test_a_missing_key_is_named_with_its_language() -> None:
    with pytest.raises(TextsError, match=r"no text 'states\.flying' in it\.toml"):
        texts("it")("states.flying")


def test_a_missing_value_is_named_with_its_sentence() -> None:
    with pytest.raises(TextsError, match=r"'questions\.confirm_payment' in en\.toml needs a value for 'company'"):
        texts("en")("questions.confirm_payment", total="EUR 1,00")


def test_an_unknown_language_is_answered_with_those_that_exist() -> None:
    with pytest.raises(TextsError, match="the languages are it, de, fr, sl, en"):
        texts("es")


def test_a_section_is_handed_out_whole() -> None:
    assert texts("it").section("card")["bancomat"] == "PagoBANCOMAT"
    with pytest.raises(TextsError, match=r"no section \[weather\]"):
        texts("it").section("weather")


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("[a", "cannot be read"),
        ("a = 'x'", "'a' stands outside a section"),
        ("[a]\nb = 3", r"a\.b is not a sentence"),
        ("[a]\nb = ' '", r"a\.b is not a sentence"),
    ],
)
def test_a_broken_table_is_refused_in_one_sentence(source: str, complaint: str) -> None:
    with pytest.raises(TextsError, match=complaint):
        read("xx", source)
