"""Where the PSP's backend is and how this terminal presents itself to it (interfaces.md [psp])."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

# What the transport or the HTTP library decides; an extra header of these names could break the framing or the login.
_RESERVED_HEADERS = frozenset(
    {
        "accept-encoding",
        "authorization",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "cookie",
        "expect",
        "host",
        "soapaction",
        "te",
        "transfer-encoding",
        "upgrade",
    },
)


@dataclass(frozen=True)
class Endpoint:
    """The PSP backend's address and this terminal's credentials. Raises ValueError, which never quotes a secret.

    `client_certificate` is a PEM file with the certificate and its key. Without `ca_bundle` the public authorities
    that ship with requests are trusted. With `terminal_secret` the terminal logs in by HTTP Basic.
    """

    url: str
    terminal_id: str = ""
    terminal_secret: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False, hash=False)
    ca_bundle: Path | None = None
    client_certificate: Path | None = None

    def __post_init__(self) -> None:
        """Refuse what would only fail at the first call."""
        _check_url(self.url)
        for name, value in self.headers.items():
            _check_header(name, value)
        if ":" in self.terminal_id:
            raise ValueError("The terminal's id must not hold a colon: HTTP Basic could not carry it.")

    def authorization(self) -> dict[str, str]:
        """The HTTP Basic header, where the terminal has a secret."""
        if not self.terminal_secret:
            return {}
        pair = f"{self.terminal_id}:{self.terminal_secret}".encode()
        return {"Authorization": f"Basic {b64encode(pair).decode('ascii')}"}

    def wsdl_url(self) -> str:
        """Where the backend answers its WSDL: a GET that does nothing."""
        return f"{self.url}{'&' if urlsplit(self.url).query else '?'}wsdl"


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable or not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("The PSP's url must be https://HOST[:PORT]/PATH, or http:// for a sandbox.")
    if "@" in parts.netloc or parts.fragment:
        raise ValueError("The PSP's url must hold neither a user name nor a fragment.")


def _check_header(name: str, value: str) -> None:
    token = name.replace("-", "").replace("_", "")
    if not (token.isascii() and token.isalnum()) or name.lower() in _RESERVED_HEADERS:
        raise ValueError(f"The extra header {name!r} cannot be set: it is reserved or not a header's name.")
    if not (value.isascii() and value.isprintable()) or value != value.strip():
        raise ValueError(f"The value of the extra header {name!r} must be printable ASCII without outer spaces.")
