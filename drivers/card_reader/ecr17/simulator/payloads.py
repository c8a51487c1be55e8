"""The payloads that the double sends, built with the driver's own layouts: results, status, totals, parameters, VAS."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from drivers.card_reader.ecr17.layout import Layout, Value
from drivers.card_reader.ecr17.replies import APPROVED, REFUSALS, REFUSED, REPLIES, RESULT
from drivers.card_reader.ecr17.simulator.answers import Answer
from drivers.card_reader.ecr17.simulator.script import Traits

HOST_TIME = "3251015"  # opaque, as on real readers (ecr17.md 2.3)
READER_TIME = "2111261015"
# Which reply answers which request, and how long it is where the layout allows more.
RESULTS = {
    "P": ("E", 71),
    "X": ("E", 92),
    "S": ("E", 84),
    "H": ("E", 71),
    "Q": ("E", 84),
    "p": ("e", 106),
    "i": ("i", 75),
    "c": ("c", 74),
    "A": ("A", 58),
}
PLAIN = 71  # of a refusal, whatever was asked (ecr17.md 2.9)
EXCHANGED = {"P": "V", "X": "V", "c": "v"}
XML_PIECE = 1024  # ecr17.md 2.5
MASKS: dict[str, Callable[[str], str]] = {
    "none": lambda number: number,
    "last_four": lambda number: re.sub(r"[0-9](?=[0-9]{4})", "*", number),
    "first_six": lambda number: number[:6] + "*" * (len(number) - 10) + number[-4:],
}


@dataclass(frozen=True)
class Purchase:
    """What was asked (its request's code) and how the host numbered it; `amount` in cents."""

    code: str
    amount: int
    stan: str
    reference: str
    preauth_code: str = ""


def shown_card(traits: Traits) -> str:
    """Return the card number as this reader's mask shows it; one that is not a whole number is shown as it is."""
    return MASKS[traits.mask](traits.card) if traits.card.isdigit() else traits.card


def result_payload(traits: Traits, answer: Answer, purchase: Purchase, online: str) -> bytes:
    """Return the result of a payment, a reversal or their kin."""
    code, length = RESULTS[purchase.code]
    stan = answer.stan or purchase.stan
    if purchase.code == "P":
        length = traits.payment_length
    if answer.exchange and purchase.code in EXCHANGED:
        code = EXCHANGED[purchase.code]
        length = REPLIES[code].length
    if answer.result == REFUSED:
        length = answer.length or (PLAIN if code == "E" else length)
        return _refusal(traits, answer, REFUSALS.get(code) or Layout(code, length, (RESULT,)), stan, online)[:length]
    fields = _told(traits, answer, purchase, stan, online)
    layout = REPLIES[code]
    told = {field.name: fields[field.name] for field in layout.fields}
    return layout.encode(traits.terminal_id, told, length=answer.length or length)


def _told(traits: Traits, answer: Answer, purchase: Purchase, stan: str, online: str) -> dict[str, Value]:
    """Return all that a host tells; each layout has some of it."""
    told = purchase.amount if answer.host_amount is None else answer.host_amount
    exchange = answer.exchange
    return {
        "result": answer.result,
        "card_number": shown_card(traits),
        "entry_mode": "CLI",
        "authorisation_code": "000000" if purchase.code == "S" else f"A{stan[1:]}",
        "host_time": HOST_TIME,
        "card_type": traits.card_type,
        "acquirer_id": traits.acquirer_id,
        "stan": stan,
        "online_id": online,
        "action_code": "000",
        "amount": 0 if purchase.code in "SQH" else told,
        "preauth_code": purchase.preauth_code,
        "exchanged": exchange,
        "rate": 11401 if exchange else 0,
        "currency": "USD" if exchange else "",
        "foreign_amount": told if exchange else 0,
        "foreign_decimals": 2 if exchange else 0,
    }


def _refusal(traits: Traits, answer: Answer, layout: Layout, stan: str, online: str) -> bytes:
    """Return a refusal; one without a STAN never reached the host."""
    reached = bool(stan.strip("0"))
    fields: dict[str, Value] = {
        "result": REFUSED,
        "message": answer.text[:24],
        "card_type": traits.card_type if reached else "0",
        "acquirer_id": traits.acquirer_id if reached else "",
        "stan": stan,
        "online_id": online if reached else "",
        "action_code": "100" if reached else "",
    }
    return layout.encode(traits.terminal_id, {field.name: fields[field.name] for field in layout.fields})


def status_payload(traits: Traits, state: str) -> bytes:
    """Return an answer to `s`."""
    fields: dict[str, Value] = {"reader_time": READER_TIME, "state": state + traits.release}
    return REPLIES["s"].encode(traits.terminal_id, fields)


def extended_status_payload(traits: Traits, state: str) -> bytes:
    """Return an answer to `t`, which has room for a digit only."""
    return REPLIES["t"].encode(traits.terminal_id, {"state": state if len(state) == 1 else "2"})


def totals_payload(traits: Traits, total: int) -> bytes:
    """Return an answer to `T`."""
    return REPLIES["T"].encode(traits.terminal_id, {"result": APPROVED, "total": total})


def closed_payload(traits: Traits, total: int) -> bytes:
    """Return an answer to `C`."""
    return REPLIES["C"].encode(traits.terminal_id, {"result": APPROVED, "reader_total": total, "host_total": total})


def parameters_payload(traits: Traits, stan: str, online: str) -> bytes:
    """Return an answer to `D`."""
    fields: dict[str, Value] = {"result": APPROVED, "stan": stan, "online_id": online, "host_time": HOST_TIME}
    return REPLIES["D"].encode(traits.terminal_id, fields)


def vas_payloads(traits: Traits) -> list[bytes]:
    """Return an answer to `K`, in pieces."""
    xml = traits.vas_answer
    pieces = [xml[start : start + XML_PIECE] for start in range(0, len(xml), XML_PIECE)] or [""]
    return [
        REPLIES["K"].encode(
            traits.terminal_id,
            {"more": number < len(pieces), "sequence": number, "xml_length": len(piece), "xml": piece},
        )
        for number, piece in enumerate(pieces, 1)
    ]


def additional_payload(traits: Traits, data: str) -> bytes:
    """Return the reader's own `U`: the host's answer to what the till added (ecr17.md 2.6)."""
    fields: dict[str, Value] = {"data_length": len(data), "data": data + "0" * 10}
    return REPLIES["U"].encode(traits.terminal_id, fields)
