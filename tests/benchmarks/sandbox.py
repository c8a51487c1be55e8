"""Full payments a second through the sandbox's actors, against the floor: the same HTTP and lxml work without rules.

A payment is verify, activate and outcome at /psp, each forwarded to /node/psp, which asks /ec, and the receipt at /ec:
eight HTTP exchanges on fresh connections. The floor makes the same exchanges on the same server, reads, checks and
writes the same messages, and answers what it was told beforehand. Each of the two is a process of its own; the
terminals are this one. Goals: at most twice the floor's time, and memory that stays once the ring of calls is full.

    scripts/bench sandbox
    scripts/bench sandbox --payments 10000    (how the memory goes)
"""

import argparse
import asyncio
import base64
import itertools
import json
import multiprocessing
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.request import Request, urlopen

from lxml import etree

from pos_app.psp import wire
from pos_app.sandbox import http_client
from pos_app.sandbox.http_client import HttpAnswer
from pos_app.sandbox.sandbox import SandboxOptions
from pos_app.sandbox.server import RunningSandbox
from pos_app.sandbox.soap import CREDITOR, NODE, Contract
from pos_app.sandbox.xmltree import Item, text

GOAL = 2.0
CREDITOR_CODE = "77777777777"
TERMINALS = (1, 10, 50)
XML = "text/xml; charset=utf-8"
BASIC = "Basic " + base64.b64encode(b"T0000001:sandbox").decode()
KEEP_CALLS = 2000
DETAILS: list[Item] = [
    ("paymentMethod", "creditCard"),
    ("paymentChannel", "frontOffice"),
    ("fee", "1.50"),
    (
        "payer",
        [
            ("uniqueIdentifier", [("entityUniqueIdentifierType", "F"), ("entityUniqueIdentifierValue", "ANONIMO")]),
            ("fullName", "ANONIMO"),
        ],
    ),
    ("applicationDate", "2026-11-21"),
    ("transferDate", "2026-11-23"),
]


def main() -> None:
    """Measure both with 1, 10 and 50 terminals, alternately; then how the memory goes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--each", type=int, default=100, help="payments a round")
    parser.add_argument("--payments", type=int, default=2000, help="payments while the memory is watched")
    asked = parser.parse_args()
    with ExitStack() as stack:
        ours = Side(*stack.enter_context(process(serve_ours)), prepares=True)
        floor = Side(*stack.enter_context(process(serve_floor)), prepares=False)
        for terminals in TERMINALS:
            compare(ours, floor, terminals, rounds=asked.rounds, each=asked.each)
        watch_memory(ours, asked.payments)


class Side:
    """One of the two servers, and the notices paid there so far."""

    def __init__(self, url: str, pid: int, *, prepares: bool) -> None:
        self.url = url
        self.pid = pid
        self._prepares = prepares
        self._numbers = (f"3010{count:012d}" for count in itertools.count(1))

    def notices(self, count: int) -> list[str]:
        """Fresh notices, put there before anybody is timed."""
        fresh = [f"{base}{int(base) % 93:02d}" for base in itertools.islice(self._numbers, count)]
        if self._prepares:
            for number in fresh:
                put(f"{self.url}/control/notices/{CREDITOR_CODE}/{number}", {"amount": 12550})
        return fresh

    def seconds(self, terminals: int, count: int) -> tuple[float, list[float]]:
        """How long `count` payments take with so many terminals at once, and each of their calls."""
        waiting = iter(self.notices(count))
        calls: list[float] = []

        async def terminal() -> None:
            for number in waiting:
                calls.extend(await pay(self.url, number))

        async def all_of_them() -> None:
            await asyncio.gather(*(terminal() for _ in range(terminals)))

        start = time.perf_counter()
        asyncio.run(all_of_them())
        return time.perf_counter() - start, calls

    @property
    def memory(self) -> float:
        """What the server's process holds, in MB."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        line = next(each for each in status.splitlines() if each.startswith("VmRSS"))
        return int(line.split()[1]) / 1024


def compare(ours: Side, floor: Side, terminals: int, *, rounds: int, each: int) -> None:
    """Rounds in turn, the first of them not counted; the ratio of the medians."""
    times: dict[str, list[float]] = {"sandbox": [], "floor": []}
    calls: list[float] = []
    for number in range(rounds + 1):
        took, singles = ours.seconds(terminals, each)
        bare, _ = floor.seconds(terminals, each)
        if number:
            times["sandbox"].append(took / each)
            times["floor"].append(bare / each)
            calls.extend(singles)
    mine, bare = (statistics.median(times[name]) for name in ("sandbox", "floor"))
    p95 = statistics.quantiles(calls, n=20)[-1]
    print(
        f"{terminals:>2} terminals: sandbox {1 / mine:6.1f} payments/s, floor {1 / bare:6.1f};"
        f" sandbox / floor = {mine / bare:.2f} (goal: at most {GOAL});"
        f" a call: median {statistics.median(calls) * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms"
    )


def watch_memory(ours: Side, payments: int) -> None:
    """How the memory goes from when the ring is full."""
    step = max(payments // 5, 1)
    print(f"memory, the ring of {KEEP_CALLS} calls being full: {ours.memory:.1f} MB", end="", flush=True)
    first = ours.memory
    for _ in range(5):
        ours.seconds(10, step)
        print(f" -> {ours.memory:.1f}", end="", flush=True)
    grown = ours.memory - first
    print(f" MB after {step * 5} payments: {grown * 1024 / (step * 5):.2f} kB a payment")


# --- a terminal ----------------------------------------------------------------------------------


async def pay(url: str, number: str) -> list[float]:
    """Verify, activate, report; how long each took."""
    taken: list[float] = []
    notice: Item = ("qrCode", [("fiscalCode", CREDITOR_CODE), ("noticeNumber", number)])

    async def call(name: str, items: list[Item]) -> etree._Element:
        start = time.perf_counter()
        body = wire.envelope(NODE.request(NODE.operations[name], [*HEAD, *items]))
        headers = [("Content-Type", XML), ("SOAPAction", f'"{name}"'), ("Authorization", BASIC)]
        answer = await http_client.post(f"{url}/psp", body, headers, timeout=30)
        taken.append(time.perf_counter() - start)
        element = wire.open_envelope(answer.body)
        assert text(element, "outcome") == "OK", answer.body
        return element

    await call("verifyPaymentNotice", [notice])
    key: Item = ("idempotencyKey", f"70000000001_{number[-10:]}")
    activated = await call("activatePaymentNoticeV2", [key, notice, ("amount", "125.50")])
    token = text(activated, "paymentToken")
    await call(
        "sendPaymentOutcomeV2",
        [key, ("paymentTokens", [("paymentToken", token)]), ("outcome", "OK"), ("details", DETAILS)],
    )
    return taken


HEAD: list[Item] = [
    ("idPSP", "70000000001"),
    ("idBrokerPSP", "70000000001"),
    ("idChannel", "70000000001_01"),
    ("password", "pwdpwdpwd"),
]


def put(url: str, body: object) -> None:
    """One call of the control API."""
    with urlopen(Request(url, json.dumps(body).encode(), method="PUT")) as answer:
        answer.read()


# --- the two servers -----------------------------------------------------------------------------


@contextmanager
def process(target: Callable[[Connection], None]) -> Iterator[tuple[str, int]]:
    """A server in a process of its own; its address and its id."""
    here, there = multiprocessing.get_context("spawn").Pipe()
    started = multiprocessing.get_context("spawn").Process(target=target, args=(there,))
    started.start()
    there.close()  # so that a server that dies is an end of file here, and no wait for ever
    try:
        yield here.recv(), started.pid or 0
    finally:
        here.close()  # which its recv() hears
        started.join(10)


def serve_ours(pipe: Connection) -> None:
    """The sandbox."""
    with RunningSandbox(SandboxOptions(port=0, keep_calls=KEEP_CALLS)) as running:
        pipe.send(running.url)
        pipe.poll(None)


def serve_floor(pipe: Connection) -> None:
    """The floor."""
    asyncio.run(_serve_floor(pipe, _by_rote()))


async def _serve_floor(pipe: Connection, told: dict[str, tuple[bytes, bytes]]) -> None:
    import socket  # noqa: PLC0415 - only the floor's own process needs these

    from pos_app.sandbox.http_server import http_server  # noqa: PLC0415

    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        listener.setblocking(False)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = http_server(floor_app(url, told), SandboxOptions(port=0))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        pipe.send(url)
        await asyncio.to_thread(pipe.poll, None)
        server.should_exit = True
        await serving


def floor_app(url: str, told: dict[str, tuple[bytes, bytes]]) -> Callable[..., Awaitable[None]]:
    """The same exchanges and messages without rules: each actor reads, checks, asks on, and answers by rote."""
    from starlette.applications import Starlette  # noqa: PLC0415
    from starlette.requests import Request as Asked  # noqa: PLC0415
    from starlette.responses import Response  # noqa: PLC0415
    from starlette.routing import Route  # noqa: PLC0415

    receipts: set[asyncio.Task[HttpAnswer]] = set()

    async def on(path: str, name: str, body: bytes) -> HttpAnswer:
        headers = [("Content-Type", XML), ("SOAPAction", f'"{name}"')]
        return await http_client.post(url + path, body, headers, timeout=30)

    async def psp(request: Asked) -> Response:
        name, element = NODE.open(await request.body(), request.headers["soapaction"])
        answer = await on("/node/psp", name.name, wire.envelope(element))
        return Response(answer.body, media_type="text/xml")

    async def node(request: Asked) -> Response:
        name, _ = NODE.read(await request.body(), request.headers["soapaction"])
        asks, body = _ASKS[name.name], told[_ASKS[name.name]][0]
        if asks == "paSendRTV2":
            task = asyncio.create_task(on("/ec", asks, body))
            receipts.add(task)
            task.add_done_callback(receipts.discard)
        else:
            wire.open_envelope((await on("/ec", asks, body)).body)
        return _checked(NODE, told[name.name][1])

    async def ec(request: Asked) -> Response:
        name, _ = CREDITOR.read(await request.body(), request.headers["soapaction"])
        return _checked(CREDITOR, told[name.name][1])

    def _checked(contract: Contract, body: bytes) -> Response:
        element = wire.open_envelope(body)
        assert contract.schema_error(element) is None
        return Response(wire.envelope(element), media_type="text/xml")

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield

    routes = [Route(path, actor, methods=["POST"]) for path, actor in (("/psp", psp), ("/node/psp", node), ("/ec", ec))]
    return Starlette(routes=routes, lifespan=lifespan)


_ASKS = {
    "verifyPaymentNotice": "paVerifyPaymentNotice",
    "activatePaymentNoticeV2": "paGetPaymentV2",
    "sendPaymentOutcomeV2": "paSendRTV2",
}


def _by_rote() -> dict[str, tuple[bytes, bytes]]:
    """Every message of one real payment: request and answer by operation."""
    with RunningSandbox(SandboxOptions(port=0)) as running:
        asyncio.run(pay(running.url, "301000000000012373"))
        with urlopen(f"{running.url}/control/notices/{CREDITOR_CODE}/301000000000012373") as looked:
            looked.read()  # which waits for the receipt
        kept = running.sandbox.calls.select()
        return {call.operation or "": (call.request.encode(), (call.response or "").encode()) for call in kept}


if __name__ == "__main__":
    main()
