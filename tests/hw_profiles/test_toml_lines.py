"""A technician is told the line of each mistake."""

import pytest

from hw_profiles.mistakes import Mistake, did_you_mean, spelled
from hw_profiles.tomlfile import NotToml, read_toml

TEXT = """\
# a comment = 1
first = 1

[table] # with a comment
"quoted" = 2
inline = { inner = 3 }
dotted.key = 4
  indented = 5
[ spaced ]
first = 6
"""


@pytest.mark.parametrize(
    ("table", "key", "line"),
    [
        ("", "first", 2),
        ("table", "", 4),
        ("table", "quoted", 5),
        ("table", "inline", 6),
        ("table", "dotted", 7),
        ("table", "indented", 8),
        ("spaced", "first", 10),
        ("table", "elsewhere", 4),
        ("nowhere", "at all", None),
    ],
)
def test_a_key_has_the_line_that_it_stands_on(table: str, key: str, line: int | None) -> None:
    assert read_toml("x", TEXT).line_of(table, key) == line


def test_a_table_written_with_dots_has_the_line_of_its_first_key() -> None:
    assert read_toml("x", "a = 1\npsp.url = 'x'\n").line_of("psp", "url") == 2


def test_a_syntax_error_keeps_its_line_and_loses_its_column() -> None:
    with pytest.raises(NotToml, match=r"x:2: this is not TOML: [^(]*$"):
        read_toml("x", "a = 1\nb = = 2\n")


@pytest.mark.parametrize(
    ("mistake", "text"),
    [
        (Mistake("f", "t", "k", "1", "must be 2", 3), "f:3: [t] k = 1: must be 2"),
        (Mistake("f", "t", "", "", "is missing"), "f: [t]: is missing"),
        (Mistake("f", "", "k", "", "is missing"), "f: k: is missing"),
        (Mistake("VARIABLE", "", "", '"x"', "must be 2"), 'VARIABLE = "x": must be 2'),
        (Mistake("f", "", "", "", "cannot be read"), "f: cannot be read"),
    ],
)
def test_a_mistake_says_place_key_value_and_what_would_be_right(mistake: Mistake, text: str) -> None:
    assert str(mistake) == text


def test_the_nearest_name_is_offered_and_else_all_of_them() -> None:
    assert did_you_mean("Prot", ["port", "parity"]) == "did you mean 'port'?"
    assert did_you_mean("zzz", ["port", "parity"]) == "known are: parity, port"


@pytest.mark.parametrize(("value", "text"), [(True, "true"), ("a", '"a"'), (1.5, "1.5"), (None, ""), ([1], "[1]")])
def test_a_value_is_spelled_as_in_the_file(value: object, text: str) -> None:
    assert spelled(value) == text
