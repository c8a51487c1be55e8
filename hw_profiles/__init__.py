"""Terminal models as files: which devices, on which ports, with which options."""

from hw_profiles.find import ProfileError, names
from hw_profiles.loader import OptionClasses, load, schema
from hw_profiles.mistakes import FileMistakes, Mistake
from hw_profiles.profile import Device, HardwareProfile

__all__ = [
    "Device",
    "FileMistakes",
    "HardwareProfile",
    "Mistake",
    "OptionClasses",
    "ProfileError",
    "load",
    "names",
    "schema",
]
