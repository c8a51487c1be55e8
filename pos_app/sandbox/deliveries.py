"""What the Node does by itself: sending receipts that are due, ending expired sessions (pagopa.md 1.2, 2.5)."""

import asyncio
import logging

from pos_app.sandbox import node_receipts
from pos_app.sandbox.ec_calls import EcReply
from pos_app.sandbox.network import Network
from pos_app.sandbox.records import Receipt
from pos_app.sandbox.sandbox import Sandbox

_LOG = logging.getLogger(__name__)
_TICK = 0.5  # seconds of the machine between two looks at the sandbox's clock
_AT_ONCE = 8  # receipts on their way at the same time
_NO_STATION = EcReply(problem="PPT_STAZIONE_INT_PA_SCONOSCIUTA", sentence="La stazione non è più censita")


class Deliveries:
    """Sends receipts in the background, each once at a time."""

    def __init__(self, sandbox: Sandbox, network: Network) -> None:
        self._sandbox = sandbox
        self._network = network
        self._under_way: set[str] = set()
        self._tasks: set[asyncio.Task[tuple[int, int]]] = set()
        self._places = asyncio.Semaphore(_AT_ONCE)

    def start(self) -> None:
        """Send what is due, without waiting for it."""
        if self._due():
            task = asyncio.get_running_loop().create_task(self.send_due())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def send_due(self) -> tuple[int, int]:
        """Send what is due; how many the ECs took, how many they didn't."""
        due = self._due()
        self._under_way.update(receipt.key for receipt in due)
        results = await asyncio.gather(*(self._send(receipt) for receipt in due))
        self._sandbox.store.save()
        return sum(results), len(results) - sum(results)

    async def settle(self, *, timeout: float) -> None:  # noqa: ASYNC109 - the house rule: every wait takes one
        """Wait for what is under way, at most `timeout` seconds."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=timeout)

    async def keep_going(self) -> None:
        """Look at the sandbox's clock for ever, and do what its time has come for."""
        while True:
            try:
                self.catch_up()
            except Exception:  # noqa: BLE001 - it must go on: logged, and looked at again
                _LOG.exception("sandbox.background_failed")  # a full disk, say: the next look may find it mended
            await asyncio.sleep(_TICK)

    def catch_up(self) -> None:
        """Do what the clock says is due: the cancel job, the receipts."""
        self._sandbox.node.cancel_if_due()
        self._sandbox.store.save()
        self.start()

    def stop(self) -> None:
        """End what is under way."""
        for task in self._tasks:
            task.cancel()

    def _due(self) -> list[Receipt]:
        due = node_receipts.due(self._sandbox.node.world)
        return [receipt for receipt in due if receipt.key not in self._under_way]

    async def _send(self, receipt: Receipt) -> bool:
        world = self._sandbox.node.world
        try:
            async with self._places:
                call = node_receipts.call(world, receipt)
                reply = _NO_STATION if call is None else await self._network.ask(call)
            known = world.store.receipts.get(receipt.key)  # gone if the sandbox was reset meanwhile
            return known is not None and node_receipts.tried(world, known, reply)
        finally:
            self._under_way.discard(receipt.key)
            world.store.save()
