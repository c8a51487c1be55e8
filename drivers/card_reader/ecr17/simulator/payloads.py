"""The payloads that the double sends: results, status, totals, receipts, built with the driver's own layouts."""

from dataclasses import dataclass

from drivers.card_reader.ecr17.layout import Value
from drivers.card_reader.ecr17.messages import RECEIPT_END
from drivers.card_reader.ecr17.receipt import NEW_LINE
from drivers.card_reader.ecr17.replies import APPROVED, REFUSALS, REFUSED, REPLIES
from drivers.card_reader.ecr17.simulator.answers import Answer
from drivers.card_reader.ecr17.simulator.script import Traits

COLUMNS = 24
PIECE = 100  # characters of receipt in one frame; 200 at most
HOST_TIME = "3251015"  # opaque, as on real readers (ecr17.md 2.3)
LENGTHS = {"P": 71, "X": 92, "S": 84}


@dataclass(frozen=True)
class Purchase:
    """A payment (P, X) or a reversal (S) as the host numbered it; `amount` in cents."""

    code: str
    amount: int
    stan: str
    reference: str


def result_payload(traits: Traits, answer: Answer, purchase: Purchase, online: str) -> bytes:
    """Return the result of a payment or a reversal."""
    code, stan = purchase.code, purchase.stan
    if answer.result == REFUSED:
        return _refusal(traits, answer, stan, online)
    reply = "V" if answer.exchange else "E"
    told = purchase.amount if answer.host_amount is None else answer.host_amount
    fields: dict[str, Value] = {
        "result": answer.result,
        "card_number": traits.card,
        "entry_mode": "CLI",
        "authorisation_code": "000000" if code == "S" else f"A{stan[1:]}",
        "host_time": HOST_TIME,
        "card_type": traits.card_type,
        "acquirer_id": traits.acquirer_id,
        "stan": stan,
        "online_id": online,
        "action_code": "000",
        "amount": 0 if code == "S" else told,
    }
    if answer.exchange:
        fields |= {"exchanged": True, "rate": 11401, "currency": "USD", "foreign_amount": told, "foreign_decimals": 2}
    length = answer.length or (0 if answer.exchange else LENGTHS[code])
    return REPLIES[reply].encode(traits.terminal_id, fields, length=length)


def _refusal(traits: Traits, answer: Answer, stan: str, online: str) -> bytes:
    """Return a refusal; one without a STAN never reached the host."""
    reached = bool(stan.strip("0"))
    fields: dict[str, Value] = {
        "result": REFUSED,
        "message": answer.text[:24],
        "card_type": traits.card_type if reached else "0",
        "acquirer_id": traits.acquirer_id if reached else "",
        "stan": stan,
        "online_id": online if reached else "",
    }
    return REFUSALS["E"].encode(traits.terminal_id, fields, length=answer.length or LENGTHS["P"])


def status_payload(traits: Traits) -> bytes:
    """Return an answer to `s`."""
    fields: dict[str, Value] = {"reader_time": "2111261015", "state": traits.state + traits.release}
    return REPLIES["s"].encode(traits.terminal_id, fields)


def totals_payload(traits: Traits, total: int) -> bytes:
    """Return an answer to `T`."""
    return REPLIES["T"].encode(traits.terminal_id, {"result": APPROVED, "total": total})


def closed_payload(traits: Traits, total: int) -> bytes:
    """Return an answer to `C`."""
    return REPLIES["C"].encode(traits.terminal_id, {"result": APPROVED, "reader_total": total, "host_total": total})


def receipt_text(traits: Traits, answer: Answer, purchase: Purchase) -> str:
    """Return a receipt in the style of one reader or another: lines separated, or columns alone (ecr17.md 2.7)."""
    if traits.receipt == "none":
        return ""
    lines = [
        "BANCA DI PROVA".center(COLUMNS),
        "PROVA - SENZA VALORE".center(COLUMNS),
        "ACQUISTO".center(COLUMNS),
        f"TML {traits.terminal_id}",
        f"CARTA {traits.card.lstrip('0')}"[:COLUMNS],
        f"STAN {purchase.stan}",
        f"EUR {purchase.amount // 100},{purchase.amount % 100:02}".rjust(COLUMNS),
        ("TRANSAZIONE ESEGUITA" if answer.result == APPROVED else answer.text).center(COLUMNS)[:COLUMNS],
        *([purchase.reference[:COLUMNS]] if purchase.reference else []),
    ]
    return _printed(traits, lines)


def totals_text(traits: Traits, total: int) -> str:
    """Return the receipt of the totals."""
    lines = [
        "TOTALI".center(COLUMNS),
        f"TML {traits.terminal_id}",
        f"EUR {total // 100},{total % 100:02}".rjust(COLUMNS),
    ]
    return "" if traits.receipt == "none" else _printed(traits, lines)


def _printed(traits: Traits, lines: list[str]) -> str:
    if traits.receipt == "columns":
        return "".join(line.ljust(COLUMNS) for line in lines) + NEW_LINE * 2 + RECEIPT_END
    return "".join(NEW_LINE + line.ljust(COLUMNS) for line in lines) + NEW_LINE * 6 + RECEIPT_END


def receipt_payloads(traits: Traits, text: str) -> list[bytes]:
    """Cut a receipt into frames, wherever the cut falls."""
    pieces = [text[start : start + PIECE] for start in range(0, len(text), PIECE)]
    return [REPLIES["S"].encode(traits.terminal_id, {"text": piece}) for piece in pieces]
