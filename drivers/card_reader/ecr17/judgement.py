"""From a reader's result to a verdict: the direct answer to a payment or a reversal (ecr17.md 3.2). Pure."""

import hashlib
import hmac

from drivers.card_reader.ecr17 import words
from drivers.card_reader.ecr17.messages import CardResult, card_result
from drivers.contracts import (
    CardTransaction,
    CardType,
    ChargeAnswer,
    ChargeVerdict,
    ReversalAnswer,
    ReversalVerdict,
)

CARD_TYPES = {"1": CardType.BANCOMAT, "2": CardType.CREDIT, "3": CardType.OTHER}
REVERSAL_OF = {
    ChargeVerdict.APPROVED: ReversalVerdict.APPROVED,
    ChargeVerdict.DECLINED: ReversalVerdict.REFUSED,
    ChargeVerdict.NOT_STARTED: ReversalVerdict.NOT_STARTED,
}


def fingerprint(payload: bytes, key: bytes) -> str:
    """Return a keyed hash of a whole result (PCI DSS 3.5.1.1): equal for equal results, and nothing to be read."""
    return hmac.new(key, payload, hashlib.sha256).hexdigest()


def transaction_of(payload: bytes, key: bytes) -> CardTransaction:
    """Return what a result tells. A payload that is no card result gives one without a result code."""
    result = card_result(payload) or CardResult("", "", "")
    return CardTransaction(
        result_code=result.result,
        approved=result.approved,
        fingerprint=fingerprint(payload, key),
        terminal_id=result.terminal_id,
        amount=result.amount,
        card_last4=result.card_last4,
        card_type=CARD_TYPES.get(result.card_type, CardType.UNKNOWN),
        entry_mode=result.entry_mode,
        authorisation_code=result.authorisation_code,
        stan=result.stan,
        online_id=result.online_id,
        acquirer_id=result.acquirer_id,
        action_code=result.action_code,
        host_time=result.host_time,
        message=result.message,
    )


def judge_charge(payload: bytes, amount: int | None, key: bytes) -> ChargeAnswer:
    """Return the verdict on a direct answer: an unknown code or a cut result is never "declined".

    `amount` is what was asked, None where any amount is right (a reversal's is not told).
    """
    result = card_result(payload) or CardResult("", "", "")
    verdict, reason = _verdict(result, amount)
    return ChargeAnswer(verdict, reason, transaction_of(payload, key))


def as_reversal(answer: ChargeAnswer) -> ReversalAnswer:
    """Say an answer in a reversal's words."""
    verdict = REVERSAL_OF.get(answer.verdict, ReversalVerdict.UNCERTAIN)
    told = answer.transaction.message if answer.transaction else ""
    reason = f"{words.REVERSED[verdict]} {told}".strip()
    return ReversalAnswer(verdict, reason, answer.transaction, answer.receipt)


def _verdict(result: CardResult, amount: int | None) -> tuple[ChargeVerdict, str]:
    if result.refused:
        return ChargeVerdict.DECLINED, words.refusal_words(result)
    if not result.approved:
        return ChargeVerdict.UNCERTAIN, words.unreadable_words(result)
    if amount is None or result.amount in (None, amount):
        return ChargeVerdict.APPROVED, words.APPROVED
    return ChargeVerdict.OTHER_AMOUNT, words.OTHER_AMOUNT
