"""What the codes on a printed notice say, and their modules (pagopa.md 4.1, 4.2)."""

import qrcode
import zxingcpp
from PIL import Image

from pos_app.sandbox import creditor_payment
from pos_app.sandbox.notices import Position, Transfer
from pos_app.sandbox.registry import Registry
from pos_app.sandbox.registry_entries import is_postal

QR_VERSION = 4  # 33 modules a side
_LARGEST_SLIP = 9_999_999_999  # cents: ten digits in the Data Matrix
_DEBTOR_CODE, _DEBTOR_NAME, _DESCRIPTION, _FILLER = 16, 40, 110, 12  # characters


def qr_text(position: Position) -> str:
    """`PAGOPA|002|…` (pagopa.md 4.1)."""
    return f"PAGOPA|002|{position.notice_number}|{position.fiscal_code}|{position.notice.amount:02d}"


def postal_account(registry: Registry, position: Position) -> str | None:
    """The 12 digits of the postal account that transfer 1 goes to; None where there is none, and so no slip.

    It is the account that the EC answers for transferType POSTAL (pagopa.md 2.5, 2.6).
    """
    transfers = position.notice.transfers
    first = transfers[0] if transfers else Transfer(position.fiscal_code, position.notice.amount)
    iban = creditor_payment.account(registry, first, postal=True)
    return iban[-12:] if is_postal(iban) and not first.stamp_duty else None


def data_matrix_text(position: Position, account: str) -> str | None:
    """The 256 characters of the postal slip (pagopa.md 4.2); None for an amount that they can't carry."""
    notice = position.notice
    if notice.amount > _LARGEST_SLIP:
        return None
    codeline = f"18{position.notice_number}12{account:0>12}10{notice.amount:010d}3896"
    debtor = _field(notice.debtor.code, _DEBTOR_CODE) + _field(notice.debtor.name, _DEBTOR_NAME)
    described = _field(notice.description, _DESCRIPTION)
    return f"codfase=NBPA;{codeline}1P1{position.fiscal_code}{debtor}{described}{'':<{_FILLER}}A"


def qr_modules(text: str) -> Image.Image:
    """A QR code, version 4 and level M, one dot a module, black on white, without its quiet zone."""
    code = qrcode.QRCode(version=QR_VERSION, error_correction=qrcode.constants.ERROR_CORRECT_M, border=0, box_size=1)
    code.add_data(qrcode.util.QRData(text.encode(), mode=qrcode.util.MODE_8BIT_BYTE), optimize=0)
    code.make(fit=False)
    rows = code.get_matrix()
    picture = Image.new("1", (len(rows), len(rows)), 1)
    picture.putdata([0 if dark else 1 for row in rows for dark in row])
    return picture


def data_matrix_modules(text: str) -> Image.Image:
    """A square Data Matrix, one dot a module, black on white, without its quiet zone."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.DataMatrix, force_square=True)
    return Image.fromarray(code.to_image(scale=1, add_quiet_zones=False)).convert("1")


def _field(text: str, length: int) -> str:
    """A text cut and padded to its place, so that what follows it stays where it belongs."""
    return f"{text[:length]:<{length}}"
