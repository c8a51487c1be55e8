"""Which drivers there are: names as hardware profiles write them, modules imported on use."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class Entry:
    """Where a driver's class and the dataclass of its options live."""

    module: str
    driver: str
    options_module: str
    options: str


DRIVERS: Mapping[str, Mapping[str, Entry]] = {
    "card_reader": {
        "ecr17": Entry(
            "drivers.card_reader.ecr17.driver",
            "Ecr17CardReader",
            "drivers.card_reader.ecr17.options",
            "Ecr17Options",
        ),
    },
    "scanner": {
        "images": Entry("drivers.scanner.images", "ImagesScanner", "drivers.scanner.images", "ImagesOptions"),
        "camera": Entry("drivers.scanner.camera", "CameraScanner", "drivers.scanner.devices", "CameraOptions"),
        "serial": Entry("drivers.scanner.hand", "serial_scanner", "drivers.scanner.hand", "SerialOptions"),
        "keyboard": Entry("drivers.scanner.hand", "keyboard_scanner", "drivers.scanner.hand", "KeyboardOptions"),
    },
    "printer": {
        "escpos": Entry("drivers.printer.driver", "EscPosPrinter", "drivers.printer.options", "EscPosOptions"),
    },
}


def options() -> dict[str, dict[str, type]]:
    """Of each kind of device, each driver's options: what a hardware profile is checked against."""
    return {
        kind: {name: getattr(import_module(entry.options_module), entry.options) for name, entry in drivers.items()}
        for kind, drivers in DRIVERS.items()
    }


def driver(kind: str, name: str) -> Any:
    """The driver's class."""
    entry = DRIVERS[kind][name]
    return getattr(import_module(entry.module), entry.driver)
