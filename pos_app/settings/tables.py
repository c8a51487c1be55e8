"""The settings file's tables and keys (interfaces.md, "Settings"), each with what belongs there."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from pos_app.domain.fees import FeeRule
from pos_app.settings.kinds import (
    CentsAmount,
    ElevenDigits,
    Folder,
    Headers,
    Identifier,
    Percentage,
    ReadableFile,
    Secret,
    SecretFile,
    Words,
    safe_url,
)


class Table(BaseModel):
    """A table of the file: nothing is guessed or converted, no other key is allowed."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", hide_input_in_errors=True)


class TerminalSettings(Table):
    """Which terminal this is."""

    id: Annotated[Identifier, Field(description="the terminal's id at the PSP")]
    profile: Words = "simulator"  # a hardware profile's name or path
    language: Literal["it", "de", "fr", "sl", "en"] = "it"
    shared_reader: bool = False  # others charge on this card reader too: its memory then says nothing about our journal
    state_dir: Annotated[Folder, Field(description="where journal and receipts are kept")]


class MerchantSettings(Table):
    """Who stands on the receipts."""

    name: Annotated[Words, Field(description="the merchant's name")]
    address: Annotated[Words, Field(description="street, postal code and town")]
    vat_number: Annotated[ElevenDigits, Field(description="the merchant's VAT number, 11 digits")]


class PspSettings(Table):
    """The PSP's backend, and how we present ourselves to it. Without `url` it is the embedded sandbox."""

    test: bool = False
    url: Annotated[str | None, Field(description="the PSP backend's https address")] = None
    terminal_secret: Annotated[Secret | None, Field(description="the terminal's password at the PSP's backend")] = None
    headers: Headers = Field(default_factory=dict)
    id: Annotated[Identifier, Field(description="idPSP")]
    broker_id: Annotated[Identifier, Field(description="idBrokerPSP")]
    channel_id: Annotated[Identifier, Field(description="idChannel")]
    fiscal_code: Annotated[ElevenDigits, Field(description="the PSP's fiscal code, prefix of the idempotency keys")]
    name: Annotated[Words, Field(description="the PSP's name, as receipts say it")]
    password: Annotated[Secret, Field(description="the channel's password")]
    ca_bundle: ReadableFile | None = None
    client_certificate: SecretFile | None = None
    api_version: Literal[1, 2] = 2
    # Below seven minutes no card could ever start: the reader's limit and the first three outcome tries come first.
    token_seconds: Annotated[int, Field(ge=420, le=1800)] = 1800
    verify_first: bool = True
    late_outcome: Literal["settle", "refund"] = "settle"

    @field_validator("url")
    @classmethod
    def _is_safe(cls, url: str | None, info: ValidationInfo) -> str | None:
        return None if url is None else safe_url(url, in_the_open=info.data.get("test", False))


class FeeSettings(Table):
    """The citizen's commission, in cents."""

    fixed: Annotated[CentsAmount, Field(description="cents on every payment, 0 for none")] = 0
    percent: Percentage = Decimal(0)
    maximum: CentsAmount | None = None

    @field_validator("maximum")
    @classmethod
    def _is_not_below_fixed(cls, maximum: int | None, info: ValidationInfo) -> int | None:
        fixed = info.data.get("fixed", 0)
        if maximum is not None and maximum < fixed:
            raise ValueError(f"must be at least the fixed part, {fixed}")
        return maximum

    @property
    def rule(self) -> FeeRule:
        """As the domain computes it."""
        return FeeRule(fixed=self.fixed, percent=self.percent, maximum=self.maximum)


class UiSettings(Table):
    """The screens, served on the loopback. Port 0: a free one."""

    port: Annotated[int, Field(ge=0, le=65535)] = 8470
    citizen_screen: bool = True


TABLES: Mapping[str, type[Table]] = {
    "terminal": TerminalSettings,
    "merchant": MerchantSettings,
    "psp": PspSettings,
    "fee": FeeSettings,
    "ui": UiSettings,
}


def schema() -> dict[str, Any]:
    """The JSON schema of the settings file."""
    return {
        "type": "object",
        "properties": {name: model.model_json_schema() for name, model in TABLES.items()},
        "additionalProperties": False,
    }
