"""The double's receipts: their text in the styles of real readers, and whether they go to the till (ecr17.md 2.7)."""

from drivers.card_reader.ecr17.messages import RECEIPT_END
from drivers.card_reader.ecr17.receipt import NEW_LINE
from drivers.card_reader.ecr17.replies import APPROVED, REPLIES
from drivers.card_reader.ecr17.simulator.answers import Answer
from drivers.card_reader.ecr17.simulator.payloads import Purchase, shown_card
from drivers.card_reader.ecr17.simulator.script import Traits

COLUMNS = 24
PIECE = 100  # characters of receipt in one frame; 200 at most
HEADINGS = {"S": "STORNO", "A": "ACCREDITO", "p": "PREAUTORIZZAZIONE", "H": "VERIFICA CARTA"}
# What ends a receipt: the document's feed, the first captured reader's, the second one's, which needs no new lines.
FEEDS = {
    "separated": NEW_LINE * 6,
    "filled": (NEW_LINE + " " * COLUMNS) * 6,
    "columns": NEW_LINE * 2,
}


class Paper:
    """Where receipts go: to the till only if it asked for the next procedure's."""

    def __init__(self, traits: Traits) -> None:
        self.goes_to_till = False
        self._traits = traits

    def payloads(self, text: str) -> list[bytes]:
        """Return what the till gets of a receipt; that it asked for it holds for one procedure."""
        if not text or not self.goes_to_till:
            return []
        self.goes_to_till = False
        return self.copy(text)

    def copy(self, text: str) -> list[bytes]:
        """Cut a receipt into frames, wherever the cut falls."""
        pieces = [text[start : start + PIECE] for start in range(0, len(text), PIECE)]
        return [REPLIES["S"].encode(self._traits.terminal_id, {"text": piece}) for piece in pieces]


def receipt_text(traits: Traits, answer: Answer, purchase: Purchase) -> str:
    """Return the receipt of a payment or its kin."""
    lines = [
        "BANCA DI PROVA".center(COLUMNS),
        "PROVA - SENZA VALORE".center(COLUMNS),
        HEADINGS.get(purchase.code, "ACQUISTO").center(COLUMNS),
        f"TML {traits.terminal_id}",
        f"CARTA {shown_card(traits).lstrip('0')}"[:COLUMNS],
        f"STAN {purchase.stan}",
        _euro(purchase.amount),
        ("TRANSAZIONE ESEGUITA" if answer.result == APPROVED else answer.text).center(COLUMNS)[:COLUMNS],
        *([purchase.reference[:COLUMNS]] if purchase.reference else []),
    ]
    text = _printed(traits, lines)
    return text if answer.receipt_ends else text.removesuffix(RECEIPT_END)


def totals_text(traits: Traits, total: int) -> str:
    """Return the receipt of the totals."""
    return _printed(traits, ["TOTALI".center(COLUMNS), f"TML {traits.terminal_id}", _euro(total)])


def _euro(cents: int) -> str:
    return f"EUR {cents // 100},{cents % 100:02}".rjust(COLUMNS)


def _printed(traits: Traits, lines: list[str]) -> str:
    """Write lines as this reader does: each begun by a new line, or by columns alone."""
    if traits.receipt == "none":
        return ""
    begin = "" if traits.receipt == "columns" else NEW_LINE
    return "".join(begin + line.ljust(COLUMNS) for line in lines) + FEEDS[traits.receipt] + RECEIPT_END
