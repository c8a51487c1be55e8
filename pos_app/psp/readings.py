"""From zeep's response object to the event: what an answer must hold to count (architecture.md, answer tables)."""

from datetime import date
from typing import Any

from pos_app.domain.events import ActivationAccepted, NoticeRefused, NoticeVerified, OutcomeAccepted
from pos_app.domain.money import Cents, from_wire
from pos_app.domain.notice import NoticeCode
from pos_app.psp.answer_tables import activation_ko, outcome_ko, verification_ko
from pos_app.psp.answers import UnusableAnswer
from pos_app.psp.contract import ActivationAnswer, OutcomeAnswer
from pos_app.psp.faults import Fault

_LONGEST_TEXT = 500
_LONGEST_CODE = 64


class Readings:
    """Reads responses whose schema was checked. Every method raises UnusableAnswer where the answer must not count.

    `secrets` are cut out of all text that is for people, should a server ever echo them.
    """

    def __init__(self, *secrets: str) -> None:
        self._secrets = tuple(secret for secret in secrets if secret)

    def verification(self, notice: NoticeCode, response: Any) -> NoticeVerified | NoticeRefused:
        """The event of an answer to verify."""
        fault = self._fault(response)
        if fault is not None:
            return verification_ko(fault)
        if response.fiscalCodePA not in {None, notice.creditor.digits}:
            raise UnusableAnswer("The answer to verify is about another creditor.")
        if response.paymentList is None:
            raise UnusableAnswer("The answer to verify says OK without an amount.")
        # One option, options=EQ, what is due today (pagopa.md 2.4).
        option = response.paymentList.paymentOptionDescription[0]
        return NoticeVerified(
            amount=_cents(option.amount),
            company_name=self.text(response.companyName),
            office_name=self.text(response.officeName),
            description=self.text(response.paymentDescription),
            due_date=_day(option.dueDate),
            payment_note=self.text(option.paymentNote),
            standin=bool(response.standin),
        )

    def activation(self, notice: NoticeCode, response: Any, *, repeated: bool) -> ActivationAnswer:
        """The event of an answer to activate. OK counts only with a token, a total and this notice's own data."""
        fault = self._fault(response)
        if fault is not None:
            return activation_ko(fault, repeated=repeated)
        if not (response.paymentToken or "").strip() or response.totalAmount is None:
            raise UnusableAnswer("The answer to activate says OK without a token or without a total.")
        if (response.fiscalCodePA, response.creditorReferenceId) != (notice.creditor.digits, notice.number.iuv):
            raise UnusableAnswer("The answer to activate is about another notice.")
        return ActivationAccepted(
            token=response.paymentToken,
            amount=_cents(response.totalAmount),
            creditor=response.fiscalCodePA,
            iuv=response.creditorReferenceId,
            company_name=self.text(response.companyName),
            office_name=self.text(response.officeName),
            description=self.text(response.paymentDescription),
            standin=bool(response.standin),
        )

    def outcome(self, verdict: str, response: Any) -> OutcomeAnswer:
        """The event of an answer to sendPaymentOutcome, where `verdict` was sent."""
        fault = self._fault(response)
        return OutcomeAccepted() if fault is None else outcome_ko(fault, verdict)

    def text(self, value: str | None, longest: int = _LONGEST_TEXT) -> str:
        """`value` as one line of at most `longest` characters, without our secrets."""
        told = " ".join((value or "").split())
        for secret in self._secrets:
            told = told.replace(secret, "***")
        return told[:longest]

    def _fault(self, response: Any) -> Fault | None:
        bean = response.fault
        if response.outcome == "OK":
            if bean is not None:
                raise UnusableAnswer("The answer says OK and brings a fault.")
            return None
        code = self.text(bean.faultCode, _LONGEST_CODE) if bean is not None else ""
        if not code:
            raise UnusableAnswer("The answer says KO without a fault code.")
        return Fault(
            code,
            self.text(bean.originalDescription or bean.description or bean.faultString),
            self.text(bean.originalFaultCode, _LONGEST_CODE),
        )


def _cents(amount: Any) -> Cents:
    return from_wire(f"{amount:f}")


def _day(day: date | None) -> str:
    return day.isoformat() if day is not None else ""
