"""What the calls of the control API do (sandbox.md, "Control API"). A mistake is named, and changes nothing."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from pos_app.sandbox import psp_backend, rivals, views
from pos_app.sandbox.deliveries import Deliveries
from pos_app.sandbox.faults import FaultOrder
from pos_app.sandbox.legacy_soap import LEGACY_CREDITOR, NODE_FOR_PA
from pos_app.sandbox.notices import read_position
from pos_app.sandbox.outlet import read_body
from pos_app.sandbox.registry import Registry
from pos_app.sandbox.rivals import Drive, NoRivalError, RivalStep
from pos_app.sandbox.sandbox import Sandbox
from pos_app.sandbox.shapes import ShapeError, plain, read
from pos_app.sandbox.soap import CREDITOR, NODE

LARGEST_BODY = 4 * 1024 * 1024  # bytes
_FARTHEST = 100 * 366 * 86_400  # seconds the clock may run ahead of the machine
_SETTLE = 1.0  # seconds that looking at a notice waits for receipts under way


class Refusal(Exception):
    """A call that can't be carried out: the sentence for `error`, and the HTTP status."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True)
class ClockOrder:
    """Let `advance` seconds pass on the sandbox's clock."""

    advance: float

    def __post_init__(self) -> None:
        """Time goes forward, and not for ever."""
        if not 0 <= self.advance <= 3660 * 86_400:
            raise ShapeError(f"advance must be from 0 seconds to ten years, not {self.advance!r}")


@dataclass
class Control:
    """What the calls of the control API do."""

    sandbox: Sandbox
    deliveries: Deliveries
    drive: Drive

    async def get_registry(self, _request: Request) -> Any:
        """GET registry."""
        return plain(self.sandbox.registry)

    async def put_registry(self, request: Request) -> Any:
        """PUT registry: the whole of it."""
        self.sandbox.registry = read(Registry, await _body(request))
        return plain(self.sandbox.registry)

    async def get_notice(self, request: Request) -> Any:
        """GET a notice, with its sessions and receipts; receipts under way get a moment to arrive."""
        await self.deliveries.settle(timeout=_SETTLE)
        return self._notice(*_place(request))

    async def put_notice(self, request: Request) -> Any:
        """PUT a notice: the EC's position, not the Node's sessions."""
        place = _place(request)
        position = read_position(*place, await _body(request), year=self.sandbox.clock.now().year)
        self.sandbox.store.positions.put(position.key, position)
        self.sandbox.store.save()
        return self._notice(*place)

    async def post_fault(self, request: Request) -> Any:
        """POST faults: arm one."""
        return {"id": self.sandbox.faults.arm(fault_order(await _body(request)))}

    async def delete_faults(self, _request: Request) -> Any:
        """DELETE faults: all of them."""
        self.sandbox.faults.clear()
        return {}

    async def post_rival(self, request: Request) -> Any:
        """POST a rival's step."""
        place = _place(request)
        step = read(RivalStep, await _body(request))
        try:
            answer = await rivals.take(step, self.sandbox, self.drive, place)
        except NoRivalError as error:
            raise Refusal(str(error), status=409) from error
        self.deliveries.start()
        return plain(answer)

    async def get_totals(self, _request: Request) -> Any:
        """GET totals."""
        await self.deliveries.settle(timeout=_SETTLE)
        return views.totals(self.sandbox.store)

    async def get_clock(self, _request: Request) -> Any:
        """GET the sandbox's moment."""
        offset: float = self.sandbox.clock.offset
        offset = int(offset) if offset == int(offset) else offset
        return {"now": self.sandbox.clock.now().isoformat(), "offset": offset}

    async def post_clock(self, request: Request) -> Any:
        """POST clock: let time pass; what runs by itself then runs."""
        order = read(ClockOrder, await _body(request))
        if self.sandbox.clock.offset + order.advance > _FARTHEST:
            raise Refusal(f"advance: {order.advance:g} s more would take the clock a century from now; reset it first")
        self.sandbox.advance(order.advance)
        self.deliveries.catch_up()
        return await self.get_clock(request)

    async def cancel_expired(self, _request: Request) -> Any:
        """POST jobs/cancel-expired."""
        cancelled = self.sandbox.node.cancel_expired()
        self.sandbox.store.save()
        return {"cancelled": cancelled}

    async def send_receipts(self, _request: Request) -> Any:
        """POST jobs/send-receipts."""
        await self.deliveries.settle(timeout=_SETTLE)
        sent, refused = await self.deliveries.send_due()
        return {"sent": sent, "refused": refused}

    async def get_calls(self, request: Request) -> Any:
        """GET calls?operation=&at=&since=."""
        query = dict(request.query_params)
        unknown = sorted(set(query) - {"operation", "at", "since"})
        if unknown:
            raise Refusal(f"{unknown[0]}: unknown parameter; known are operation, at, since")
        if query.get("at") not in (None, "", *OPERATIONS):
            raise Refusal(f"at must be one of psp, node, ec, not {query['at']!r}")
        if query.get("operation") not in (None, "", *(name for names in OPERATIONS.values() for name in names)):
            raise Refusal(f"operation: {query['operation']!r} is no operation")
        since = query.get("since") or "0"
        if not (since.isascii() and since.isdecimal()):
            raise Refusal(f"since must be the seq of a call, not {since!r}")
        chosen = self.sandbox.calls.select(
            operation=query.get("operation") or None, at=query.get("at") or None, since=int(since)
        )
        return {"dropped": self.sandbox.calls.dropped, "calls": [call.as_json() for call in chosen]}

    async def reset(self, _request: Request) -> Any:
        """POST reset."""
        self.sandbox.reset()
        return {}

    def _notice(self, fiscal_code: str, notice_number: str) -> Any:
        found = views.notice(self.sandbox.node.world, fiscal_code, notice_number)
        if found is None:
            raise Refusal(f"{fiscal_code}/{notice_number}: no such notice", status=404)
        return found


async def _body(request: Request) -> Any:
    data = await read_body(request.receive, dict(request.headers), most=LARGEST_BODY)
    if data is None:
        raise Refusal(f"the body is longer than {LARGEST_BODY} bytes", status=413)
    try:
        return json.loads(data)
    except ValueError as error:
        raise Refusal(f"the body is not JSON: {error}") from error


def _place(request: Request) -> tuple[str, str]:
    return request.path_params["fiscal_code"], request.path_params["notice_number"]


def fault_order(body: Any) -> FaultOrder:
    """A fault to arm, as JSON has it. Raises ShapeError or Refusal naming what is wrong."""
    order = read(FaultOrder, body)
    if order.operation not in OPERATIONS[order.at]:
        known = ", ".join(OPERATIONS[order.at])
        raise Refusal(f"operation: {order.operation!r} is no operation of {order.at}; known are {known}")
    return order


OPERATIONS: Mapping[str, Collection[str]] = {
    "psp": psp_backend.SERVED,
    "node": [*NODE.operations, *NODE_FOR_PA.operations],
    "ec": [*CREDITOR.operations, *LEGACY_CREDITOR.operations],
}
