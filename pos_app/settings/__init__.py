"""What this terminal was told about itself: settings.toml, its environment twins, its secrets."""

from pos_app.settings.loader import SettingsError, load, require_own_values
from pos_app.settings.model import Settings, ShownValue
from pos_app.settings.tables import (
    FeeSettings,
    MerchantSettings,
    PspSettings,
    TerminalSettings,
    UiSettings,
    schema,
)

__all__ = [
    "FeeSettings",
    "MerchantSettings",
    "PspSettings",
    "Settings",
    "SettingsError",
    "ShownValue",
    "TerminalSettings",
    "UiSettings",
    "load",
    "require_own_values",
    "schema",
]
