"""The card reader's driver against the floor: the same bytes, the same frames, the same disk, without our code.

Codec: megabytes a second through the frame reader against a bare loop over the same bytes. Driver: its time for a
payment on a pseudo-terminal against pyserial that moves the same frames unparsed; at most 3 times that, and less than
2 ms of its own. Acknowledgement: from the arrival of a result's last byte to its ACK, with a real fsync in between.

    scripts/bench reader
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import serial

from drivers.card_reader.ecr17.codec import FrameReader, Signal, encode_control, encode_frame, encode_progress
from drivers.card_reader.ecr17.driver import Ecr17CardReader
from drivers.card_reader.ecr17.messages import request
from drivers.card_reader.ecr17.options import Ecr17Options
from drivers.contracts import ChargeAnswer, ChargeVerdict
from drivers.link import Link, open_link
from pos_app.testing.command import Command
from tests.benchmarks.payment import started

RATIO_GOAL, OWN_GOAL = 3.0, 2.0  # times, milliseconds
ACKNOWLEDGE = encode_control(Signal.ACK)
SCRIPT = '[terminal]\npace = 0.0\nprogress = ["Attesa carta", "Elaborazione"]\n'
RESULT = b"123456780E00000************4321CLIA1B2C32111520288105000005000042000099000000042100000000000"
RECEIPT = b"123456780S" + b"}" + b"BANCA DI PROVA".center(24) + b"}" + b"EUR 42,10".rjust(24) + b"}" * 6
STREAM_ROUNDS = 2000


def main() -> None:
    """Measure the three."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--payments", type=int, default=200)
    count = parser.parse_args().payments
    measure_codec()
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as folder:
        measure_payments(Path(folder), count)


# --- codec ---------------------------------------------------------------------------------------


def measure_codec() -> None:
    """A terminal's side of many payments, read in pieces as a line hands them over."""
    one = ACKNOWLEDGE + encode_progress("Attesa carta") * 2 + encode_frame(RESULT) + encode_frame(RECEIPT) * 4
    stream = one * STREAM_ROUNDS
    ours, bare = [], []
    for _ in range(7):
        ours.append(seconds(lambda: decode(stream)))
        bare.append(seconds(lambda: loop(stream)))
    fast, floor = (len(stream) / min(times) / 1e6 for times in (ours, bare))
    print(f"codec {fast:.1f} MB/s / bare loop {floor:.1f} MB/s = {fast / floor:.2f}")


def decode(stream: bytes) -> None:
    """Through the frame reader."""
    reader = FrameReader()
    packets = sum(len(reader.feed(stream[start : start + 64])) for start in range(0, len(stream), 64))
    assert packets == 8 * STREAM_ROUNDS


def loop(stream: bytes) -> None:
    """Look at every byte and do nothing with it."""
    for start in range(0, len(stream), 64):
        for _byte in stream[start : start + 64]:
            pass


def seconds(work: Callable[[], None]) -> float:
    """How much of the processor `work` takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


def elapsed(work: Callable[[], None]) -> float:
    """How long `work` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


# --- driver --------------------------------------------------------------------------------------


class TimedLink:
    """A line that notes when bytes came and when an acknowledgement left, and counts the time spent waiting for it."""

    def __init__(self, inner: Link) -> None:
        self.inner = inner
        self.waited = 0.0
        self.came_at = 0.0
        self.result_to_ack: list[float] = []
        self._result_is_unacknowledged = False

    def read(self, *, timeout: float) -> bytes:
        """See Link.read."""
        began = time.perf_counter()
        data = self.inner.read(timeout=timeout)
        self.came_at = time.perf_counter()
        self.waited += self.came_at - began
        self._result_is_unacknowledged |= b"0E00" in data
        return data

    def write(self, data: bytes, *, timeout: float) -> None:
        """See Link.write."""
        began = time.perf_counter()
        self.inner.write(data, timeout=timeout)
        now = time.perf_counter()
        self.waited += now - began
        if data == ACKNOWLEDGE and self._result_is_unacknowledged:
            self._result_is_unacknowledged = False
            self.result_to_ack.append(now - self.came_at)

    def close(self) -> None:
        """See Link.close."""
        self.inner.close()


def measure_payments(folder: Path, count: int) -> None:
    """Ours and the bare one alternately, on two doubles in processes of their own."""
    (folder / "script.toml").write_text(SCRIPT)
    command = Command(folder / "state")
    double = ("simulate", "card-reader", "--script", folder / "script.toml", "--pty")
    with (
        started(command, *double, folder / "ours") as ours,
        started(command, *double, folder / "bare") as bare,
        Till(ours, folder / "journal") as till,
        serial.Serial(bare, timeout=5) as port,
    ):
        taken: tuple[list[float], list[float], list[float]] = ([], [], [])
        for number in range(count + 5):
            till.pay()
            figures = (till.line_seconds, till.own_seconds, elapsed(lambda: pay_bare(port)))
            if number >= 5:
                for times, figure in zip(taken, figures, strict=True):
                    times.append(figure)
    show_payments(*taken)
    show_acknowledgements(till.link.result_to_ack)


class Till:
    """The driver on one line, with an fsync where the journal would have its own."""

    def __init__(self, port: str, journal: Path) -> None:
        options = Ecr17Options(port)
        self.link = TimedLink(open_link(options.line, timeout=1.0))
        self.own_seconds = self.line_seconds = 0.0
        self._reader = Ecr17CardReader(options, fingerprint_key=b"bench", connect=lambda: self.link)
        self._journal = os.open(journal, os.O_WRONLY | os.O_CREAT)
        self._written = 0.0

    def __enter__(self) -> Self:
        """The till itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of line and file."""
        self._reader.close()
        os.close(self._journal)

    def pay(self) -> None:
        """One payment; `line_seconds` is what it took without the disk, `own_seconds` without waiting for the line."""
        waited, written, began = self.link.waited, self._written, time.perf_counter()
        answer = self._reader.pay(4210, reference="", timeout=30, tick=_nothing, on_result=self._write)
        assert answer.verdict is ChargeVerdict.APPROVED, answer.reason
        self.line_seconds = time.perf_counter() - began - (self._written - written)
        self.own_seconds = self.line_seconds - (self.link.waited - waited)

    def _write(self, answer: ChargeAnswer) -> None:
        began = time.perf_counter()
        os.write(self._journal, repr(answer).encode())
        os.fsync(self._journal)
        self._written += time.perf_counter() - began


def _nothing() -> None:
    """Nobody wants to know that we are alive."""


# --- the floor -----------------------------------------------------------------------------------


def pay_bare(port: serial.Serial) -> None:
    """The frames of the same payment through pyserial, read as far as they go and looked at no further."""
    port.write(encode_frame(request("E", "0", print_on_ecr="1")))
    receive(port)
    port.write(encode_frame(request("X", "0", cash_register_id="1", amount=4210)))
    while b"0E00" not in (data := receive(port)):
        pass
    while b"\x1b\x03" not in data:
        port.write(ACKNOWLEDGE)
        data = receive(port)
    port.write(ACKNOWLEDGE)


def receive(port: serial.Serial) -> bytes:
    """Bytes up to where a packet ends: one before the last is an ETX."""
    data = b""
    while data[-2:-1] != b"\x03":
        arrived = port.read(port.in_waiting or 1)
        assert arrived, "the double fell silent"
        data += arrived
    return data


# --- what is shown -------------------------------------------------------------------------------


def show_payments(ours: list[float], own: list[float], bare: list[float]) -> None:
    """Medians, their ratio, and the driver's own time."""
    mine, alone, floor = (statistics.median(times) * 1000 for times in (ours, own, bare))
    print(f"payment {mine:.2f} ms / pyserial with the same frames {floor:.2f} ms = {mine / floor:.2f}", end="")
    print(f"   (goal: at most {RATIO_GOAL:g})")
    print(f"driver's own time {alone:.2f} ms a payment   (goal: less than {OWN_GOAL:g} ms)")


def show_acknowledgements(times: list[float]) -> None:
    """Median and 99th percentile."""
    percentiles = statistics.quantiles([one * 1000 for one in times], n=100)
    print(f"result's last byte to its ACK, fsync between: median {percentiles[49]:.2f}, p99 {percentiles[98]:.2f} ms")


if __name__ == "__main__":
    main()
