"""A camera, a stream or a video file as a NoticeScanner: another process sees; we gather, and restart it when it falls.

Constructing opens nothing. `serve` is what the camera's own thread runs (composition starts it); `scan` may be called
from the payment loop all the while, and `preview.latest` from the screen.
"""

import threading
import time
from collections.abc import Callable, Sequence

from drivers.contracts import ScannedCode, Tick
from drivers.errors import DeviceAbsent, DeviceError, DeviceRefused, DeviceUnanswered
from drivers.scanner.devices import OTHERWISE, CameraOptions
from drivers.scanner.gather import Gatherer, nothing
from drivers.scanner.newest import Trouble
from drivers.scanner.preview import Preview
from drivers.scanner.spawned import Spawned
from drivers.scanner.watching import Reader, Report, real_reader, watch

SILENCE = 1.5  # seconds without a report after which the process is taken for hung: told within two
START = 15.0  # seconds it may take to start on a busy machine
_AGAIN = 1.0  # seconds between two starts
_WANTED = 2.0  # seconds for which codes are read after somebody last asked for them
_HEAR = 0.1  # seconds to wait for a report at a time
_NAP = 0.02  # seconds between two looks at what is being gathered
_LONGEST_NAP = 0.5  # seconds between two ticks

HUNG = Trouble(f"La lettura dei codici si è bloccata e riparte da sola; {OTHERWISE}")
FALLEN = Trouble(f"La lettura dei codici è caduta e riparte da sola; {OTHERWISE}")
DOUBT = "Un altro codice inquadrato non si legge: avvicinare alla telecamera quello da pagare, al centro."
SLOW = Trouble(f"La lettura dei codici non parte: riavviare il terminale; {OTHERWISE}")


class Seeing:
    """The process that sees: started when it is not there, replaced when it hangs or falls."""

    def __init__(
        self, options: CameraOptions, make_reader: Callable[[], Reader], monotonic: Callable[[], float]
    ) -> None:
        self._options = options
        self._make_reader = make_reader
        self._monotonic = monotonic
        self._process: Spawned | None = None
        self._started = -_AGAIN
        self._heard: float | None = None
        self._wanted = True

    def hear(self, *, timeout: float, wanted: bool) -> Report | None:
        """The next report, within `timeout` seconds; a fall or a hang is one too. `wanted`: somebody asks for codes."""
        if self._process is None:
            self._start(timeout)
            return None
        try:
            if wanted != self._wanted:
                self._wanted = wanted
                self._process.connection.send(wanted)
            if self._process.connection.poll(timeout):
                report: Report = self._process.connection.recv()
                self._heard = self._monotonic()
                return report
        except (EOFError, OSError):
            return self._replaced(FALLEN)
        return self._missed()

    def end(self) -> None:
        """End the process. May be called twice."""
        if self._process is not None:
            self._process.end()
            self._process = None

    def _start(self, timeout: float) -> None:
        left = self._started + _AGAIN - self._monotonic()
        if left > 0:
            time.sleep(min(left, timeout))
            return
        self._started, self._heard, self._wanted = self._monotonic(), None, True
        self._process = Spawned(watch, self._options, self._make_reader)

    def _missed(self) -> Report | None:
        now = self._monotonic()
        if self._heard is not None and now - self._heard > SILENCE:
            return self._replaced(HUNG)
        return self._replaced(SLOW) if self._heard is None and now - self._started > START else None

    def _replaced(self, trouble: Trouble) -> Report:
        self.end()
        return Report(trouble=trouble)


class CameraScanner:
    """NoticeScanner over a camera. `ignored` says which codes are not wanted: those of the notice being paid."""

    def __init__(
        self,
        options: CameraOptions,
        *,
        ignored: Callable[[ScannedCode], bool] = nothing,
        make_reader: Callable[[], Reader] = real_reader,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.preview = Preview()
        self._gatherer = Gatherer(ignored=ignored, monotonic=monotonic)
        self._seeing = Seeing(options, make_reader, monotonic)
        self._monotonic = monotonic
        self._news = threading.Condition()
        self._trouble: Trouble | None = None
        self._remark: str | None = None
        self._told = ""
        self._ended = self._end_told = False
        self._asked = monotonic()

    def serve(self, stop: threading.Event) -> None:
        """What the camera's thread runs until `stop`: hear the process, keep what it told, bring it back."""
        try:
            while not stop.is_set():
                report = self._seeing.hear(timeout=_HEAR, wanted=self._monotonic() - self._asked < _WANTED)
                if report is not None:
                    self._keep(report)
        finally:
            self._seeing.end()

    def scan(self, *, timeout: float, tick: Tick) -> Sequence[ScannedCode]:
        """See NoticeScanner. At the end of a video file it returns empty at once, the first time.

        A new trouble is raised as soon as it is known, a lasting one at the end of `timeout`: DeviceAbsent when the
        camera could not be opened, DeviceUnanswered when nothing comes from it. It is looked for all the time, so the
        next call may find it again. DeviceRefused, in the same way, when the one code that was read is kept back
        because another one in view, which may be the one meant, cannot be read.
        """
        end = self._monotonic() + timeout
        while True:
            tick()
            with self._news:
                self._asked = self._monotonic()
                if codes := self._gatherer.take():
                    self._advise()
                    return codes
                left = end - self._asked
                self._raise_trouble(is_last=left <= 0)
                if left <= 0 or self._is_over():
                    return ()
                self._news.wait(min(left, _NAP if self._gatherer.is_gathering else _LONGEST_NAP))

    def _keep(self, report: Report) -> None:
        if report.preview is not None:
            self.preview.show(report.preview)
            return
        with self._news:
            if report.view is not None:
                self._gatherer.see(report.view)
                self._remark = report.remark
            self._trouble = report.trouble
            self._ended = self._ended or report.ended
            self._news.notify_all()
        if report.trouble is not None:
            self.preview.show(None)

    def _raise_trouble(self, *, is_last: bool) -> None:
        self._advise()
        error = self._error()
        sentence = str(error) if error else ""
        is_known, self._told = sentence == self._told, sentence
        if error is not None and (is_last or not is_known):
            raise error

    def _error(self) -> DeviceError | None:
        trouble = self._trouble
        if trouble is not None:
            return (DeviceAbsent if trouble.absent else DeviceUnanswered)(trouble.sentence)
        is_kept_back = self._gatherer.is_in_doubt and self._gatherer.is_gathering
        return DeviceRefused(DOUBT) if is_kept_back else None

    def _advise(self) -> None:
        self.preview.advise(DOUBT if self._gatherer.is_in_doubt else self._remark)

    def _is_over(self) -> bool:
        """Whether a file has just ended and nothing of it is left to hand over."""
        over = self._ended and not self._end_told and not self._gatherer.is_gathering
        self._end_told = self._end_told or over
        return over
