"""Kills between any two bytecodes of the product: the terminal's own code is traced, the peers' is not.

A tracer that raises ends the process there, as SIGKILL would between two instructions; from then on no port does
anything any more (`Life`), so what still runs while the stack unwinds has no effect.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import pos_app
from pos_app.testing.campaign.life import Life

_ROOT = Path(pos_app.__file__).parent.parent
_OURS = ("pos_app/actions", "pos_app/journal", "pos_app/domain", "pos_app/psp", "drivers/card_reader/ecr17")
_OUR_FILES = ("pos_app/terminal.py", "pos_app/background.py", "pos_app/desk.py", "pos_app/clock.py", "pos_app/ids.py")


@cache
def _is_product(file: str) -> bool:
    try:
        name = str(Path(file).relative_to(_ROOT))
    except ValueError:
        return False
    return name in _OUR_FILES or (name.startswith(_OURS) and "simulator" not in name)


@dataclass
class Countdown:
    """Counts the product's bytecodes until it `is_over`, and kills at number `at` of them; 0: only counts."""

    life: Life
    at: int = 0
    count: int = 0
    is_over: bool = False

    def enter(self, frame: FrameType, _event: str, _argument: Any) -> Any:
        """Trace this function if it is the product's."""
        if not _is_product(frame.f_code.co_filename):
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        return self.step

    def step(self, _frame: FrameType, event: str, _argument: Any) -> Any:
        """One bytecode."""
        if event == "opcode":
            self.count += 1
            if self.count == self.at and self.life.is_alive:
                self.is_over = True
                self.life.last = f"bytecode {self.count}"
                self.life.kill()
        return self.step


@contextmanager
def traced(countdown: Countdown) -> Iterator[Countdown]:
    """Run with the tracer on."""
    before = sys.gettrace()
    sys.settrace(countdown.enter)
    try:
        yield countdown
    finally:
        sys.settrace(before)
