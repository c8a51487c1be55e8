"""What happens by itself: receipts that are due, expired sessions, the old model's RPTs (pagopa.md 1.2, 1.3, 2.5)."""

import asyncio
import contextlib
import logging
from dataclasses import replace
from datetime import timedelta

from pos_app.sandbox import node_receipts, node_rpt
from pos_app.sandbox.ec_calls import EcReply
from pos_app.sandbox.legacy_records import Occurrence, PromisedRpt
from pos_app.sandbox.network import Network
from pos_app.sandbox.records import Receipt
from pos_app.sandbox.sandbox import Sandbox

_LOG = logging.getLogger(__name__)
_TICK = 0.5  # seconds of the machine between two looks at the sandbox's clock
_TELL_AGAIN = 60  # seconds until an RPT that nobody answered is sent again
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
        for work, waiting in (
            (self.send_due, self._due),
            (self._tell_rpts, self._owed),
            (self._ask_anew, self._askings),
        ):
            if waiting():
                task = asyncio.get_running_loop().create_task(work())
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
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while self._tasks:  # what ends may have begun something else: an RPT makes an RT due
                    await asyncio.wait(self._tasks)

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

    async def _tell_rpts(self) -> tuple[int, int]:
        """The ECs of the old model send the RPTs that they owe."""
        owed = self._owed()
        self._under_way.update(each.ccp for each in owed)
        await asyncio.gather(*(self._tell(each) for each in owed))
        self._sandbox.store.save()
        return 0, 0

    async def _tell(self, promised: PromisedRpt) -> None:
        store = self._sandbox.store
        try:
            told = await self._network.send_rpt(promised)
            if told:
                store.promised.drop(promised.ccp)
            elif store.promised.get(promised.ccp) is not None:
                again = self._sandbox.clock.now() + timedelta(seconds=_TELL_AGAIN)
                store.promised.put(promised.ccp, replace(promised, due=again))
        finally:
            self._under_way.discard(promised.ccp)

    async def _ask_anew(self) -> tuple[int, int]:
        """The Node asks ECs of the old model again, for payments that came late."""
        askings = self._askings()
        self._under_way.update(each.ccp for each in askings)
        await asyncio.gather(*(self._ask(each) for each in askings))
        self._sandbox.store.save()
        self.start()  # the EC has promised an RPT
        return 0, 0

    async def _ask(self, occurrence: Occurrence) -> None:
        world = self._sandbox.node.world
        try:
            call = node_rpt.asking(world, occurrence)
            node_rpt.asked(world, occurrence.ccp, _NO_STATION if call is None else await self._network.ask(call))
        finally:
            self._under_way.discard(occurrence.ccp)

    def stop(self) -> None:
        """End what is under way."""
        for task in self._tasks:
            task.cancel()

    def _due(self) -> list[Receipt]:
        due = node_receipts.due(self._sandbox.node.world)
        return [receipt for receipt in due if receipt.key not in self._under_way]

    def _owed(self) -> list[PromisedRpt]:
        now = self._sandbox.clock.now()
        return [each for each in self._sandbox.store.promised if each.due <= now and each.ccp not in self._under_way]

    def _askings(self) -> list[Occurrence]:
        askings = node_rpt.askings(self._sandbox.node.world)
        return [each for each in askings if each.ccp not in self._under_way]

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
