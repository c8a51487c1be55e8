"""A PSP and its Node in memory: sessions, idempotency and outcomes by pagopa.md 1.2 and 5, and every lost answer."""

import json
from dataclasses import dataclass, field

from pos_app.domain import events as e
from pos_app.domain.notice import NoticeCode
from pos_app.psp.contract import ActivationAnswer, OutcomeAnswer, OutcomeDetails, VerificationAnswer
from pos_app.testing.clock import VirtualClock
from pos_app.testing.faults import Misfortune


@dataclass
class Session:
    """One activation of a notice."""

    token: str
    notice_number: str
    amount: int
    expires: float
    outcome: str = ""
    key: str = ""


# What may come back instead of an outcome recorded, and leaves nothing behind at the Node.
_REFUSALS: tuple[OutcomeAnswer, ...] = (
    e.OutcomeBlocked("PPT_AUTORIZZAZIONE"),
    e.OutcomeBlocked("PPT_ERRORE_IDEMPOTENZA", at_once=True),
    e.OutcomeRefused("PPT_SINTASSI_XSD"),
)


@dataclass
class MemoryPsp:
    """Knows every notice; `activated_amount`, where given, is what activation answers instead of what verify said."""

    clock: VirtualClock
    misfortune: Misfortune
    activated_amount: int | None = None
    sessions: dict[str, Session] = field(default_factory=dict)
    bodies: list[str] = field(default_factory=list)
    lost_activations: int = 0  # so many answers are lost on the way
    slow_activations: int = 0  # so many answers take most of the token's life
    activation_answers: list[ActivationAnswer] = field(default_factory=list)  # said instead, in this order
    outcome_answers: list[OutcomeAnswer] = field(default_factory=list)  # the same
    outcomes: list[tuple[str, str, str]] = field(default_factory=list)  # token, verdict, key: all that were processed

    def verify(self, notice: NoticeCode, *, timeout: float) -> VerificationAnswer:
        """What is due today, unless it was paid."""
        if self._lost(timeout):
            return e.VerificationUnanswered("nessuna risposta")
        if self._paid(notice.number.digits):
            return e.NoticeRefused("PPT_PAGAMENTO_DUPLICATO", "NOTICE_ALREADY_PAID")
        return e.NoticeVerified(notice.amount, "Comune di Prova", description="TARI 2026")

    def activation_body(self, notice: NoticeCode, *, amount: int, key: str, token_seconds: int) -> str:
        """A body that can be told apart from every other."""
        body = {"op": "activate", "key": key, "nav": notice.number.digits, "amount": amount, "seconds": token_seconds}
        return json.dumps(body)

    def activate(self, notice: NoticeCode, body: str, *, repeated: bool, timeout: float) -> ActivationAnswer:
        """Opens a session, or answers as before for a key it knows."""
        if self._lost(timeout):
            return e.ActivationUnanswered("nessuna risposta")
        answer = self._activate(notice, json.loads(body), repeated=repeated)
        answer = self.activation_answers.pop(0) if self.activation_answers else answer
        self.bodies.append(body)
        self.misfortune.maybe_kill()
        if self.lost_activations:
            self.lost_activations -= 1
            return e.ActivationUnanswered("risposta persa")
        if self.slow_activations:
            self.slow_activations -= 1
            self.clock.advance(1500.0)
        return e.ActivationUnanswered("risposta persa") if self._lost(timeout) else answer

    def outcome_body(self, *, token: str, key: str, details: OutcomeDetails | None) -> str:
        """A body that can be told apart from every other."""
        return json.dumps({"op": "outcome", "key": key, "token": token, "verdict": "OK" if details else "KO"})

    def send_outcome(self, body: str, *, verdict: str, timeout: float) -> OutcomeAnswer:
        """Takes the first verdict for ever."""
        if self._lost(timeout):
            return e.OutcomeUnanswered("nessuna risposta")
        self.bodies.append(body)
        answer = self.outcome_answers.pop(0) if self.outcome_answers else self._outcome(json.loads(body))
        self.misfortune.maybe_kill()
        return e.OutcomeUnanswered("risposta persa") if self._lost(timeout) else answer

    # --- the Node behind it ----------------------------------------------------------------------

    def _lost(self, timeout: float) -> bool:
        self.misfortune.maybe_kill()
        lost = self.misfortune.strikes()
        self.clock.advance(timeout if lost else 0.5)
        return lost

    def _paid(self, notice_number: str) -> bool:
        return any(s.notice_number == notice_number and s.outcome == "OK" for s in self.sessions.values())

    def rivals_act(self) -> None:
        """Where a lock of ours is over, another PSP's till may pay the notice."""
        for session in list(self.sessions.values()):
            if not session.outcome and self._expired(session) and self.misfortune.strikes():
                token = f"rival-{len(self.sessions) + 1}"
                expires = self.clock.elapsed() + 600.0
                self.sessions[token] = Session(token, session.notice_number, session.amount, expires, outcome="OK")

    def _activate(self, notice: NoticeCode, body: dict[str, str], *, repeated: bool) -> ActivationAnswer:
        open_session = self._open_session(notice.number.digits)
        if self._paid(notice.number.digits):
            return e.ActivationRefused("PPT_PAGAMENTO_DUPLICATO", "NOTICE_ALREADY_PAID")
        if open_session and open_session.key != body["key"]:
            code = "PPT_PAGAMENTO_IN_CORSO"
            return e.ActivationUnanswered(code) if repeated else e.ActivationRefused(code, "IN_PROGRESS")
        if open_session is None and self.misfortune.strikes():
            return e.ActivationRefused("PPT_STAZIONE_INT_PA_TIMEOUT", "CREDITOR_PROBLEMS")
        session = open_session or self._new_session(notice, body)
        iuv = notice.number.iuv
        return e.ActivationAccepted(session.token, session.amount, notice.creditor.digits, iuv, "Comune di Prova")

    def _new_session(self, notice: NoticeCode, body: dict[str, str]) -> Session:
        token = f"token-{len(self.sessions) + 1}"
        amount = notice.amount if self.activated_amount is None else self.activated_amount
        amount += 700 if self.misfortune.strikes() else 0  # recomputed by the creditor institution meanwhile
        expires = self.clock.elapsed() + float(body["seconds"])
        session = Session(token, notice.number.digits, int(amount), expires, key=body["key"])
        self.sessions[token] = session
        return session

    def _open_session(self, notice_number: str) -> Session | None:
        for session in self.sessions.values():
            if session.notice_number == notice_number and not session.outcome and not self._expired(session):
                return session
        return None

    def _expired(self, session: Session) -> bool:
        return self.clock.elapsed() > session.expires

    def _outcome(self, body: dict[str, str]) -> OutcomeAnswer:
        session, verdict = self.sessions[body["token"]], body["verdict"]
        if session.outcome:
            same = session.outcome == verdict
            return e.OutcomeAccepted() if same else e.OutcomeDiscordant("PPT_ESITO_GIA_ACQUISITO")
        if self.misfortune.strikes():
            return self.misfortune.random.choice(_REFUSALS)
        if self._expired(session) and verdict == "OK" and self._rival(session):
            return e.RivalPaymentFound("PPT_PAGAMENTO_DUPLICATO")
        session.outcome = verdict
        self.outcomes.append((session.token, verdict, body["key"]))
        if self._expired(session):
            return e.OutcomeRecordedLate("PPT_TOKEN_SCADUTO" if verdict == "OK" else "PPT_TOKEN_SCADUTO_KO")
        return e.OutcomeAccepted()

    def _rival(self, session: Session) -> bool:
        others = (s for s in self.sessions.values() if s.notice_number == session.notice_number and s is not session)
        return any(other.outcome == "OK" or not (other.outcome or self._expired(other)) for other in others)
