"""A terminal model: which drivers, with which options. See `load`."""

from dataclasses import dataclass
from typing import Any

DEVICES = ("card_reader", "scanner", "printer")
DOUBLE = "double:"  # as a port: composition starts the simulator and gives the driver its pseudo-terminal


@dataclass(frozen=True)
class Device:
    """One device: the driver's name and that driver's own options."""

    driver: str
    options: Any

    @property
    def is_double(self) -> bool:
        """Whether the port names a simulator instead of a device."""
        return str(getattr(self.options, "port", "")).startswith(DOUBLE)

    @property
    def double_script(self) -> str:
        """The file after `double:` that tells the simulator what to do; "" where there is none."""
        return str(self.options.port).removeprefix(DOUBLE) if self.is_double else ""


@dataclass(frozen=True)
class HardwareProfile:
    """A checked profile. `source` is the file that it came from."""

    name: str
    description: str
    card_reader: Device
    scanner: Device
    printer: Device
    source: str
