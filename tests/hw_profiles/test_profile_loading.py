"""A hardware profile is found, checked, and every mistake in it is said at once."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from drivers import registry
from hw_profiles import ProfileError, load, names, schema


class Proof(enum.StrEnum):
    AUTO = "auto"
    NONE = "none"


@dataclass(frozen=True)
class ReaderOptions:
    port: str
    terminal_id: str = "00000000"
    cash_register_id: str = "00000001"
    baudrate: int = 9600
    lrc: Literal["frame", "payload"] = "frame"
    extended_result: bool = True
    print_on: str = "ecr"
    baseline: str = "g+t"

    def __post_init__(self) -> None:
        if len(self.terminal_id) != 8:
            raise ValueError(f"terminal_id must be 8 digits, not {self.terminal_id!r}")
        if self.baudrate not in {1200, 9600}:
            raise ValueError(f"baudrate = {self.baudrate}: must be 1200 or 9600")
        if self.baudrate == 1200 and self.extended_result:
            raise ValueError("this line is too slow")


@dataclass(frozen=True)
class CameraOptions:
    device: str | int
    width: int = 640
    height: int = 480


@dataclass(frozen=True)
class ImagesOptions:
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class PrinterOptions:
    port: str
    baudrate: int = 19200
    columns: int = 48
    code_page: str = "CP858"
    stopbits: float = 1
    proof: Proof = Proof.AUTO
    lines: tuple[int, ...] = field(default_factory=tuple)


OPTIONS: Mapping[str, Mapping[str, type]] = {
    "card_reader": {"ecr17": ReaderOptions},
    "scanner": {"images": ImagesOptions, "camera": CameraOptions},
    "printer": {"escpos": PrinterOptions},
}

GOOD = """
name = "bench"
description = "On the bench"

[card_reader]
driver = "ecr17"
port = "/dev/pos/reader"

[scanner]
driver = "images"

[printer]
driver = "escpos"
port = "/dev/pos/printer"
"""


def written(folder: Path, text: str, name: str = "bench") -> str:
    path = folder / f"{name}.toml"
    path.write_text(text, "utf-8")
    return str(path)


def mistakes_in(folder: Path, text: str) -> list[str]:
    path = written(folder, text)
    with pytest.raises(ProfileError) as caught:
        load(path, OPTIONS)
    assert caught.value.exit_code == 5
    assert str(caught.value) == "\n".join(str(mistake) for mistake in caught.value.mistakes)
    return [str(mistake).removeprefix(path) for mistake in caught.value.mistakes]


def test_each_device_gets_its_drivers_own_options(tmp_path: Path) -> None:
    text = GOOD + 'columns = 42\nstopbits = 2\nproof = "none"\nlines = [1, 2]\n'
    profile = load(written(tmp_path, text), OPTIONS)
    assert (profile.name, profile.description) == ("bench", "On the bench")
    assert profile.card_reader.driver == "ecr17"
    assert profile.card_reader.options == ReaderOptions(port="/dev/pos/reader")
    assert profile.scanner.options == ImagesOptions()
    assert profile.printer.options == PrinterOptions(
        port="/dev/pos/printer", columns=42, stopbits=2.0, proof=Proof.NONE, lines=(1, 2)
    )


@pytest.mark.parametrize("device", ['"/dev/pos/camera"', "0"])
def test_an_option_may_be_text_or_a_number(tmp_path: Path, device: str) -> None:
    text = GOOD.replace('driver = "images"', f'driver = "camera"\ndevice = {device}')
    assert load(written(tmp_path, text), OPTIONS).scanner.options.device == (0 if device == "0" else "/dev/pos/camera")


def test_every_mistake_is_said_at_once_with_its_place(tmp_path: Path) -> None:
    text = """\
name = 3
descripton = "On the bench"
[card_reader]
driver = "ecr17"
prot = "/dev/pos/reader"
baudrate = "9600"
lrc = "fram"
extended_result = 1
[scanner]
driver = "camera"
device = 1.5
[printer]
driver = "escpos"
port = "/dev/pos/printer"
columns = 48.5
stopbits = "one"
proof = "maybe"
lines = [1, "2"]
[cash_drawer]
"""
    assert mistakes_in(tmp_path, text) == [
        ": description: is missing: text in quotes",
        ":1: name = 3: must be text in quotes",
        ":2: descripton: there is no such name here; did you mean 'description'?",
        ":3: [card_reader] port: is missing: text in quotes",
        ":5: [card_reader] prot: there is no such key; did you mean 'port'?",
        ':6: [card_reader] baudrate = "9600": must be a whole number',
        ":7: [card_reader] lrc = \"fram\": must be 'frame' or 'payload'",
        ":8: [card_reader] extended_result = 1: must be true or false",
        ":11: [scanner] device = 1.5: must be text in quotes or a whole number",
        ":15: [printer] columns = 48.5: must be a whole number",
        ':16: [printer] stopbits = "one": must be a number',
        ":17: [printer] proof = \"maybe\": must be 'auto' or 'none'",
        ':18: [printer] lines = "2": item 2 must be a whole number',
        ":19: [cash_drawer]: there is no such name here; known are: card_reader, description, name, printer, scanner",
    ]


def test_what_the_driver_itself_refuses_is_said_together_with_the_rest(tmp_path: Path) -> None:
    text = GOOD.replace('port = "/dev/pos/reader"', 'port = "x"\nterminal_id = "7"\nbaudrate = 50\nlcr = "frame"')
    assert mistakes_in(tmp_path, text) == [
        ':8: [card_reader] terminal_id = "7": must be 8 digits',
        ":9: [card_reader] baudrate = 50: must be 1200 or 9600",
        ":10: [card_reader] lcr: there is no such key; did you mean 'lrc'?",
    ]


def test_a_refusal_that_names_no_key_is_filed_under_its_table(tmp_path: Path) -> None:
    text = GOOD.replace('port = "/dev/pos/reader"', 'port = "x"\nbaudrate = 1200')
    assert mistakes_in(tmp_path, text) == [":5: [card_reader]: this line is too slow"]


def test_a_missing_table_and_an_unknown_driver_are_named(tmp_path: Path) -> None:
    text = GOOD.replace('driver = "images"', 'driver = "cammera"').replace("[printer]", "[printing]")
    assert mistakes_in(tmp_path, text) == [
        ": [printer]: the table is missing",
        ":10: [scanner] driver = \"cammera\": must be one of the drivers; did you mean 'camera'?",
        ":12: [printing]: there is no such name here; did you mean 'printer'?",
    ]


def test_a_table_without_a_driver_says_which_there_are(tmp_path: Path) -> None:
    text = GOOD.replace('driver = "images"\n', "")
    assert mistakes_in(tmp_path, text) == [
        ":9: [scanner] driver: must be one of the drivers; known are: camera, images"
    ]


def test_what_is_not_toml_is_said_with_its_line(tmp_path: Path) -> None:
    (sentence,) = mistakes_in(tmp_path, 'name = "x"\nport == 3\n')
    assert sentence.startswith(":2: this is not TOML: ")


def test_an_unfinished_file_is_said_with_its_last_line(tmp_path: Path) -> None:
    (sentence,) = mistakes_in(tmp_path, 'name = "x"\nports = [1,\n')
    assert "this is not TOML" in sentence


def test_a_file_that_is_not_there_or_no_text_is_said(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="cannot be read: No such file"):
        load(str(tmp_path / "none.toml"), OPTIONS)
    (tmp_path / "latin.toml").write_bytes(b'name = "caff\xe8"')
    with pytest.raises(ProfileError, match="it is not UTF-8 text"):
        load(str(tmp_path / "latin.toml"), OPTIONS)


def test_the_technicians_profile_wins_over_the_shipped_one_of_that_name(tmp_path: Path) -> None:
    written(tmp_path, GOOD.replace('"bench"', '"simulator"'), "simulator")
    assert load("simulator", OPTIONS, local=tmp_path).description == "On the bench"
    assert load("simulator", OPTIONS, local=tmp_path / "none").description != "On the bench"


def test_a_profile_is_called_like_its_file(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD, "shop")
    with pytest.raises(ProfileError, match=r"shop\.toml:2: name = \"bench\": must be the file's own name, 'shop'"):
        load("shop", OPTIONS, local=tmp_path)
    assert load(path, OPTIONS).name == "bench"


def test_an_unknown_name_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="did you mean 'simulator'"):
        load("simulater", OPTIONS, local=tmp_path)


def test_the_profiles_that_can_be_named_are_listed(tmp_path: Path) -> None:
    written(tmp_path, GOOD)
    assert names(tmp_path) == ("bench", "counter-x86-ingenico", "simulator")


@pytest.mark.parametrize("name", names(Path("/nonexistent")))
def test_every_shipped_profile_can_be_used(name: str, tmp_path: Path) -> None:
    assert load(name, OPTIONS, local=tmp_path).name == name


@pytest.mark.parametrize("name", ["simulator", "counter-x86-ingenico"])
def test_every_shipped_profile_fits_the_drivers_that_there_are(name: str, tmp_path: Path) -> None:
    assert load(name, registry.options(), local=tmp_path).name == name


def test_the_simulator_has_doubles_for_reader_and_printer_and_no_script(tmp_path: Path) -> None:
    profile = load("simulator", OPTIONS, local=tmp_path)
    assert (profile.card_reader.is_double, profile.scanner.is_double, profile.printer.is_double) == (True, False, True)
    assert profile.card_reader.double_script == ""


def test_a_double_may_be_told_by_a_script_how_to_behave(tmp_path: Path) -> None:
    profile = load(written(tmp_path, GOOD.replace("/dev/pos/reader", "double:declines.toml")), OPTIONS)
    assert (profile.card_reader.is_double, profile.card_reader.double_script) == (True, "declines.toml")
    assert (profile.printer.is_double, profile.printer.double_script) == (False, "")


def test_the_schema_has_one_shape_for_each_driver_and_lets_nothing_else_in() -> None:
    shape = schema(OPTIONS)
    drivers = [each["properties"]["driver"]["const"] for each in shape["properties"]["scanner"]["oneOf"]]
    assert drivers == ["camera", "images"]
    assert set(shape["required"]) == {"name", "description", "card_reader", "scanner", "printer"}
    assert not shape["additionalProperties"]
    assert not shape["properties"]["printer"]["oneOf"][0]["additionalProperties"]
