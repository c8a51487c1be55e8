"""What the screen says of every state is true about money, in every language."""

from dataclasses import replace

import pytest

from pos_app.counter import Question, View
from pos_app.domain.events import Card, NoticeRefused
from pos_app.domain.payment import Payment
from pos_app.domain.states import Money, State
from pos_app.texts import LANGUAGES, texts
from pos_app.ui import words

CARD = Card("00", "result-1", "00000001", 12700)
PAYMENT = Payment("P1", amount=12550, fee=150, confirmed=12700, company_name="Comune di Prova")
NOTHING_CHARGED = ("nessun addebito", "keine Belastung", "aucun débit", "ni bila bremenjena", "nothing was charged")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", [state for state in State if state is not State.READY], ids=lambda state: state.label)
def test_every_state_has_its_sentence(state: State, language: str) -> None:
    assert words.standing(replace(PAYMENT, state=state), texts(language))


@pytest.mark.parametrize(
    "state", [state for state in State if state.money is Money.MAYBE], ids=lambda state: state.label
)
def test_no_state_in_doubt_says_that_nothing_was_charged(state: State) -> None:
    said = words.standing(replace(PAYMENT, state=state, charge_open=True), texts("it")).lower()
    assert "nessun addebito" not in said


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"card": CARD, "accepted": True}, "eseguito"),
        ({"card": CARD, "recorded_late": "PPT_TOKEN_SCADUTO"}, "in ritardo"),
        ({"card": CARD, "reversed": True}, "restituito"),
        ({"late_cards": (CARD,)}, "in verifica"),
        ({"charge_open": True}, "in verifica"),
        ({}, "nessun addebito"),
        ({"refusal": NoticeRefused("PAA_PAGAMENTO_SCADUTO", "EXPIRED_NOTICE")}, "scaduto"),
        ({"refusal": NoticeRefused("PPT_NUOVO", "SOMETHING_NEW")}, "tecnico"),
    ],
)
def test_every_ending_says_what_happened_to_the_money(changes: dict[str, object], part: str) -> None:
    closed = replace(PAYMENT, state=State.CLOSED, **changes)  # type: ignore[arg-type]
    assert part in words.standing(closed, texts("it")).lower()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("question", Question)
def test_every_question_is_asked_in_words(question: Question, language: str) -> None:
    asked = words.question(View(1, PAYMENT, question, fee=200), texts(language))
    assert asked
    assert "{" not in asked


def test_a_question_about_money_names_the_total_with_the_fee_it_is_about() -> None:
    before_agreement = replace(PAYMENT, fee=0)
    assert "EUR 127,50" in words.question(View(1, before_agreement, Question.CONFIRM, fee=200), texts("it"))
