"""Our own time in a whole simulator payment against the floor: the same work done bare, in the same run.

Ours: from a decoded QR to the outcome accepted, through `Terminal`, with the journal on disk. The floor: as many bare
zeep calls on fresh connections with the schema checked both ways, the same frames over a pty through pyserial, as many
fsynced commits and head writes. Sandbox and card reader are the same two other processes for both. Goal: 1.5 or less.

    scripts/bench payment
"""

import argparse
import gc
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.request import Request, urlopen

import requests
import serial
import zeep
from lxml import etree

from drivers.card_reader.ecr17.codec import Signal, encode_control, encode_frame
from drivers.card_reader.ecr17.messages import request as reader_request
from pos_app import settings as terminal_settings
from pos_app.composition.station import Station, station
from pos_app.counter import Answer, Question
from pos_app.domain.notice import NoticeCode, read_qr
from pos_app.domain.states import State
from pos_app.psp.wire import node_for_psp_schema, wsdl_path
from pos_app.testing.command import Command, profile_text
from pos_app.texts import texts
from pos_app.ui.console import ConsoleScreen, ReadyAnswers

GOAL = 1.5
CREDITOR = "77777777777"
SCRIPT = "[terminal]\npace = 0.0\nprogress = []\n"
ACKNOWLEDGE = encode_control(Signal.ACK)
BINDING = "{http://pagopa-api.pagopa.gov.it/nodeForPsp}nodeForPspBinding"
HEAD = {"idPSP": "70000000001", "idBrokerPSP": "70000000001", "idChannel": "70000000001_01", "password": "pwdpwdpwd"}


def main() -> None:
    """Measure both, alternately, and print the ratio of the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--payments", type=int, default=20)
    count = parser.parse_args().payments
    with bench() as (here, floor, notices):
        ours, bare = [], []
        for number in range(count + 2):
            ours.append(seconds(lambda: pay(here, next(notices))))
            bare.append(seconds(lambda: floor.pay(next(notices))))
            if number < 2:  # the first ones load what stays loaded
                ours.clear()
                bare.clear()
    show(ours, bare)


def show(ours: list[float], bare: list[float]) -> None:
    """The two medians and their ratio."""
    ratio = statistics.median(ours) / statistics.median(bare)
    for name, times in (("a payment through the terminal", ours), ("the same work done bare", bare)):
        print(f"{name:<32} median {statistics.median(times) * 1000:7.1f} ms   of {len(times)}")
    print(f"payment / floor = {ratio:.2f}   (goal: at most {GOAL})")


def seconds(work: Callable[[], None]) -> float:
    """How long `work` takes."""
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


# --- ours ----------------------------------------------------------------------------------------


def pay(here: Station, notice: NoticeCode) -> None:
    """From the decoded code to the outcome accepted; the printing behind it is not measured."""
    payment = here.terminal.begin(notice)
    while here.journal.payments[payment.id].state not in (State.PRINTING, State.CLOSED):
        here.terminal.step()
    assert here.journal.payments[payment.id].accepted, here.journal.payments[payment.id].reason


@dataclass(frozen=True)
class Silent:
    """A counter where everybody agrees and nobody looks."""

    screen: ConsoleScreen
    inbox: ReadyAnswers


@contextmanager
def bench() -> Iterator[tuple[Station, "Floor", Iterator[NoticeCode]]]:
    """Sandbox and reader as processes of their own, the terminal and the floor in this one."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-")))
        command = Command(folder / "state")
        url = stack.enter_context(started(command, "sandbox", "--port", "0"))
        (folder / "script.toml").write_text(SCRIPT)
        reader = ("simulate", "card-reader", "--script", folder / "script.toml", "--pty")
        ours = stack.enter_context(started(command, *reader, folder / "ours"))
        bare = stack.enter_context(started(command, *reader, folder / "bare"))
        profile = folder / "bench.toml"
        profile.write_text(profile_text(ours))
        environ = {"POS_TERMINAL__PSP__URL": f"{url}/psp", "POS_TERMINAL__TERMINAL__STATE_DIR": str(folder / "state")}
        screen = ConsoleScreen(stack.enter_context(Path(os.devnull).open("w")), texts("it"))
        counter = Silent(screen, ReadyAnswers(screen, {Question.CONFIRM: Answer.YES}))
        here = stack.enter_context(station(terminal_settings.load(None, environ), str(profile), counter))
        yield here, stack.enter_context(Floor(url, bare, folder)), notices(url)


@contextmanager
def started(command: Command, *arguments: object) -> Iterator[str]:
    """A process that says where it is in its first line."""
    process = command.start(*arguments)
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        yield process.stdout.readline().split()[-1]
    finally:
        process.terminate()
        process.communicate()


def notices(url: str) -> Iterator[NoticeCode]:
    """Fresh payable notices, put into the sandbox before they are asked for."""
    for number in range(10**6):
        base = f"3010{number:012d}"
        digits = f"{base}{int(base) % 93:02d}"
        put = Request(f"{url}/control/notices/{CREDITOR}/{digits}", data=b'{"amount": 12550}', method="PUT")
        with urlopen(put) as answer:
            answer.read()
        yield read_qr(f"PAGOPA|002|{digits}|{CREDITOR}|12550")


# --- the floor -----------------------------------------------------------------------------------


class Floor:
    """Zeep, pyserial, sqlite3 and a file, and nothing around them."""

    def __init__(self, url: str, port: str, folder: Path) -> None:
        self._url = f"{url}/psp"
        self._client = zeep.Client(str(wsdl_path()))  # type: ignore[no-untyped-call]
        self._schema = node_for_psp_schema()
        self._port = serial.Serial(port, timeout=5)
        self._database = sqlite3.connect(folder / "floor.db", isolation_level=None)
        self._head = os.open(folder / "head", os.O_RDWR | os.O_CREAT)

    def __enter__(self) -> Self:
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            self._database.execute(f"PRAGMA {pragma}")
        self._database.execute("CREATE TABLE record (seq INTEGER PRIMARY KEY, body TEXT, hash TEXT)")
        os.ftruncate(self._head, 1024)
        return self

    def __exit__(self, *_: object) -> None:
        self._port.close()
        self._database.close()
        os.close(self._head)

    def pay(self, notice: NoticeCode) -> None:
        """One payment's work: 3 calls, 5 reader procedures, 10 records."""
        code = {"fiscalCode": notice.creditor.digits, "noticeNumber": notice.number.digits}
        self._commit(300)
        self._call("verifyPaymentNotice", qrCode=code)
        self._commit(300)
        for letter in "sGT":
            self._ask(letter)
        self._commit(200)
        self._commit(100)
        key = f"70000000001_{notice.number.digits[-10:]}"
        self._commit(1100)
        opened = self._call(
            "activatePaymentNoticeV2",
            idempotencyKey=key, qrCode=code, expirationTime=1800000, amount="125.50", paymentMethod="CP",
            touchPoint="POS",
        )  # fmt: skip
        self._commit(400)
        self._commit(100)
        self._write(self._frame("E", print_on_ecr="1"))
        self._read_control()
        self._write(self._frame("X", amount=12700, text="2026-000001"))
        self._read_control()
        self._until_receipt_ends()
        for size in (500, 500, 1500):
            self._commit(size)
        self._call(
            "sendPaymentOutcomeV2",
            idempotencyKey=key,
            paymentTokens={"paymentToken": [opened.paymentToken]},
            outcome="OK",
            details=DETAILS,
        )
        self._commit(60)

    def _call(self, operation: str, **fields: Any) -> Any:
        client: Any = self._client
        message = client.create_message(client.service, operation, **HEAD, **fields)
        self._schema.assertValid(message[-1][0])
        data = etree.tostring(message, encoding="utf-8", xml_declaration=True)
        headers = {"SOAPAction": f'"{operation}"', "Content-Type": "text/xml; charset=utf-8", "Connection": "close"}
        with requests.Session() as session:
            session.trust_env = False
            answer = session.post(self._url, data=data, headers=headers, auth=("T0000001", "sandbox"), timeout=15)
        envelope = etree.fromstring(answer.content)
        self._schema.assertValid(envelope[-1][0])
        binding: Any = self._client.wsdl.bindings[BINDING]
        reply = binding.get(operation).process_reply(envelope)
        assert reply.outcome == "OK", reply.fault
        return reply

    def _ask(self, letter: str) -> None:
        self._write(self._frame(letter))
        self._read_control()
        if letter != "G" or self._has_result:
            self._read_frame()
            self._write(ACKNOWLEDGE)

    _has_result = False

    def _frame(self, letter: str, **values: Any) -> bytes:
        return encode_frame(reader_request(letter, "00000000", **values))

    def _write(self, data: bytes) -> None:
        self._port.write(data)

    def _read_control(self) -> None:
        self._port.read(3)

    def _read_frame(self) -> bytes:
        data: bytes = self._port.read_until(b"\x03")
        self._port.read(1)
        return data

    def _until_receipt_ends(self) -> None:
        self._has_result = True
        while not self._read_frame().endswith(b"\x1b\x03"):
            self._write(ACKNOWLEDGE)
        self._write(ACKNOWLEDGE)

    def _commit(self, size: int) -> None:
        self._database.execute("INSERT INTO record (body, hash) VALUES (?, ?)", ("x" * size, "0" * 64))
        os.pwrite(self._head, b"\0" * 512, 0)
        os.fdatasync(self._head)


DETAILS = {
    "paymentMethod": "creditCard",
    "paymentChannel": "frontOffice",
    "fee": "1.50",
    "payer": {
        "uniqueIdentifier": {"entityUniqueIdentifierType": "F", "entityUniqueIdentifierValue": "ANONIMO"},
        "fullName": "ANONIMO",
    },
    "applicationDate": "2026-11-21",
    "transferDate": "2026-11-23",
}


if __name__ == "__main__":
    main()
