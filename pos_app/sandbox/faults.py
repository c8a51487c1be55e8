"""Faults on demand: which are armed, and which of them a call meets (sandbox.md, `POST /control/faults`).

`when` says on which side of the effect a fault strikes; left out, it is where such a thing happens by itself: a 401, a
redirect or a refusal before anything was done, a lost or spoilt answer after it.
"""

from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

from pos_app.sandbox.shapes import Between, NoticeNumberText, Pattern, ShapeError, Text35, Text140

Actor = Literal["psp", "node", "ec"]
Kind = Literal[
    "delay",
    "timeout",
    "lost_request",
    "lost_response",
    "http_401",
    "http_429",
    "http_500",
    "soap_fault",
    "truncated",
    "garbage",
    "extra_element",
    "drip",
    "redirect",
    "stale_answer",
    "ko",
    "raw",
]

HeaderName = Annotated[str, Pattern(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", "a header's name")]
HeaderValue = Annotated[str, Pattern(r"([!-~]([ -~]*[!-~])?)?", "printable ASCII")]
_NO_BODY = (204, 304)  # statuses that HTTP allows no body

_AFTER = frozenset({"lost_response", "truncated", "garbage", "extra_element", "drip", "stale_answer"})
_FIXED = {
    "lost_request": "before",
    "lost_response": "after",
    "extra_element": "after",
    "truncated": "after",
    "drip": "after",
}


@dataclass(frozen=True)
class FaultOrder:
    """A fault to arm. `times` how often it strikes, after letting `skip` fitting calls pass; `delay` in seconds."""

    operation: Text35
    at: Actor
    kind: Kind
    times: Annotated[int, Between(1, 1_000_000)] = 1
    skip: Annotated[int, Between(0, 1_000_000)] = 0
    delay: float = 0.0
    when: Literal["before", "after"] | None = None
    notice_number: NoticeNumberText | None = None
    terminal: Text35 | None = None
    fault_code: Text140 | None = None
    original_fault_code: Text140 | None = None
    status: Annotated[int, Between(200, 599)] | None = None
    headers: dict[HeaderName, HeaderValue] | None = None
    body: str | None = None

    def __post_init__(self) -> None:
        """Refuse orders that could not be carried out as written."""
        if not 0 <= self.delay <= 3600:
            raise ShapeError(f"delay must be from 0 to 3600 seconds, not {self.delay!r}")
        fixed = _FIXED.get(self.kind)
        if self.when is not None and fixed is not None and self.when != fixed:
            raise ShapeError(f"when: {self.kind} always strikes {fixed} the effect, not {self.when!r}")
        if self.kind == "ko" and self.fault_code is None:
            raise ShapeError("fault_code is missing: kind ko needs it")
        if self.kind == "raw" and (self.status is None or self.body is None):
            raise ShapeError("status and body are both needed for kind raw")
        if self.status in _NO_BODY and self.body:
            raise ShapeError(f"body must be empty for status {self.status}, not {self.body!r}")

    @property
    def side(self) -> str:
        """On which side of the effect it strikes: before or after."""
        return self.when or ("after" if self.kind in _AFTER else "before")


@dataclass(frozen=True)
class Met:
    """What a call is about, as far as a fault can ask."""

    at: str
    operation: str
    notice_number: str | None
    terminal: str | None


@dataclass(frozen=True)
class Armed:
    """An armed fault: its order, how many fitting calls it still lets pass, how often it still strikes."""

    id: int
    order: FaultOrder
    to_skip: int
    left: int


@dataclass
class Faults:
    """The armed faults, first armed first met."""

    armed: list[Armed] = field(default_factory=list)
    last_id: int = 0

    def arm(self, order: FaultOrder) -> int:
        """Arm a fault; its id."""
        self.last_id += 1
        self.armed.append(Armed(self.last_id, order, order.skip, order.times))
        return self.last_id

    def clear(self) -> None:
        """Remove all of them."""
        self.armed.clear()

    def strike(self, met: Met) -> FaultOrder | None:
        """The fault that this call meets; it counts as met."""
        for place, armed in enumerate(self.armed):
            if not _fits(armed.order, met):
                continue
            if armed.to_skip > 0:
                self.armed[place] = replace(armed, to_skip=armed.to_skip - 1)
                continue
            self.armed[place] = replace(armed, left=armed.left - 1)
            if armed.left == 1:
                del self.armed[place]
            return armed.order
        return None


def _fits(order: FaultOrder, met: Met) -> bool:
    return (
        (order.at, order.operation) == (met.at, met.operation)
        and order.notice_number in (None, met.notice_number)
        and order.terminal in (None, met.terminal)
    )
