"""Settings come from the file and its environment twins; every mistake of both is said at once."""

import json
from collections.abc import Mapping
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest

from pos_app.domain.fees import FeeRule
from pos_app.settings import Settings, SettingsError, load, require_own_values, schema

NOWHERE = Path("/nonexistent/settings.toml")
HOME: dict[str, str] = {"HOME": "/home/till"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With the secrets that OWN names."""
    for name, text in {"terminal-secret": "s3cr3t", "psp-password": "pa55w0rd\n"}.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    (tmp_path / "psp-ca.pem").write_text("certificates")
    return tmp_path


OWN = """
[terminal]
id = "SHOP0007"
profile = "counter-x86-ingenico"
language = "sl"
state_dir = "/srv/till"

[merchant]
name = "Tabacchi Rossi"
address = "Via Roma 1, 34100 Trieste"
vat_number = "98765432109"

[psp]
url = "https://pos.example/psp"
terminal_secret = { credential = "terminal-secret" }
headers = { Ocp-Apim-Subscription-Key = { credential = "terminal-secret" }, X-Till = "7" }
id = "PSP_1"
broker_id = "BROKER_1"
channel_id = "CHANNEL_1"
fiscal_code = "12345678901"
name = "Banca Vera"
password = { file = "FOLDER/psp-password" }
ca_bundle = "FOLDER/psp-ca.pem"
api_version = 1
token_seconds = 900
verify_first = false
late_outcome = "refund"

[fee]
fixed = 200
percent = "0.25"
maximum = 300

[ui]
port = 9000
citizen_screen = false
"""


def settings_of(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> Settings:
    path = folder / "settings.toml"
    path.write_text(text.replace("FOLDER", str(folder)), "utf-8")
    return load(path, {"CREDENTIALS_DIRECTORY": str(folder), **HOME, **(environ or {})})


def mistakes_of(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        settings_of(folder, text, environ)
    assert caught.value.exit_code == 5
    return str(caught.value).replace(f"{folder}/settings.toml", "").splitlines()


def test_without_a_file_they_are_those_of_the_sandboxs_registry() -> None:
    settings = load(environ=HOME, default=NOWHERE)
    assert (settings.terminal.id, settings.terminal.profile, settings.terminal.language) == (
        "T0000001",
        "simulator",
        "it",
    )
    psp = settings.psp
    assert (psp.id, psp.broker_id, psp.channel_id) == ("70000000001", "70000000001", "70000000001_01")
    assert (psp.fiscal_code, psp.name, psp.url, psp.test) == ("70000000001", "Banca di Prova", None, False)
    assert psp.terminal_secret is not None
    assert (psp.terminal_secret.get_secret_value(), psp.password.get_secret_value()) == ("sandbox", "pwdpwdpwd")
    assert (psp.api_version, psp.token_seconds, psp.verify_first, psp.late_outcome) == (2, 1800, True, "settle")
    assert settings.fee.rule == FeeRule(fixed=150)
    assert (settings.ui.port, settings.ui.citizen_screen) == (8470, True)


def test_the_sandboxs_registry_knows_the_built_in_terminal() -> None:
    registry = json.loads((files("pos_app.sandbox") / "data/registry.json").read_text("utf-8"))
    settings = load(environ=HOME, default=NOWHERE)
    psp = settings.psp
    secret = psp.terminal_secret.get_secret_value() if psp.terminal_secret else None
    terminal = {"id": settings.terminal.id, "psp": psp.id, "channel": psp.channel_id, "secret": secret}
    assert terminal in registry["terminals"]
    channels = {channel["id"]: channel for channel in registry["channels"]}
    assert channels[psp.channel_id].items() >= {
        ("psp", psp.id),
        ("broker", psp.broker_id),
        ("password", psp.password.get_secret_value()),
    }
    assert (psp.fiscal_code, psp.name) in [(each["fiscal_code"], each["name"]) for each in registry["psps"]]


def test_the_file_rules(folder: Path) -> None:
    settings = settings_of(folder, OWN)
    assert (settings.terminal.id, settings.terminal.state_dir) == ("SHOP0007", Path("/srv/till"))
    assert settings.merchant.vat_number == "98765432109"
    assert settings.psp.url == "https://pos.example/psp"
    assert settings.psp.password.get_secret_value() == "pa55w0rd"
    assert {name: value.get_secret_value() for name, value in settings.psp.headers.items()} == {
        "Ocp-Apim-Subscription-Key": "s3cr3t",
        "X-Till": "7",
    }
    assert settings.psp.ca_bundle == folder / "psp-ca.pem"
    assert settings.fee.rule == FeeRule(fixed=200, percent=Decimal("0.25"), maximum=300)
    assert (settings.ui.port, settings.psp.verify_first, settings.psp.late_outcome) == (9000, False, "refund")


def test_the_default_file_is_read_when_none_is_named(folder: Path) -> None:
    (folder / "settings.toml").write_text("[ui]\nport = 1\n")
    assert load(environ=HOME, default=folder / "settings.toml").ui.port == 1


def test_a_twin_in_the_environment_wins_over_the_file(folder: Path) -> None:
    (folder / "other-password").write_text("0th3r")
    (folder / "other-password").chmod(0o400)
    twins = {
        "POS_TERMINAL__TERMINAL__ID": "123",
        "POS_TERMINAL__MERCHANT__NAME": "true",
        "POS_TERMINAL__PSP__PASSWORD_FILE": str(folder / "other-password"),
        "POS_TERMINAL__PSP__API_VERSION": "2",
        "POS_TERMINAL__PSP__VERIFY_FIRST": "true",
        "POS_TERMINAL__PSP__HEADERS": '{ X-Till = "8" }',
        "POS_TERMINAL__FEE__PERCENT": "1.5",
        "POS_TERMINAL__FEE__MAXIMUM": "400",
        "POS_TERMINAL__UI__PORT": "0",
        "POS_TERMINAL_UNRELATED": "x",
    }
    settings = settings_of(folder, OWN, twins)
    assert (settings.terminal.id, settings.merchant.name) == ("123", "true")
    assert settings.psp.password.get_secret_value() == "0th3r"
    assert (settings.psp.api_version, settings.psp.verify_first, settings.ui.port) == (2, True, 0)
    assert list(settings.psp.headers) == ["X-Till"]
    assert settings.fee.rule == FeeRule(fixed=200, percent=Decimal("1.5"), maximum=400)


def test_each_value_says_where_it_comes_from(folder: Path) -> None:
    settings = settings_of(folder, "[ui]\nport = 1\n", {"POS_TERMINAL__TERMINAL__LANGUAGE": "de"})
    assert settings.origins["ui.port"] == f"{folder}/settings.toml:2"
    assert settings.origins["terminal.language"] == "POS_TERMINAL__TERMINAL__LANGUAGE"
    assert settings.origins["ui.citizen_screen"] == "built in"
    assert settings.origins["merchant.name"] == "built in, for simulated devices only"
    assert {line.key for line in settings.shown()} == set(settings.origins)
    assert next(line for line in settings.shown() if line.key == "ui.port").value == "1"


def test_every_mistake_is_said_at_once_with_its_place(folder: Path) -> None:
    text = """\
[terminal]
id = "T:1"
langage = "de"
state_dir = "till"
[merchant]
vat_number = 123
name = " "
[psp]
url = "http://pos.example/psp"
token_seconds = 10
api_version = 3
late_outcome = "keep"
verify_first = "yes"
ca_bundle = "/nonexistent"
fiscal_code = "123"
headers = { a = 3 }
[fee]
fixed = -1
percent = "1,5"
[iu]
port = 1
[ui]
port = 70000
"""
    assert mistakes_of(folder, text) == [
        ':2: [terminal] id = "T:1": must be 1 to 35 letters, digits, dashes or underscores',
        ":3: [terminal] langage: there is no such key; did you mean 'language'?",
        ':4: [terminal] state_dir = "till": must be an absolute path in quotes',
        ":6: [merchant] vat_number = 123: must be text in quotes",
        ':7: [merchant] name = " ": must not be empty',
        (
            ':9: [psp] url = "http://pos.example/psp": '
            "must begin with https:// (plain http only on this machine, or with test = true)"
        ),
        ":10: [psp] token_seconds = 10: must be at least 420",
        ":11: [psp] api_version = 3: must be 1 or 2",
        ":12: [psp] late_outcome = \"keep\": must be 'settle' or 'refund'",
        ':13: [psp] verify_first = "yes": must be true or false',
        (
            ':14: [psp] ca_bundle = "/nonexistent": '
            "must name a file that we can read: /nonexistent: No such file or directory"
        ),
        ':15: [psp] fiscal_code = "123": must be 11 digits in quotes',
        (
            ':16: [psp] headers: must be { credential = "name" } or { file = "/path" }: '
            "a secret does not stand in the open"
        ),
        ":18: [fee] fixed = -1: must be at least 0",
        ':19: [fee] percent = "1,5": must be a number in quotes, as in "1.50"',
        ":20: [iu]: there is no such table; known are: fee, merchant, psp, terminal, ui",
        ":23: [ui] port = 70000: must be at most 65535",
    ]


def test_mistakes_in_the_environment_are_said_with_those_of_the_file(folder: Path) -> None:
    twins = {
        "POS_TERMINAL__UI__PORT": "eighty",
        "POS_TERMINAL__UI__PROT": "80",
        "POS_TERMINAL__ANYTHING": "x",
        "POS_TERMINAL__PSP__TOKEN_SECONDS": "1801",
    }
    assert mistakes_of(folder, "[ui]\ncitizen_screen = 1\n", twins) == [
        ":2: [ui] citizen_screen = 1: must be true or false",
        "POS_TERMINAL__ANYTHING: there is no such setting",
        "POS_TERMINAL__PSP__TOKEN_SECONDS = 1801: must be at most 1800",
        'POS_TERMINAL__UI__PORT = "eighty": must be a whole number',
        "POS_TERMINAL__UI__PROT: there is no such setting; did you mean POS_TERMINAL__UI__PORT?",
    ]


@pytest.mark.parametrize(
    ("psp", "sentence"),
    [
        ('url = "pos.example"', "must be an address like https://pos.example/psp"),
        ('url = "ftp://pos.example/psp"', "must be an address like https://pos.example/psp"),
        ('url = "https://pos.example/psp?key=1"', "must carry no user, password, query or fragment"),
    ],
)
def test_an_address_that_cannot_be_is_refused(folder: Path, psp: str, sentence: str) -> None:
    assert sentence in mistakes_of(folder, f"[psp]\n{psp}\n")[0]


@pytest.mark.parametrize(
    "psp",
    [
        'url = "http://127.0.0.1:8480/psp"',
        'url = "http://[::1]:8480/psp"',
        'url = "http://localhost:8480/psp"',
        'url = "http://bench.example/psp"\ntest = true',
    ],
)
def test_plain_http_is_for_this_machine_and_for_the_bench(folder: Path, psp: str) -> None:
    assert (settings_of(folder, f"[psp]\n{psp}\n").psp.url or "").startswith("http://")


def test_a_table_must_be_a_table(folder: Path) -> None:
    assert mistakes_of(folder, "ui = 3\n") == [":1: [ui]: must be a table"]


def test_a_ceiling_below_the_fixed_fee_is_refused(folder: Path) -> None:
    assert mistakes_of(folder, "[fee]\nfixed = 200\nmaximum = 100\n") == [
        ":3: [fee] maximum = 100: must be at least the fixed part, 200"
    ]


def test_a_file_that_is_no_toml_or_not_there_is_said(folder: Path) -> None:
    (sentence,) = mistakes_of(folder, "[ui]\nport = = 1\n")
    assert sentence.startswith(":2: this is not TOML: ")
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        load(folder / "none.toml", HOME)
    (folder / "latin.toml").write_bytes(b"\xe8")
    with pytest.raises(SettingsError, match="it is not UTF-8 text"):
        load(folder / "latin.toml", HOME)


def test_the_sandboxs_values_do_not_serve_real_devices(folder: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        require_own_values(settings_of(folder, '[merchant]\nname = "Tabacchi"\n[fee]\npercent = "1"\n'))
    missing = {f"{mistake.table}.{mistake.key}" for mistake in caught.value.mistakes}
    assert {"terminal.id", "merchant.address", "psp.password", "psp.terminal_secret", "psp.id"} <= missing
    assert not missing & {"merchant.name", "fee.fixed", "terminal.profile", "psp.url"}
    require_own_values(settings_of(folder, OWN))


def test_a_fee_is_never_taken_from_a_citizen_because_nobody_set_one() -> None:
    with pytest.raises(SettingsError, match=r"\[fee\] fixed: must be set for real devices"):
        require_own_values(load(environ=HOME, default=NOWHERE))


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({"STATE_DIRECTORY": "/var/lib/a:/var/lib/b", "XDG_STATE_HOME": "/x"}, "/var/lib/a"),
        ({"XDG_STATE_HOME": "/x"}, "/x/pos-terminal"),
        ({}, "/home/till/.local/state/pos-terminal"),
    ],
)
def test_state_is_kept_where_the_system_or_the_user_keeps_it(environ: dict[str, str], wanted: str) -> None:
    settings = load(environ=HOME | environ, default=NOWHERE, own_state_dir=Path("/nonexistent"))
    assert settings.terminal.state_dir == Path(wanted)


def test_state_is_kept_in_the_systems_folder_once_that_is_ours(tmp_path: Path) -> None:
    assert load(environ=HOME, default=NOWHERE, own_state_dir=tmp_path).terminal.state_dir == tmp_path


def test_the_schema_names_every_table_and_lets_nothing_else_in() -> None:
    shape = schema()
    assert set(shape["properties"]) == {"terminal", "merchant", "psp", "fee", "ui"}
    assert not shape["additionalProperties"]
    assert not shape["properties"]["psp"]["additionalProperties"]
