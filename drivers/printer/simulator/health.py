"""How the double is, and the status bytes that say so (Epson ESC/POS reference; printing.md 1)."""

from dataclasses import dataclass


@dataclass
class Health:
    """Paper left and what is wrong. `near_end_mm` is where the near-end sensor sits."""

    paper_mm: float
    near_end_mm: float
    cover_open: bool = False
    cutter_jammed: bool = False
    broken: bool = False
    hot: bool = False
    mute: bool = False
    mute_when_stopped: bool = False

    @property
    def out_of_paper(self) -> bool:
        """Whether the head has no paper under it."""
        return self.paper_mm <= 0

    @property
    def stopped(self) -> bool:
        """Whether it is offline: it prints nothing, and executes nothing from its buffer."""
        return self.out_of_paper or self.cover_open or self.cutter_jammed or self.broken or self.hot

    @property
    def silent(self) -> bool:
        """Whether it answers nothing at all now."""
        return self.mute or (self.mute_when_stopped and self.stopped)

    def real_time(self, question: int) -> int:
        """The answer to DLE EOT `question`, 1 to 4."""
        error = self.cutter_jammed or self.broken or self.hot
        bits = {
            1: 0x08 * self.stopped,
            2: 0x04 * self.cover_open | 0x20 * self.out_of_paper | 0x40 * error,
            3: 0x08 * self.cutter_jammed | 0x20 * self.broken | 0x40 * self.hot,
            4: 0x0C * self._near_end | 0x60 * self.out_of_paper,
        }
        return 0x12 | bits[question]

    def automatic(self) -> bytes:
        """The four bytes of ASB."""
        first = 0x10 | 0x08 * self.stopped | 0x20 * self.cover_open
        second = 0x08 * self.cutter_jammed | 0x20 * self.broken | 0x40 * self.hot
        return bytes([first, second, self.sensors(), 0x00])

    def sensors(self) -> int:
        """The answer to GS r 1."""
        return 0x03 * self._near_end | 0x0C * self.out_of_paper

    @property
    def _near_end(self) -> bool:
        return self.paper_mm <= self.near_end_mm
