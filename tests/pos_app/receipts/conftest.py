from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pos_app.domain.events import Card
from pos_app.receipts.facts import Merchant, Provider, ReceiptFacts

CARD = Card(
    result_code="00",
    fingerprint="f1",
    terminal_id="12345678",
    amount=13000,
    last4="4242",
    kind="bancomat",
    entry_mode="CLI",
    authorisation_code="A1B2C3",
    stan="000123",
    online_id="000456",
    acquirer_id="88105100003",
)

PAID = ReceiptFacts(
    merchant=Merchant("Edicola del Corso S.n.c.", "Corso Garibaldi 12 - 35121 Padova (PD)", "01234567890"),
    provider=Provider("Banca Esempio S.p.A.", "09876543210", "tel. 800 123 456"),
    trial=False,
    notice_number="301000000001234519",
    creditor="77777777777",
    amount=12850,
    fee=150,
    paid_at="21/11/2026 10:42:31",
    operation="2026-000317",
    terminal_id="T0000001",
    company_name="Comune di Città Sant'Angelo",
    description="TARI 2026 - acconto - utenza non domestica, via dell'Università 3",
    iuv="01000000001234519",
    payment_token="c110729d258c4ab1b765fe902aae41d6",
    card=CARD,
    cashier_desk="Cassa 1",
)

Facts = Callable[..., ReceiptFacts]


@pytest.fixture
def facts() -> Facts:
    """A payment as printing.md 3 shows it, with whatever a test wants different."""

    def changed(**changes: Any) -> ReceiptFacts:
        return replace(PAID, **changes)

    return changed
