import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.printer.characters import CODE_PAGES, Repertoire

pages = st.lists(st.sampled_from(sorted(CODE_PAGES)), min_size=1, max_size=3, unique=True)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("CP858", "85 8a 8d 95 97 b7 d4 de e3 eb d5 f8"),
        ("CP437", "85 8a 8d 95 97 41 45 49 4f 55 45 55 52 f8"),
    ],
)
def test_italian_comes_out_on_each_code_page(page: str, expected: str) -> None:
    assert Repertoire.of(page).encode("àèìòùÀÈÌÒÙ€°") == bytes.fromhex(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("l’Ente “Città” – oggi…", 'l\'Ente "Città" - oggi...'),
        ("Škofja Loka, Đakovo, Łódź, Ștefan", "Skofja Loka, Dakovo, Lódz, Stefan"),
        ("œuvre, ﬁne, №3, ①", "oeuvre, fine, N.3, 1"),
        ("Αθήνα 北京 🙂", "????? ?? ?"),
        ("a\u0300 e\u0301 q\u0303", "à é q"),
        ("a\tb\nc\u00a0d\u2028e", "a b c d e"),
    ],
)
def test_what_cp858_lacks_is_written_another_way(text: str, expected: str) -> None:
    assert Repertoire.of("CP858").fit(text) == expected


def test_a_second_code_page_keeps_slovene_letters() -> None:
    printed = Repertoire.of("CP858", "CP852").encode("Plačilo €")
    assert printed == bytes.fromhex("50 6c 61 1b 74 12 9f 69 6c 6f 20 1b 74 13 d5")


def test_the_line_ends_on_the_page_it_began_with() -> None:
    assert Repertoire.of("CP858", "CP852").encode("č") == bytes.fromhex("1b 74 12 9f 1b 74 13")


@given(st.text(), pages)
def test_no_text_can_send_a_control_byte(text: str, names: list[str]) -> None:
    repertoire = Repertoire.of(*names)
    sent = repertoire.encode(text)
    for page in repertoire.pages:
        sent = sent.replace(repertoire.select(page), b"")
    assert all(byte >= 0x20 and byte != 0x7F for byte in sent)


@given(st.text(), pages)
def test_fitting_is_done_once(text: str, names: list[str]) -> None:
    repertoire = Repertoire.of(*names)
    fitted = repertoire.fit(text)
    assert repertoire.fit(fitted) == fitted
    assert not any(unicodedata.category(character)[0] == "C" for character in fitted)


@given(st.text("".join(map(chr, range(0x20, 0x7F)))), pages)
def test_plain_text_stays_as_it_is(text: str, names: list[str]) -> None:
    assert Repertoire.of(*names).encode(text) == text.encode("ascii")
