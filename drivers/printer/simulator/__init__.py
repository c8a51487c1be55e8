"""The printer double: takes ESC/POS over a pseudo-terminal or TCP, answers, and shows what stands on its paper."""

from drivers.printer.simulator.memory import InMemoryPrinter
from drivers.printer.simulator.models import FAULTS, MODELS, Fault, Script, ScriptError, read_script
from drivers.printer.simulator.paper import Piece
from drivers.printer.simulator.program import serve
from drivers.printer.simulator.server import SimulatedPrinter

__all__ = [
    "FAULTS",
    "MODELS",
    "Fault",
    "InMemoryPrinter",
    "Piece",
    "Script",
    "ScriptError",
    "SimulatedPrinter",
    "read_script",
    "serve",
]
