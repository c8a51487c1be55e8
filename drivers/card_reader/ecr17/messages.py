"""What the reader's answers mean to a driver: a result, a status, totals, a piece of receipt. Performs no I/O."""

import re
from dataclasses import dataclass

from drivers.card_reader.ecr17.layout import HEAD, Value, code_of, terminal_id_of
from drivers.card_reader.ecr17.masking import mask_card_number
from drivers.card_reader.ecr17.replies import APPROVED, REPLIES, decode_reply
from drivers.card_reader.ecr17.requests import REQUESTS

WILDCARD = "00000000"
RECEIPT_END = "\x1b"
NOT_PAID = frozenset({"01", "05", "09"})
COMPLETE = 71  # the shortest result that names STAN and online id
WITH_AMOUNT = 92  # shorter ones end in reserved zeros where the amount would be
OPERATIVE = "OPERATIVE"
STATE = re.compile(rf"{OPERATIVE}|[0-9]|[A-Za-z_ ]+")
NO_STAN = frozenset({None, "", "000000"})

CARD_RESULTS = frozenset("EVeicvA")


@dataclass(frozen=True)
class CurrencyExchange:
    """The customer's choice to be charged in another currency: `amount` in its smallest units (ecr17.md 2.4)."""

    currency: str
    rate: str
    amount: int
    decimals: int


@dataclass(frozen=True)
class CardResult:
    """The reader's verdict on a payment, a reversal or their kin, direct or asked again with `G`.

    `result` is "" where the payload is too short to hold one; `complete` says that nothing is cut off and that the
    transaction has a number. `amount` is what the host authorised, in cents, None
    where the reader does not say.
    """

    code: str
    terminal_id: str
    result: str
    complete: bool = False
    card_last4: str = ""
    entry_mode: str = ""
    authorisation_code: str = ""
    host_time: str = ""
    card_type: str = ""
    acquirer_id: str = ""
    stan: str = ""
    online_id: str = ""
    action_code: str = ""
    amount: int | None = None
    preauth_code: str = ""
    message: str = ""
    exchange: CurrencyExchange | None = None

    @property
    def approved(self) -> bool:
        """Only result 00 is paid, and only a whole result that names its transaction (reliability.md S16)."""
        return self.result == APPROVED and self.complete

    @property
    def refused(self) -> bool:
        """Whether the reader said that nothing was paid."""
        return self.result in NOT_PAID


@dataclass(frozen=True)
class StatusReply:
    """Answer to `s`: `state` is a digit or a word, `release` the software as the reader names it."""

    terminal_id: str
    reader_time: str
    state: str
    release: str


@dataclass(frozen=True)
class TotalsReply:
    """Answer to `T`: the reader's own total in cents, None when it refused."""

    terminal_id: str
    result: str
    total: int | None


@dataclass(frozen=True)
class SessionClosed:
    """Answer to `C`: the totals in cents as the reader and its host counted them, or why it did not close."""

    closed: bool
    reader_total: int | None
    host_total: int | None
    message: str


def card_result(payload: bytes) -> CardResult | None:
    """Read a result; None when the payload is another message."""
    if code_of(payload) not in CARD_RESULTS:
        return None
    fields = decode_reply(payload) or {}
    texts = {name: _text(fields.get(name)) for name in TEXTS}
    return CardResult(
        code=code_of(payload),
        terminal_id=terminal_id_of(payload),
        complete=_is_complete(payload, fields),
        card_last4=_last4(_text(fields.get("card_number"))),
        amount=_authorised(payload, fields),
        exchange=_exchange(fields),
        **texts,
    )


TEXTS = (
    "result",
    "entry_mode",
    "authorisation_code",
    "host_time",
    "card_type",
    "acquirer_id",
    "stan",
    "online_id",
    "action_code",
    "preauth_code",
    "message",
)


def status_reply(payload: bytes) -> StatusReply | None:
    """Read an answer to `s`; None when it is another message or too short to tell the state."""
    fields = decode_reply(payload) if code_of(payload) == "s" else None
    found = STATE.match(_text((fields or {}).get("state")))
    if fields is None or found is None:
        return None
    release = _text(fields["state"])[found.end() :].strip()
    return StatusReply(terminal_id_of(payload), _text(fields["reader_time"]), found[0].strip(), release)


def totals_reply(payload: bytes) -> TotalsReply | None:
    """Read an answer to `T`; None when it is another message."""
    if code_of(payload) != "T":
        return None
    fields = decode_reply(payload) or {}
    total = fields.get("total")
    return TotalsReply(terminal_id_of(payload), _text(fields.get("result")), total if isinstance(total, int) else None)


def closed_reply(payload: bytes) -> SessionClosed | None:
    """Read an answer to `C`; None when it is another message."""
    if code_of(payload) != "C":
        return None
    fields = decode_reply(payload) or {}
    totals = [fields.get(name) for name in ("reader_total", "host_total")]
    reader, host = (total if isinstance(total, int) else None for total in totals)
    return SessionClosed(_text(fields.get("result")) == APPROVED, reader, host, _text(fields.get("message")))


def receipt_part(payload: bytes) -> str | None:
    """Return the text of one piece of receipt; None when the payload is another message."""
    return payload[HEAD:].decode("latin-1") if code_of(payload) == "S" else None


def request(code: str, terminal_id: str, **values: Value) -> bytes:
    """Return the payload of a request. Raises KeyError for an unknown code, ValueError for what does not fit."""
    return REQUESTS[code].encode(terminal_id, values)


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""


def _is_complete(payload: bytes, fields: dict[str, Value]) -> bool:
    """Long enough for its code, and with a STAN where its layout has one."""
    long_enough = len(payload) >= min(COMPLETE, REPLIES[code_of(payload)].length)
    return long_enough and ("stan" not in fields or fields["stan"] not in NO_STAN)


def _last4(card_number: str) -> str:
    """Return the last four digits, "" where the reader hides them too."""
    last = mask_card_number(card_number.encode("latin-1"))[-4:].decode("latin-1")
    return last if last.isdigit() and card_number.strip("0") else ""


def _authorised(payload: bytes, fields: dict[str, Value]) -> int | None:
    """Return the amount; a reversal's 84 bytes have reserved zeros in its place."""
    amount = fields.get("amount")
    if not isinstance(amount, int) or (not amount and len(payload) < WITH_AMOUNT):
        return None
    return amount


def _exchange(fields: dict[str, Value]) -> CurrencyExchange | None:
    rate, amount, decimals = fields.get("rate"), fields.get("foreign_amount"), fields.get("foreign_decimals")
    if not fields.get("exchanged") or not (
        isinstance(rate, int) and isinstance(amount, int) and isinstance(decimals, int)
    ):
        return None
    return CurrencyExchange(_text(fields.get("currency")), f"{rate // 10000}.{rate % 10000:04}", amount, decimals)
