"""Hand scanners: on a serial line, or typing like a keyboard. The scanner decodes, we take its lines.

A hand scanner reads what it is pointed at, so nothing is gathered; but in presentation mode it sends the same code over
and over, so a code must have been silent for a while to count anew.
"""

import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from drivers.contracts import ScannedCode, Tick
from drivers.errors import DeviceAbsent, DeviceError
from drivers.link import DescriptorLink, LineSettings, Link, open_link
from drivers.scanner.devices import OTHERWISE
from drivers.scanner.gather import DEAD_TIME, nothing
from drivers.scanner.lines import LineReader, code_of

PAUSE = 0.15  # seconds of silence that end a code where the scanner sends no line ending
STANDARD_INPUT = "-"
_STDIN = 0
_OPEN_FLAGS = os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY  # writable too: a pipe then never ends
_LONGEST_NAP = 0.5  # seconds between two ticks
_OPEN = 2.0  # seconds to connect to a scanner in the network


@dataclass(frozen=True)
class SerialOptions:
    """A scanner on a serial line; names as pyserial has them. `port`: any pyserial URL."""

    port: str = "/dev/pos/scanner"
    baudrate: int = 9600
    bytesize: int = 8
    parity: str = "N"
    stopbits: float = 1
    rtscts: bool = False
    xonxoff: bool = False


@dataclass(frozen=True)
class KeyboardOptions:
    """A scanner that types. `device`: `-` for our own standard input, or a tty or pipe that it types into."""

    device: str = STANDARD_INPUT


class HandScanner:
    """NoticeScanner over a line that `connect` opens; opened at the first scan, and again whenever it is gone.

    `pause` in seconds ends a code that no line ending ends; None: only a line ending does. `ignored` says which codes
    are not wanted: those of the notice being paid.
    """

    def __init__(
        self,
        connect: Callable[[], Link],
        *,
        pause: float | None = PAUSE,
        ignored: Callable[[ScannedCode], bool] = nothing,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._connect = connect
        self._pause = pause
        self._ignored = ignored
        self._monotonic = monotonic
        self._sleep = sleep
        self._link: Link | None = None
        self._lines = LineReader()
        self._last_byte = 0.0
        self._codes: deque[ScannedCode] = deque()
        self._sent: dict[ScannedCode, float] = {}
        self._told = ""

    def scan(self, *, timeout: float, tick: Tick) -> Sequence[ScannedCode]:
        """The next code, alone; empty when none came in `timeout` seconds.

        Raises DeviceAbsent when the line cannot be opened, DeviceUnanswered when it is gone: at once when that is new,
        else after `timeout`. It is opened anew all the while.
        """
        end = self._monotonic() + timeout
        while True:
            tick()
            if self._codes:
                return (self._codes.popleft(),)
            left = end - self._monotonic()
            self._read_or_tell(max(0.0, min(left, _LONGEST_NAP)))
            if left <= 0 and not self._codes:
                return ()

    def close(self) -> None:
        """Let go of the line. May be called twice."""
        if self._link is not None:
            self._link.close()
            self._link = None

    def _read_or_tell(self, timeout: float) -> None:
        try:
            self._read(timeout)
            self._told = ""
        except DeviceError as error:
            self.close()
            self._lines.flush()
            if timeout > 0 and str(error) == self._told:
                self._sleep(timeout)
                return
            self._told = str(error)
            raise

    def _read(self, timeout: float) -> None:
        self._link = self._link or self._connect()
        data = self._link.read(timeout=self._patience(timeout))
        self._last_byte = self._monotonic() if data else self._last_byte
        for line in self._lines.feed(data) if data else self._ended():
            self._take(code_of(line))

    def _patience(self, timeout: float) -> float:
        return min(timeout, self._pause) if self._pause is not None and self._lines.is_waiting else timeout

    def _ended(self) -> list[bytes]:
        """The line that a pause has ended."""
        is_over = self._pause is not None and self._monotonic() - self._last_byte >= self._pause
        return self._lines.flush() if is_over else []

    def _take(self, code: ScannedCode) -> None:
        now = self._monotonic()
        is_new = now - self._sent.get(code, now - DEAD_TIME) >= DEAD_TIME
        self._sent = {sent: at for sent, at in self._sent.items() if now - at < DEAD_TIME} | {code: now}
        if is_new and not self._ignored(code):
            self._codes.append(code)


def serial_scanner(options: SerialOptions, **more: Any) -> HandScanner:
    """A hand scanner on a serial line; `more` goes to HandScanner."""
    settings = LineSettings(**vars(options))
    return HandScanner(lambda: _serial(settings), **more)


def keyboard_scanner(options: KeyboardOptions, **more: Any) -> HandScanner:
    """A hand scanner that types; only Enter ends a code, for people type too. `more` goes to HandScanner."""
    return HandScanner(lambda: _typed(options.device), pause=None, **more)


def _serial(settings: LineSettings) -> Link:
    try:
        return open_link(settings, timeout=_OPEN)
    except DeviceAbsent as error:
        raise DeviceAbsent(f"Lettore di codici: {str(error).removesuffix('.')}; {OTHERWISE}") from error


def _typed(device: str) -> Link:
    try:
        # Its own descriptor, so that closing it leaves standard input to others.
        descriptor = os.dup(_STDIN) if device == STANDARD_INPUT else os.open(device, _OPEN_FLAGS)
    except OSError as error:
        raise DeviceAbsent(f"Il lettore {device} non si può leggere: controllare il cavo; {OTHERWISE}") from error
    return DescriptorLink(descriptor, lambda: os.close(descriptor), port=device, monotonic=time.monotonic)
