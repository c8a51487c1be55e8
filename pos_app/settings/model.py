"""The settings as the rest of the terminal gets them."""

from collections.abc import Mapping
from dataclasses import dataclass

from pos_app.settings.tables import (
    TABLES,
    FeeSettings,
    MerchantSettings,
    PspSettings,
    TerminalSettings,
    UiSettings,
)


@dataclass(frozen=True)
class ShownValue:
    """One line of `settings show`: a secret's value is masked, `origin` says who set it."""

    key: str
    value: str
    origin: str


@dataclass(frozen=True)
class Settings:
    """Everything that was set, checked. `origins` says for each `table.key` where its value comes from.

    `demonstration` are the keys whose value is the built-in one of the sandbox's registry: fit for doubles only.
    """

    terminal: TerminalSettings
    merchant: MerchantSettings
    psp: PspSettings
    fee: FeeSettings
    ui: UiSettings
    origins: Mapping[str, str]
    demonstration: tuple[str, ...] = ()

    def shown(self) -> tuple[ShownValue, ...]:
        """Every value with its origin; what is not set is shown empty."""
        return tuple(
            ShownValue(f"{table}.{key}", _shown(getattr(getattr(self, table), key)), self.origins[f"{table}.{key}"])
            for table, model in TABLES.items()
            for key in model.model_fields
        )


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return ", ".join(f"{name}: {secret}" for name, secret in value.items())
    return "" if value is None else str(value)
