"""The kinds of values that settings are made of; each says in words what it wants."""

import ipaddress
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo

from pos_app.settings.secrets import absolute, read_secret, readable, secret_path


def _words(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    return text


def _decimal(value: object) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError('must be a number in quotes, as in "1.50"') from error


def _header_values(value: object, info: ValidationInfo) -> object:
    if not isinstance(value, Mapping):
        return value  # refused by its type
    return {name: SecretStr(text) if isinstance(text, str) else read_secret(text, info) for name, text in value.items()}


def _identifier(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,35}", text):
        raise ValueError("must be 1 to 35 letters, digits, dashes or underscores")
    return text


def _eleven_digits(text: str) -> str:
    if not re.fullmatch(r"[0-9]{11}", text):
        raise ValueError("must be 11 digits in quotes")
    return text


Words = Annotated[str, AfterValidator(_words)]
Identifier = Annotated[str, AfterValidator(_identifier)]
ElevenDigits = Annotated[str, AfterValidator(_eleven_digits)]
CentsAmount = Annotated[int, Field(ge=0, le=99_999_999)]
Secret = Annotated[SecretStr, BeforeValidator(read_secret)]
SecretFile = Annotated[Path, BeforeValidator(secret_path)]
ReadableFile = Annotated[Path, BeforeValidator(readable)]
Folder = Annotated[Path, BeforeValidator(absolute)]
Headers = Annotated[dict[str, SecretStr], BeforeValidator(_header_values)]
Percentage = Annotated[Decimal, BeforeValidator(_decimal), Field(ge=0, le=100)]


def safe_url(url: str, *, in_the_open: bool) -> str:
    """An address without credentials, encrypted unless it is on this machine or `in_the_open`. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an address like https://pos.example/psp")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("must carry no user, password, query or fragment: credentials have keys of their own")
    if parts.scheme == "http" and not in_the_open and not _is_loopback(parts.hostname):
        raise ValueError("must begin with https:// (plain http only on this machine, or with test = true)")
    return url


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
