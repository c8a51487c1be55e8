"""Files read in a process of their own: what a hostile picture does to a decoder costs that picture and no more."""

import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from drivers.scanner.files import Reading, read_file
from drivers.scanner.paths import shown
from drivers.scanner.spawned import Spawned

SILENCE = 20.0  # seconds without an answer or a beat after which the process is taken for hung


class ReadingProcess:
    """Reads one file at a time in a process, which is started when needed and replaced when it died.

    `at_once`: see Spawned. `silence` in seconds.
    """

    def __init__(
        self,
        *,
        at_once: bool = False,
        silence: float = SILENCE,
        read: Callable[..., Reading] = read_file,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._at_once = at_once
        self._silence = silence
        self._read = read
        self._monotonic = monotonic
        self._process: Spawned | None = None
        self._heard = 0.0
        self._path = Path()

    @property
    def connection(self) -> Connection | None:
        """Our end of its pipe; None while there is no process."""
        return self._process.connection if self._process else None

    def start(self, path: Path) -> None:
        """Begin reading `path`; the answer comes through `answer`."""
        self._path, self._heard = path, self._monotonic()
        if self._process is None:
            self._process = Spawned(_serve, self._read, at_once=self._at_once)
        with suppress(OSError):  # it died while idle: `answer` will find out
            self._process.connection.send(path)

    def answer(self) -> Reading | None:
        """What came of it, or None while it is still at work. Does not wait."""
        assert self.connection is not None
        try:
            if self.connection.poll():
                self._heard = self._monotonic()
                reading: Reading | None = self.connection.recv()
                return reading
        except (EOFError, OSError):
            return self._given_up("ha fatto cadere il decodificatore")
        if self._monotonic() - self._heard > self._silence:
            return self._given_up("ha bloccato il decodificatore")
        return None

    def close(self) -> None:
        """End the process. May be called twice."""
        if self._process is not None:
            self._process.end()
        self._process = None

    def _given_up(self, what_happened: str) -> Reading:
        seconds = self._monotonic() - self._heard
        self.close()
        sentence = f"L'immagine {shown(self._path)} {what_happened}: fotografare di nuovo l'avviso."
        return Reading(problem=sentence, seconds=seconds)


def _serve(connection: Connection, read: Callable[..., Reading]) -> None:
    """The process's own loop: a path in, beats and a Reading out, until the other end is closed."""

    def beat() -> None:
        connection.send(None)

    with suppress(EOFError, OSError, KeyboardInterrupt):
        while True:
            connection.send(read(connection.recv(), beat=beat))
