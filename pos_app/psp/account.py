"""Who the PSP's backend takes this terminal for: the head of every request (pagopa.md 2.4, interfaces.md [psp])."""

from dataclasses import dataclass, field

_API_VERSIONS = (1, 2)


@dataclass(frozen=True)
class PspAccount:
    """idPSP, idBrokerPSP, idChannel and the password; `api_version` 2 for the V2 primitives, 1 for the first ones.

    Raises ValueError in one sentence, which never quotes the password.
    """

    id: str
    broker_id: str
    channel_id: str
    password: str = field(repr=False)
    api_version: int = 2

    def __post_init__(self) -> None:
        """Refuse what the schema would refuse at every call."""
        for name in ("id", "broker_id", "channel_id"):
            if not 1 <= len(getattr(self, name)) <= 35 or not getattr(self, name).isprintable():
                raise ValueError(f"The PSP's {name} must have 1 to 35 printable characters.")
        if not 8 <= len(self.password) <= 15 or not self.password.isprintable():
            raise ValueError("The PSP's password must have 8 to 15 printable characters.")
        if self.api_version not in _API_VERSIONS:
            raise ValueError(f"The PSP's api_version must be 1 or 2, not {self.api_version!r}.")
