"""Finding a reader (ecr17.md 1.2, 1.5, 4): port, speed and check rule, by status requests alone.

A reader that hears a wrong check answers NAK, one that is spoken to at a wrong speed says nothing or rubbish. So every
speed is tried under the likeliest rule first, and a NAK tells that only the rule is wrong. Nothing is ever sent here
but `s`, which no reader takes for more than a question.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar, get_args
from urllib.parse import urlsplit

from drivers.card_reader.ecr17 import words
from drivers.card_reader.ecr17.codec import (
    BadFrame,
    Control,
    Frame,
    FrameReader,
    LrcRule,
    Signal,
    encode_control,
    encode_frame,
)
from drivers.card_reader.ecr17.driver import Ecr17CardReader
from drivers.card_reader.ecr17.layout import code_of
from drivers.card_reader.ecr17.messages import CARD_RESULTS, StatusReply, request, status_reply
from drivers.card_reader.ecr17.options import Ecr17Options, LrcName
from drivers.contracts import Tick
from drivers.errors import DeviceError, DeviceRefused
from drivers.link import LineSettings, Link, open_link

SPEEDS = (9600, 115200, 19200, 38400, 57600, 4800, 2400, 1200)
STABLE_NAMES = Path("/dev/serial/by-id")
ANSWER_SECONDS = 3.0  # status replies took 0.55 to 2.3 s on real readers
SILENCE_SECONDS = 1.0  # an acknowledgement took 0.33 s at most
READ_SECONDS = 0.5  # a tick at least as often
MAX_HEARD = 4096  # a line that talks without end is no reader's

Choice = TypeVar("Choice")
Connect = Callable[[LineSettings], Link]


@dataclass(frozen=True)
class Found:
    """A reader that answered: the options under which it did, and what it says of itself."""

    options: Ecr17Options
    status: StatusReply


@dataclass(frozen=True)
class Attempt:
    """One question on one port, and what came of it, in a word for the report."""

    port: str
    baudrate: int
    lrc: str
    outcome: str


@dataclass(frozen=True)
class Search:
    """What was tried, in order, and the reader, if one answered."""

    attempts: tuple[Attempt, ...]
    found: Found | None


ANSWERED, REFUSED, GARBLED, SILENT = "answered", "refused", "garbled", "silent"


class Finder:
    """Asks for a status wherever a reader may be. `connect` opens lines; `monotonic` is the clock used for waiting."""

    def __init__(
        self,
        options: Ecr17Options,
        *,
        connect: Connect | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._options = options
        self._connect = connect or (lambda line: open_link(line, timeout=options.connect_seconds, monotonic=monotonic))
        self._monotonic = monotonic
        self._likely: set[int] = set()  # speeds at which the port under trial said something

    def search(self, ports: Sequence[str], *, tick: Tick) -> Search:
        """Try the ports one by one, the profile's own settings first. Takes up to half a minute for a mute port."""
        attempts: list[Attempt] = []
        for port in ports:
            for options, outcome, status in self._tried(replace(self._options, port=port), tick):
                attempts.append(Attempt(port, options.baudrate, options.lrc, outcome))
                if status is not None:
                    return Search(tuple(attempts), Found(options, status))
        return Search(tuple(attempts), None)

    def _tried(self, options: Ecr17Options, tick: Tick) -> Iterator[tuple[Ecr17Options, str, StatusReply | None]]:
        try:
            for candidate in self._candidates(options):
                outcome, status = self._ask(candidate, tick)
                if outcome in (REFUSED, GARBLED):
                    self._likely.add(candidate.baudrate)
                yield candidate, outcome, status
        except DeviceError as error:
            yield options, str(error), None

    def _candidates(self, options: Ecr17Options) -> Iterator[Ecr17Options]:
        """Every speed under the first rule; the other rules at once where something was heard, elsewhere at the end."""
        first, *others = _first(options.lrc, list(get_args(LrcName)))
        speeds = _speeds(options)
        self._likely.clear()
        for speed in speeds:
            yield replace(options, baudrate=speed, lrc=first)
            if speed in self._likely:
                yield from (replace(options, baudrate=speed, lrc=rule) for rule in others)
        silent = [speed for speed in speeds if speed not in self._likely]
        yield from (replace(options, baudrate=speed, lrc=rule) for rule in others for speed in silent)

    def _ask(self, options: Ecr17Options, tick: Tick) -> tuple[str, StatusReply | None]:
        link = self._connect(options.line)
        try:
            link.write(encode_frame(request("s", options.terminal_id), options.rule), timeout=1.0)
            return self._hear(link, options.rule, tick)
        finally:
            link.close()

    def _hear(self, link: Link, rule: LrcRule, tick: Tick) -> tuple[str, StatusReply | None]:
        reader, heard, outcome = FrameReader(rule), 0, SILENT
        until = self._monotonic() + SILENCE_SECONDS
        while (left := until - self._monotonic()) > 0 and heard < MAX_HEARD:
            data = link.read(timeout=min(left, READ_SECONDS))
            tick()
            if data and not heard:
                outcome, until = GARBLED, self._monotonic() + ANSWER_SECONDS
            heard += len(data)
            for packet in reader.feed(data):
                match packet:
                    case Control(Signal.NAK):
                        return REFUSED, None
                    case BadFrame():
                        return GARBLED, None
                    case Frame(payload) if code_of(payload) in CARD_RESULTS:
                        raise DeviceRefused(words.RESULT_WAITS)
                    case Frame(payload) if (status := status_reply(payload)) is not None:
                        link.write(encode_control(Signal.ACK, rule), timeout=1.0)
                        return ANSWERED, status
                    case _:
                        pass
        return outcome, None


def offered_baseline(reader: Ecr17CardReader, *, timeout: float, tick: Tick) -> str:
    """Return what an idle reader answers of last result and totals: "g+t", "g" or "none", as a profile has it.

    A reader that never took a payment has no last result yet: then this says "none", and is worth asking again after
    the first one. Raises DeviceAbsent, DeviceRefused or DeviceUnanswered.
    """
    if reader.last(timeout=timeout, tick=tick) is None:
        return "none"
    return "g" if reader.totals(timeout=timeout, tick=tick) is None else "g+t"


def candidate_ports() -> list[str]:
    """Return the serial devices of this machine by their stable names; one that has none, by the system's name."""
    from serial.tools.list_ports import comports  # noqa: PLC0415 - only who searches needs it

    stable = sorted(STABLE_NAMES.iterdir()) if STABLE_NAMES.is_dir() else []
    covered = {str(name.resolve()) for name in stable}
    return [str(name) for name in stable] + sorted(port.device for port in comports() if port.device not in covered)


def _speeds(options: Ecr17Options) -> list[int]:
    """Return the speeds to try; a network line has none."""
    is_network = urlsplit(options.port).scheme in ("socket", "tcp")
    return [options.baudrate] if is_network else _first(options.baudrate, list(SPEEDS))


def _first(preferred: Choice, others: list[Choice]) -> list[Choice]:
    return [preferred, *(other for other in others if other != preferred)]
