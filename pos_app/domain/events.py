"""What can happen to a payment: one frozen dataclass each, past tense (architecture.md, "The state table").

Every event is journaled as canonical JSON, so fields are plain: text, whole numbers, truth values, lists of text, and
the two value types below. Amounts are integer cents. No event carries a password or a whole card number.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Stamp:
    """When something was recorded: `utc` in ISO 8601 for people, `elapsed` seconds since boot `boot_id` for waiting."""

    utc: str
    boot_id: str
    elapsed: float


@dataclass(frozen=True)
class Card:
    """A card transaction as the reader told it; of the card number only the last four digits.

    `kind` is bancomat, credit, other or unknown. `amount` is what the host authorised, None where the reader
    does not say.
    """

    result_code: str
    fingerprint: str
    terminal_id: str
    amount: int | None = None
    last4: str = ""
    kind: str = "unknown"
    entry_mode: str = ""
    authorisation_code: str = ""
    stan: str = ""
    online_id: str = ""
    acquirer_id: str = ""
    action_code: str = ""
    host_time: str = ""
    message: str = ""


@dataclass(frozen=True)
class Event:
    """Something that happened."""


# --- the notice --------------------------------------------------------------------------------


@dataclass(frozen=True)
class NoticeRead(Event):
    """A notice was scanned or typed; `verify` says whether the terminal verifies before it asks the citizen."""

    notice_number: str
    creditor: str
    amount: int
    source: str
    verify: bool
    operation: str
    language: str = "it"


@dataclass(frozen=True)
class NoticeVerified(Event):
    """The PSP knows the notice: what is due today, and to whom."""

    amount: int
    company_name: str = ""
    office_name: str = ""
    description: str = ""
    due_date: str = ""
    payment_note: str = ""
    standin: bool = False


@dataclass(frozen=True)
class NoticeRefused(Event):
    """The PSP, the Node or the creditor institution says that this notice cannot be paid."""

    code: str
    category: str
    original_code: str = ""
    description: str = ""


@dataclass(frozen=True)
class VerificationUnanswered(Event):
    """No usable answer to verify came; nothing happened."""

    reason: str


@dataclass(frozen=True)
class CustomerConfirmed(Event):
    """The citizen agreed to this amount and this fee, in cents, as they were shown.

    `trial` says that a double or a sandbox takes part, so no paper of this payment is worth anything (money rule 11).
    From here on that is certain: reader and PSP have both answered.
    """

    amount: int
    fee: int
    trial: bool


@dataclass(frozen=True)
class CustomerCancelled(Event):
    """The citizen or the cashier gave up."""

    reason: str = ""


@dataclass(frozen=True)
class ConfirmationTimedOut(Event):
    """Nobody answered the question on the screen in time."""


@dataclass(frozen=True)
class ReaderNotReady(Event):
    """The card reader cannot charge now; `reason` is a sentence for the cashier."""

    reason: str


@dataclass(frozen=True)
class AmountNotChargeable(Event):
    """The total is outside what the card reader takes (1 to 99 999 999 cents)."""

    amount: int


@dataclass(frozen=True)
class BaselineTaken(Event):
    """What the reader remembered before the charge (ecr17.md 3.3)."""

    reader_id: str
    last_result: str | None
    stan: str = ""
    totals: int | None = None


# --- activation --------------------------------------------------------------------------------


@dataclass(frozen=True)
class ActivationIntended(Event):
    """The exact activation request, password left out, before it is sent; the same body goes out on every repeat."""

    key: str
    body: str
    token_seconds: int


@dataclass(frozen=True)
class ActivationAccepted(Event):
    """The notice is ours to pay: token and authoritative amount."""

    token: str
    amount: int
    creditor: str
    iuv: str
    company_name: str = ""
    office_name: str = ""
    description: str = ""
    standin: bool = False


@dataclass(frozen=True)
class ActivationRefused(Event):
    """The activation was answered with a refusal; there is no session of ours."""

    code: str
    category: str
    original_code: str = ""
    description: str = ""


@dataclass(frozen=True)
class ActivationUnanswered(Event):
    """No usable answer came; the notice may be locked under our key."""

    reason: str


@dataclass(frozen=True)
class ActivationAbandoned(Event):
    """The counter gave up waiting; what may be locked is released in the background."""

    reason: str = ""


@dataclass(frozen=True)
class LockExpired(Event):
    """The token's life is surely over, so the notice is free again."""


@dataclass(frozen=True)
class AmountAccepted(Event):
    """The citizen agreed to a total that differs from the one confirmed before."""

    amount: int
    fee: int


@dataclass(frozen=True)
class TokenTooShort(Event):
    """Too little token life is left to start the card (architecture.md, "Time")."""

    seconds_left: int


# --- the card ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class ChargeStarted(Event):
    """About to ask the reader, once: written before its first byte."""

    attempt: int
    amount: int
    reference: str


@dataclass(frozen=True)
class CardApproved(Event):
    """The card was charged."""

    card: Card


@dataclass(frozen=True)
class CardDeclined(Event):
    """The reader said: not paid."""

    reason: str
    card: Card | None = None


@dataclass(frozen=True)
class CardNotStarted(Event):
    """The reader never accepted the command."""

    reason: str


@dataclass(frozen=True)
class CardUncertain(Event):
    """The card may or may not have been charged."""

    reason: str


@dataclass(frozen=True)
class CardOtherAmount(Event):
    """The card was charged, but not what was asked for."""

    card: Card
    asked: int


@dataclass(frozen=True)
class CardNotCharged(Event):
    """Proven afterwards that nothing was charged; `evidence` says by what."""

    evidence: str
    card: Card | None = None


@dataclass(frozen=True)
class LateCardApproval(Event):
    """An approval arrived after its charge had been given up."""

    card: Card


@dataclass(frozen=True)
class UnexplainedApproval(Event):
    """The reader told of a charge that can belong to no payment here: a case of its own, without a notice."""

    card: Card


@dataclass(frozen=True)
class ReaderReceiptTaken(Event):
    """The reader's own receipt text, line by line."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class AnotherCardOffered(Event):
    """Not paid yet; the citizen tries again."""


@dataclass(frozen=True)
class DeclineTimedOut(Event):
    """After a decline nobody chose what to do in time."""


@dataclass(frozen=True)
class RecoveryExhausted(Event):
    """The reader cannot prove what happened; a person rules."""

    reason: str


@dataclass(frozen=True)
class EvidenceFrozen(Event):
    """What the reader can tell about an unknown charge was stored, so the reader may be used again."""

    evidence: str


@dataclass(frozen=True)
class OperatorFoundCharged(Event):
    """A person ruled, with the reader's slip in hand: charged."""

    operator: str
    reason: str


@dataclass(frozen=True)
class OperatorFoundNotCharged(Event):
    """A person ruled, with the reader's slip in hand: not charged."""

    operator: str
    reason: str


# --- reversal ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class ReversalStarted(Event):
    """About to ask the reader to reverse the charge with this STAN, once."""

    stan: str


@dataclass(frozen=True)
class ReversalApproved(Event):
    """The money went back to the card."""

    card: Card


@dataclass(frozen=True)
class ReversalRefused(Event):
    """The reader said: not reversed."""

    reason: str


@dataclass(frozen=True)
class ReversalUncertain(Event):
    """The reversal may or may not have happened."""

    reason: str


@dataclass(frozen=True)
class RefundDeferred(Event):
    """The refund cannot be made at the counter now; it becomes a case."""

    reason: str


# --- the outcome -------------------------------------------------------------------------------


@dataclass(frozen=True)
class OutcomeIntended(Event):
    """The exact outcome request, password left out, before it is sent. `verdict` is OK or KO."""

    verdict: str
    key: str
    body: str


@dataclass(frozen=True)
class OutcomeAccepted(Event):
    """The Node recorded our outcome, now or before."""


@dataclass(frozen=True)
class OutcomeRecordedLate(Event):
    """The token had expired, yet the outcome counts (pagopa.md 3.3)."""

    code: str


@dataclass(frozen=True)
class RivalPaymentFound(Event):
    """Somebody else paid or is paying this notice: our citizen gets the money back."""

    code: str


@dataclass(frozen=True)
class OutcomeDiscordant(Event):
    """The Node holds the opposite outcome and will not change it."""

    code: str
    description: str = ""


@dataclass(frozen=True)
class OutcomeUnanswered(Event):
    """No usable answer: the same bytes go out again."""

    reason: str


@dataclass(frozen=True)
class OutcomeBlocked(Event):
    """Answered, and something can be mended: the same content goes out again under a new key.

    `at_once` where nobody has to repair anything first.
    """

    code: str
    description: str = ""
    at_once: bool = False


@dataclass(frozen=True)
class LadderExhausted(Event):
    """The automatic tries of pagopa.md 3.4 are used up; it waits for a person or a restart."""


@dataclass(frozen=True)
class LadderReset(Event):
    """A person set the counter of automatic tries back: the ladder begins anew (pagopa.md 3.4)."""

    operator: str


@dataclass(frozen=True)
class OutcomeRefused(Event):
    """Answered, and nothing we can send will change it: a case."""

    code: str
    description: str = ""


@dataclass(frozen=True)
class OutcomeResent(Event):
    """A person sends a refused outcome again."""

    operator: str
    reason: str


@dataclass(frozen=True)
class PaymentParked(Event):
    """The citizen has a slip, the counter takes the next one, the work goes on in the background."""

    reason: str


# --- paper and the end -------------------------------------------------------------------------


@dataclass(frozen=True)
class PrintStarted(Event):
    """About to send the rendered bytes of one copy (base64) to the printer.

    `attempt` counts the sendings that may have left something on paper.
    """

    copy: str
    attempt: int
    data: str


@dataclass(frozen=True)
class CopyPrinted(Event):
    """The printer proved this copy; `proof` names how."""

    copy: str
    proof: str


@dataclass(frozen=True)
class CopyUnproven(Event):
    """No proof that this copy came out whole; `state` says what is known: partial, unknown, or cancelled."""

    copy: str
    reason: str
    state: str


@dataclass(frozen=True)
class ReceiptPrinted(Event):
    """All copies are on paper, proven."""


@dataclass(frozen=True)
class ReceiptDeferred(Event):
    """The receipt is not printed now; it can be, any time."""

    reason: str


@dataclass(frozen=True)
class PrinterNotReady(Event):
    """The printer cannot print now; `reason` is a sentence for the cashier."""

    reason: str


@dataclass(frozen=True)
class CaseClosed(Event):
    """A person closed the case with a verdict and a reason."""

    operator: str
    verdict: str
    reason: str


@dataclass(frozen=True)
class CarriedOver(Event):
    """The journal that held this payment was put aside: records may be lost, so it is a person's case.

    `unread` are records of it, or what was left of them, that no longer follow from the others.
    """

    reason: str
    unread: tuple[str, ...] = ()


@dataclass(frozen=True)
class TerminalRestarted(Event):
    """The process that ran this payment ended; this is the next one."""


@dataclass(frozen=True)
class ReaderAccepted(Event):
    """A person vouches that the reader's last result, which no record explains, is none of this terminal's.

    It belongs to no payment; `last_result` is the result's fingerprint (see `continuity`).
    """

    operator: str
    reason: str
    reader_id: str
    last_result: str
    stan: str = ""
