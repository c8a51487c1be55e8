"""The PSP primitives over SOAP: pos_app.psp.contract.PspClient with zeep, the schema both ways, and our own transport.

Every call answers with an event; no exception of the network, of XML or of zeep reaches the caller. What cannot be read
for sure becomes one of the *Unanswered events.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pos_app.domain.events import ActivationUnanswered, OutcomeBlocked, OutcomeUnanswered, VerificationUnanswered
from pos_app.domain.money import to_wire
from pos_app.domain.notice import NoticeCode
from pos_app.psp.account import PspAccount
from pos_app.psp.answers import UnusableAnswer, open_answer
from pos_app.psp.bodies import BodyError, checked, with_password, without_password
from pos_app.psp.contract import ActivationAnswer, OutcomeAnswer, OutcomeDetails, VerificationAnswer
from pos_app.psp.readings import Readings
from pos_app.psp.transport import HttpRefused, Transport, TransportError
from pos_app.psp.wire import OPERATIONS, Operation

if TYPE_CHECKING:
    from pos_app.psp.messages import NodeForPspMessages

_VERIFY = OPERATIONS["verifyPaymentNotice"]
_ACTIVATE = {1: OPERATIONS["activatePaymentNotice"], 2: OPERATIONS["activatePaymentNoticeV2"]}
_OUTCOME = {1: OPERATIONS["sendPaymentOutcome"], 2: OPERATIONS["sendPaymentOutcomeV2"]}
# Only the second version has fields for where and how (pagopa.md 2.4): a card at a staffed point of sale.
_AT_A_POS: Mapping[int, Mapping[str, str]] = {1: {}, 2: {"paymentMethod": "CP", "touchPoint": "POS"}}
# At a counter nobody asks who pays; an outcome OK has to name somebody (pagopa.md 2.4).
_ANONYMOUS = {
    "uniqueIdentifier": {"entityUniqueIdentifierType": "F", "entityUniqueIdentifierValue": "ANONIMO"},
    "fullName": "ANONIMO",
}
# Stands where the password will be while a body is built; it is cut out again before anybody sees the body.
_SOME_PASSWORD = "x" * 8
_NOT_USABLE = (TransportError, UnusableAnswer, BodyError)


class SoapPspClient:
    """PspClient over SOAP. Safe to use from several threads. zeep is loaded at the first call."""

    def __init__(self, account: PspAccount, transport: Transport) -> None:
        self._account = account
        self._transport = transport
        self._readings = Readings(account.password)

    def verify(self, notice: NoticeCode, *, timeout: float) -> VerificationAnswer:
        """See PspClient.verify."""
        try:
            body = self._body(_VERIFY, {"qrCode": _qr_code(notice)})
            response = self._ask(body, (_VERIFY,), _about(notice), timeout)
            return self._readings.verification(notice, response)
        except _NOT_USABLE as problem:
            return VerificationUnanswered(self._readings.text(str(problem)))

    def activation_body(self, notice: NoticeCode, *, amount: int, key: str, token_seconds: int) -> str:
        """See PspClient.activation_body. `token_seconds` is 1 to 1800."""
        if token_seconds < 1:
            raise ValueError(f"A token must live at least one second, not {token_seconds}.")
        fields = {
            "idempotencyKey": key,
            "qrCode": _qr_code(notice),
            "expirationTime": token_seconds * 1000,
            "amount": to_wire(amount),
            **_AT_A_POS[self._account.api_version],
        }
        return self._body(_ACTIVATE[self._account.api_version], fields)

    def activate(self, notice: NoticeCode, body: str, *, repeated: bool, timeout: float) -> ActivationAnswer:
        """See PspClient.activate. A body that is not an activation of `notice` is not sent."""
        try:
            response = self._ask(body, tuple(_ACTIVATE.values()), _about(notice), timeout)
            return self._readings.activation(notice, response, repeated=repeated)
        except _NOT_USABLE as problem:
            return ActivationUnanswered(self._readings.text(str(problem)))

    def outcome_body(self, *, token: str, key: str, details: OutcomeDetails | None) -> str:
        """See PspClient.outcome_body. One token an outcome: a PSP's channel may not send more (pagopa.md 2.4)."""
        is_first = self._account.api_version == 1
        fields = {
            "idempotencyKey": key,
            **({"paymentToken": token} if is_first else {"paymentTokens": {"paymentToken": [token]}}),
            "outcome": "KO" if details is None else "OK",
            **({} if details is None else {"details": _details(details)}),
        }
        return self._body(_OUTCOME[self._account.api_version], fields)

    def send_outcome(self, body: str, *, verdict: str, timeout: float) -> OutcomeAnswer:
        """See PspClient.send_outcome. A body that does not say `verdict` is not sent."""
        try:
            response = self._ask(body, tuple(_OUTCOME.values()), {"outcome": verdict}, timeout)
            return self._readings.outcome(verdict, response)
        except HttpRefused as refused:
            return OutcomeBlocked(f"HTTP {refused.status}", str(refused))
        except _NOT_USABLE as problem:
            return OutcomeUnanswered(self._readings.text(str(problem)))

    @property
    def _messages(self) -> "NodeForPspMessages":
        from pos_app.psp.messages import node_for_psp_messages  # noqa: PLC0415 - importing zeep takes 0.2 s

        return node_for_psp_messages()

    def _body(self, operation: Operation, fields: Mapping[str, Any]) -> str:
        head = {
            "idPSP": self._account.id,
            "idBrokerPSP": self._account.broker_id,
            "idChannel": self._account.channel_id,
            "password": _SOME_PASSWORD,
        }
        body = without_password(self._messages.build(operation, {**head, **fields}))
        checked(with_password(body, _SOME_PASSWORD))
        return body

    def _ask(self, body: str, operations: tuple[Operation, ...], says: Mapping[str, str], timeout: float) -> Any:
        data = with_password(body, self._account.password)
        operation, request = checked(data)
        if operation not in operations or any(request.findtext(path) != text for path, text in says.items()):
            raise BodyError("The journaled request asks for something else: it was not sent.")
        answer = self._transport.post(data, soap_action=operation.name, timeout=timeout)
        return self._messages.read(operation, open_answer(operation, answer))


def _qr_code(notice: NoticeCode) -> dict[str, str]:
    return {"fiscalCode": notice.creditor.digits, "noticeNumber": notice.number.digits}


def _about(notice: NoticeCode) -> dict[str, str]:
    return {f"qrCode/{name}": digits for name, digits in _qr_code(notice).items()}


def _details(details: OutcomeDetails) -> dict[str, Any]:
    return {
        "paymentMethod": details.payment_method,
        "paymentChannel": "frontOffice",
        "fee": to_wire(details.fee),
        "payer": _ANONYMOUS,
        "applicationDate": details.application_date,
        "transferDate": details.transfer_date,
    }
