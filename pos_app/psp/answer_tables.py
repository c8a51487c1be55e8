"""Which answer is which event: the two tables of architecture.md, row by row."""

from collections.abc import Callable
from dataclasses import dataclass

from pos_app.domain.events import (
    ActivationRefused,
    ActivationUnanswered,
    NoticeRefused,
    OutcomeAccepted,
    OutcomeBlocked,
    OutcomeDiscordant,
    OutcomeRecordedLate,
    OutcomeRefused,
    OutcomeUnanswered,
    RivalPaymentFound,
)
from pos_app.psp.contract import OutcomeAnswer
from pos_app.psp.faults import CONFIGURATION_CODES, Fault

# --- verify: a KO ------------------------------------------------------------------------------


def verification_ko(fault: Fault) -> NoticeRefused:
    """The event of a KO to verify."""
    return NoticeRefused(fault.code, fault.category.value, fault.creditors_code, fault.description)


# --- activate: a KO ----------------------------------------------------------------------------

# On our own repeat these may be about our first call, which may still be under way: no proof that there is no session.
_PERHAPS_OURS = frozenset({"PPT_PAGAMENTO_IN_CORSO", "PPT_ATTIVAZIONE_IN_CORSO", "PPT_SYSTEM_ERROR"})


def activation_ko(fault: Fault, *, repeated: bool) -> ActivationRefused | ActivationUnanswered:
    """The event of a KO to activate; `repeated` where this very body was sent before."""
    if repeated and fault.code in _PERHAPS_OURS:
        return ActivationUnanswered(f"{fault.code} on our own repeat: the first call may still be under way.")
    return ActivationRefused(fault.code, fault.category.value, fault.creditors_code, fault.description)


# --- sendPaymentOutcome: a KO ------------------------------------------------------------------

_Meaning = Callable[[Fault], OutcomeAnswer]


def _accepted(_: Fault) -> OutcomeAnswer:
    return OutcomeAccepted()


def _late(fault: Fault) -> OutcomeAnswer:
    return OutcomeRecordedLate(fault.code)


def _rival(fault: Fault) -> OutcomeAnswer:
    return RivalPaymentFound(fault.code)


def _discordant(fault: Fault) -> OutcomeAnswer:
    return OutcomeDiscordant(fault.code, fault.description)


def _blocked(fault: Fault) -> OutcomeAnswer:
    return OutcomeBlocked(fault.code, fault.description)


def _again_at_once(fault: Fault) -> OutcomeAnswer:
    return OutcomeBlocked(fault.code, fault.description, at_once=True)


def _refused(fault: Fault) -> OutcomeAnswer:
    return OutcomeRefused(fault.code, fault.description)


def _unanswered(fault: Fault) -> OutcomeAnswer:
    return OutcomeUnanswered(f"{fault.code}: the Node does not say whether it has the outcome.")


def _always(_: str) -> bool:
    return True


def _concordant(description: str) -> bool:
    return description.startswith("Esito concorde")


def _opposite(description: str) -> bool:
    return description.startswith("Esito discorde")


def _about_the_state(description: str) -> bool:
    return "per stato pagamento" in description


@dataclass(frozen=True)
class _Row:
    """Codes, what the description must be like, and what that means to an outcome OK and to an outcome KO."""

    codes: frozenset[str]
    description: Callable[[str], bool]
    sent_ok: _Meaning
    sent_ko: _Meaning


def _codes(*codes: str) -> frozenset[str]:
    return frozenset(codes)


# The first row that fits counts; a fault that no row fits is refused: a case for a person, never success.
OUTCOME_KO: tuple[_Row, ...] = (
    _Row(_codes("PPT_ESITO_GIA_ACQUISITO"), _concordant, _accepted, _accepted),
    _Row(_codes("PPT_ESITO_GIA_ACQUISITO"), _opposite, _discordant, _discordant),
    _Row(_codes("PPT_TOKEN_SCADUTO"), _always, _late, _refused),
    _Row(_codes("PPT_TOKEN_SCADUTO_KO"), _always, _refused, _late),
    _Row(_codes("PPT_PAGAMENTO_DUPLICATO"), _always, _rival, _rival),
    _Row(CONFIGURATION_CODES, _always, _blocked, _blocked),
    _Row(_codes("PPT_ERRORE_IDEMPOTENZA"), _always, _again_at_once, _again_at_once),
    _Row(_codes("PPT_SEMANTICA"), _about_the_state, _again_at_once, _again_at_once),
    _Row(_codes("PPT_SYSTEM_ERROR"), _always, _unanswered, _unanswered),
)


def outcome_ko(fault: Fault, verdict: str) -> OutcomeAnswer:
    """The event of a KO to sendPaymentOutcome, where `verdict` (OK or KO) was sent."""
    for row in OUTCOME_KO:
        if fault.code in row.codes and row.description(fault.description):
            return (row.sent_ok if verdict == "OK" else row.sent_ko)(fault)
    return _refused(fault)
