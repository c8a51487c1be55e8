"""Secrets are read from files that only we can read, and never appear anywhere."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pos_app.settings import Settings, SettingsError, load

SECRET = "hunter2-hunter2"
HIDDEN = r"must be \{ credential = .* a secret does not stand in the open"


@pytest.fixture
def settings_of(tmp_path: Path) -> Callable[..., Settings]:
    def read(psp: str, environ: Mapping[str, str] | None = None) -> Settings:
        path = tmp_path / "settings.toml"
        path.write_text(f"[psp]\n{psp}\n".replace("FOLDER", str(tmp_path)))
        return load(path, {"HOME": "/home/till", "CREDENTIALS_DIRECTORY": str(tmp_path), **(environ or {})})

    return read


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text(f"{SECRET}\n")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("reference", ['{ credential = "secret" }', '{ file = "FOLDER/secret" }'])
def test_a_secret_is_read_from_a_credential_or_a_file(
    settings_of: Callable[..., Settings], secret: Path, reference: str
) -> None:
    psp = settings_of(f"password = {reference}").psp
    assert psp.password.get_secret_value() == SECRET


def test_a_secrets_twin_names_a_file(settings_of: Callable[..., Settings], secret: Path) -> None:
    settings = settings_of("", {"POS_TERMINAL__PSP__TERMINAL_SECRET_FILE": str(secret)})
    assert settings.psp.terminal_secret is not None
    assert settings.psp.terminal_secret.get_secret_value() == SECRET
    assert settings.origins["psp.terminal_secret"] == "POS_TERMINAL__PSP__TERMINAL_SECRET_FILE"


def test_a_certificate_is_a_private_file_and_replaces_the_built_in_secret(
    settings_of: Callable[..., Settings], secret: Path
) -> None:
    psp = settings_of('client_certificate = { credential = "secret" }').psp
    assert (psp.client_certificate, psp.terminal_secret) == (secret, None)


def test_no_secret_is_in_what_settings_print(settings_of: Callable[..., Settings], secret: Path) -> None:
    text = 'password = { credential = "secret" }\nterminal_secret = { file = "FOLDER/secret" }\n'
    settings = settings_of(text + f'headers = {{ Key = "{SECRET}", Other = {{ credential = "secret" }} }}')
    printed = [repr(settings), str(settings), repr(settings.psp), str(settings.psp), repr(settings.shown())]
    printed += [settings.psp.model_dump_json(), repr(settings.psp.model_dump())]
    assert [text for text in printed if SECRET in text] == []
    assert settings.psp.headers["Key"].get_secret_value() == SECRET


@pytest.mark.parametrize(
    "psp",
    [
        f'password = "{SECRET}"',
        f'pasword = "{SECRET}"',
        f'password = {{ credentail = "{SECRET}" }}',
        f'password = {{ credential = "x", file = "{SECRET}" }}',
        f'headers = "{SECRET}"',
        f'headers = {{ Key = ["{SECRET}"] }}',
        f'url = "https://till:{SECRET}@pos.example/psp"',
        f'client_certificate = "{SECRET}"',
        f"terminal_secret = '''{SECRET}\n'''",
    ],
)
def test_no_secret_is_in_a_complaint(settings_of: Callable[..., Settings], psp: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings_of(psp)
    assert caught.value.mistakes
    assert SECRET not in repr(caught.value) + str(caught.value) + repr(caught.value.mistakes)


def test_a_secret_in_the_environment_itself_is_refused(settings_of: Callable[..., Settings]) -> None:
    with pytest.raises(SettingsError, match="name its file with POS_TERMINAL__PSP__PASSWORD_FILE") as caught:
        settings_of("", {"POS_TERMINAL__PSP__PASSWORD": SECRET})
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610])
def test_a_file_that_others_can_reach_is_refused(settings_of: Callable[..., Settings], secret: Path, mode: int) -> None:
    secret.chmod(mode)
    with pytest.raises(SettingsError, match=f"nobody else can read: chmod 600 {secret}"):
        settings_of('password = { file = "FOLDER/secret" }')


@pytest.mark.parametrize(
    ("psp", "sentence"),
    [
        ('password = "open"', HIDDEN),
        ("password = 3", HIDDEN),
        ("password = {}", HIDDEN),
        ('password = { credential = "../secret" }', "must name a credential by letters, digits, dots and dashes"),
        ('password = { credential = "none" }', "must name a file that we can read: .*/none: No such file or directory"),
        ('password = { file = "secret" }', "must be an absolute path in quotes"),
        ('password = { file = "FOLDER/empty" }', "must name a file with one line in it: .*/empty"),
        ('password = { file = "FOLDER/lines" }', "must name a file with one line in it: .*/lines"),
        ('password = { file = "FOLDER/binary" }', "must name a text file: .*/binary is not UTF-8 text"),
        ('password = { file = "FOLDER" }', "must name a file that we can read: .*: Is a directory"),
    ],
)
def test_a_secret_that_cannot_be_read_is_said(
    settings_of: Callable[..., Settings], tmp_path: Path, psp: str, sentence: str
) -> None:
    for name, data in {"empty": b"\n", "lines": b"a\nb\n", "binary": b"\xff"}.items():
        (tmp_path / name).write_bytes(data)
        (tmp_path / name).chmod(0o600)
    with pytest.raises(SettingsError, match=rf"settings\.toml:2: \[psp\] password: {sentence}"):
        settings_of(psp)


def test_a_credential_without_systemd_is_said(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('[psp]\npassword = { credential = "psp-password" }\n')
    with pytest.raises(SettingsError, match="names the credential 'psp-password', but systemd gave us none"):
        load(tmp_path / "settings.toml", {"HOME": "/home/till"})
