"""What the sandbox remembers, as the control API shows it."""

from typing import Any

from pos_app.sandbox.node_world import NodeWorld
from pos_app.sandbox.notices import position_key
from pos_app.sandbox.records import Receipt, Session
from pos_app.sandbox.shapes import plain
from pos_app.sandbox.store import Store


def notice(world: NodeWorld, fiscal_code: str, notice_number: str) -> dict[str, Any] | None:
    """A debt position with the Node's status of it, its sessions and receipts; None if there is no such position."""
    key = position_key(fiscal_code, notice_number)
    position = world.store.positions.get(key)
    if position is None:
        return None
    sessions = world.store.sessions_of(key)
    receipts = [receipt for session in sessions for receipt in world.store.receipts_of(session.token)]
    return {
        "notice": plain(position.notice),
        "position": world.position_status(key),
        "sessions": [_session(session) for session in sessions],
        "receipts": [_receipt(receipt) for receipt in receipts],
    }


def totals(store: Store) -> dict[str, Any]:
    """Counts and amounts (cents) over everything that happened."""
    counted = store.totals
    return {
        "outcomes_ok": counted["outcomes_ok"],
        "outcomes_ko": counted["outcomes_ko"],
        "open_sessions": len(store.open_sessions()),
        "receipts_delivered": counted["receipts_delivered"],
        "amount_paid": counted["amount_paid"],
        "fees": counted["fees"],
    }


def _session(session: Session) -> dict[str, Any]:
    return {
        "token": session.token,
        "amount": session.payment.amount,
        "history": list(session.history),
        "expires_at": session.expires_at.isoformat(),
    }


def _receipt(receipt: Receipt) -> dict[str, Any]:
    return {
        "ec": receipt.ec,
        "receipt_id": receipt.token,
        "outcome": "OK" if receipt.delivered else "KO" if receipt.tries else None,
        "tries": receipt.tries,
        "xml": receipt.xml,
    }
