"""However much happens, the sandbox's memory holds the latest of it, and knows all of it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pos_app.sandbox.records import KeptAnswer, TakenReceipt
from pos_app.sandbox.store import Store
from pos_app.sandbox.tables import HOT

if TYPE_CHECKING:
    from tests.pos_app.sandbox.conftest import Rules

COUNT = HOT + 60
MOMENT = datetime(2026, 11, 21, 10, 15, 30, tzinfo=UTC)


def numbers() -> list[str]:
    bases = [f"3010{count:012d}" for count in range(1, COUNT + 1)]
    return [f"{base}{int(base) % 93:02d}" for base in bases]


@pytest.mark.slow(reason="pays more notices than memory holds")
def test_what_has_left_memory_is_still_known(rules: "Rules") -> None:
    store = rules.sandbox.store
    tokens = []
    for number in numbers():
        rules.put(number, amount=100)
        tokens.append(rules.till.activate(number, key=rules.till.new_key()).token)
        if number != numbers()[0]:
            rules.till.outcome(tokens[-1], key=rules.till.new_key())
            rules.deliver()
        store.save()
    assert all(len(table._rows) <= HOT for table in store.tables)
    assert len(store.sessions) == COUNT
    assert store.totals["outcomes_ok"] == COUNT - 1
    assert store.totals["receipts_delivered"] == COUNT - 1
    assert store.totals["amount_paid"] == 100 * (COUNT - 1)
    assert rules.till.verify(numbers()[1]).fault == "PPT_PAGAMENTO_DUPLICATO"
    assert rules.till.activate(numbers()[0]).fault == "PPT_PAGAMENTO_IN_CORSO"
    assert [session.token for session in store.open_sessions()] == [tokens[0]]
    assert rules.till.outcome(tokens[0], "KO").ok
    assert rules.till.outcome(tokens[1], "KO").description.startswith("Esito discorde")
    assert [receipt.token for receipt in store.receipts_of(tokens[1])] == [tokens[1]]
    rules.till.activate(numbers()[0])
    assert [session.status for session in rules.sessions(numbers()[0])] == ["FAILED", "PAYING"]


def answer(key: str) -> KeptAnswer:
    return KeptAnswer(key, "x", "<a/>", MOMENT)


@pytest.mark.parametrize("keeps", [True, False])
def test_records_come_back_in_their_order_and_dropped_ones_stay_dropped(tmp_path: Path, *, keeps: bool) -> None:
    store = Store(tmp_path / "state.sqlite" if keeps else None)
    keys = [f"{count:05d}" for count in range(HOT * 2)]
    for key in keys:
        store.answers.put(key, answer(key))
        store.save()
    assert store.answers.has_cold
    store.answers.drop(keys[0])
    assert store.answers.get(keys[0]) is None
    store.save()
    assert store.answers.get(keys[0]) is None
    assert len(store.answers) == len(keys) - 1
    assert [kept.key for kept in store.answers.oldest(3)] == keys[1:4]
    store.answers.drop(keys[1])  # it was in memory again, and in the file as well
    store.save()
    assert store.answers.get(keys[1]) is None
    assert [kept.key for kept in store.answers] == keys[2:]
    store.clear()
    assert len(store.answers) == 0
    assert store.answers.get(keys[5]) is None
    store.close()


def test_a_large_state_file_is_read_and_leaves_memory_again(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    store = Store(path)
    for count in range(HOT * 2):
        taken = TakenReceipt("77777777777", str(count), "p", 1)
        store.taken.put(taken.key, taken)
    store.close()
    again = Store(path)
    assert len(again.taken) == HOT * 2
    again.save()
    assert len(again.taken._rows) <= HOT
    assert again.taken.get("77777777777/0") == TakenReceipt("77777777777", "0", "p", 1)
    again.close()
