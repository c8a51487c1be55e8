"""The entries of the registry: who can take part in a payment (sandbox.md, "Registry")."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pos_app.sandbox.shapes import FiscalCodeText, Pattern, ShapeError, Text35, Text70, Text140, text_of

Password = Annotated[str, text_of(8, 15)]
Iban = Annotated[str, Pattern(r"[a-zA-Z]{2}[0-9]{2}[a-zA-Z0-9]{1,30}", "an IBAN")]
TwoDigits = Annotated[str, Pattern(r"[0-9]{2}", "two digits")]
HttpAddress = Annotated[
    str,
    Pattern(r"https?://(\[[0-9a-fA-F:.]+\]|[^\s/:?#@\[\]]+)(:[0-9]{1,5})?(/\S*)?", "an http or https address"),
]
TransferType = Literal["POSTAL", "PAGOPA"]
POSTAL_ABI = "07601"  # an IBAN with it is a postal account (pagopa.md 2.6)


@dataclass(frozen=True)
class Psp:
    """A payment service provider; `transfer_type` is what the Node puts into paGetPayment for it."""

    id: Text35
    fiscal_code: Text70
    name: Text70
    enabled: bool = True
    transfer_type: TransferType | None = None


@dataclass(frozen=True)
class PspBroker:
    """A PSP's technical broker; `extended_faults`: it gets the EC's own fault in the original* fields."""

    id: Text35
    enabled: bool = True
    extended_faults: bool = True


@dataclass(frozen=True)
class Channel:
    """A channel of a PSP at a broker, with its SOAP password."""

    id: Text35
    psp: Text35
    broker: Text35
    password: Password
    enabled: bool = True
    payment_type: Literal["ATTIVATO_PRESSO_PSP", "IMMEDIATO", "IMMEDIATO_MULTIBENEFICIARIO"] = "ATTIVATO_PRESSO_PSP"


@dataclass(frozen=True)
class CreditorInstitution:
    """A creditor institution (EC) and the accounts that the Node knows of it."""

    fiscal_code: FiscalCodeText
    name: Text140
    enabled: bool = True
    ibans: tuple[Iban, ...] = ()

    @property
    def postal_iban(self) -> str | None:
        """Its first postal account: the one printed in the Data Matrix."""
        return next((iban for iban in self.ibans if is_postal(iban)), None)

    @property
    def iban(self) -> str | None:
        """The account for anybody: the first that is not postal, else the first."""
        return next((iban for iban in self.ibans if not is_postal(iban)), self.postal_iban)


@dataclass(frozen=True)
class PaBroker:
    """A creditor institution's technical broker."""

    id: Text35
    enabled: bool = True


@dataclass(frozen=True)
class Station:
    """Where an EC is reached; `url` None: the sandbox's own EC. `segregation_code`: the application code for aux 0."""

    id: Text35
    broker: Text35
    creditor: FiscalCodeText
    aux_digit: Literal[0, 1, 2, 3]
    segregation_code: TwoDigits | None = None
    enabled: bool = True
    model: Literal["current", "legacy"] = "current"
    get_payment_version: Literal[1, 2] = 2
    receipt_version: Literal[1, 2] = 2
    url: HttpAddress | None = None

    def __post_init__(self) -> None:
        """Refuse a station that no notice number could lead to."""
        if (self.aux_digit in (0, 3)) != (self.segregation_code is not None):
            needs = "two digits" if self.aux_digit in (0, 3) else "null"
            raise ShapeError(
                f"segregation_code must be {needs} for aux_digit {self.aux_digit}, not {self.segregation_code!r}"
            )


@dataclass(frozen=True)
class Terminal:
    """A terminal that the PSP backend lets in: HTTP Basic with its id and `secret`."""

    id: Text35
    psp: Text35
    channel: Text35
    secret: Text140


def is_postal(iban: str) -> bool:
    """Whether an Italian IBAN is a postal account: its ABI is 07601 (pagopa.md 2.6)."""
    return iban.replace(" ", "").upper()[5:10] == POSTAL_ABI
