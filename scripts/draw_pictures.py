"""Draws the pictures that tests and the demonstration read: `.venv/bin/python scripts/draw_pictures.py`.

The same generator as the benchmark's, in colour, with fixed seeds. The notices are those of the sandbox
(pos_app/sandbox/data/notices.json); the debtor does not exist.
"""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.scanner.simulator.camera import photograph
from drivers.scanner.simulator.sheet import Printed, Sheet
from drivers.scanner.simulator.shot import Shot
from pos_app.testing import notices
from pos_app.testing.notices import Notice

_ROOT = Path(__file__).resolve().parents[1]
_TEST_DATA = _ROOT / "tests" / "data"
_DEMONSTRATION = _ROOT / "pos_app" / "sandbox" / "data" / "notice.jpg"

_CREDITOR, _PAYEE = "77777777777", "Comune di Prova"
FIRST = Notice("301000000000012373", _CREDITOR, 12550)
SECOND = Notice("301000000000020057", _CREDITOR, 8900, "1a RATA")
THIRD = Notice("301000000000030064", _CREDITOR, 4200, "2a RATA")
WIFI = b"WIFI:T:WPA;S:Edicola del Corso;P:non-e-un-avviso;;"

# A telephone held over the counter: a little turned, a lamp to one side, autofocus nearly right.
_PHONE = Shot(
    width=1440,
    height=1080,
    pixels_per_module=4.6,
    turn=-7,
    tilt=16,
    tilt_axis=25,
    offset=(-0.06, 0.05),
    paper=0.83,
    defocus=0.8,
    motion=0.8,
    motion_angle=40,
    lamp=0.35,
    shadow=0.25,
    electrons=1500,
    jpeg=80,
    colour=True,
)


def _notice_photo() -> NDArray[np.uint8]:
    sheet = notices.single_notice(FIRST, _PAYEE, "TARI 2026 - acconto")
    return _taken(sheet, replace(_PHONE, curl=0.5), seed=12373)


def _two_notices() -> NDArray[np.uint8]:
    sheet = notices.instalment_notice([FIRST, SECOND, THIRD], _PAYEE)
    return _taken(sheet, replace(_PHONE, pixels_per_module=3.6, turn=5, offset=(0.0, -0.1)), seed=20057)


def _no_code() -> NDArray[np.uint8]:
    sheet = notices.headed(_PAYEE, "Comunicazione senza importo")
    notices.wording(sheet, 90, 6)
    return _taken(sheet, _PHONE, seed=1, aim=Printed(b"", 90, 100, 25, 33))


def _wifi_code() -> NDArray[np.uint8]:
    sheet = Sheet(105, 148)
    sheet.text(14, 14, "Edicola del Corso", size=7)
    sheet.text(14, 28, "Wi-Fi per i clienti", size=5)
    sheet.qr_code(30, 50, 45, WIFI)
    return _taken(sheet, replace(_PHONE, turn=9, offset=(0.0, 0.0)), seed=2)


def _bollettino() -> NDArray[np.uint8]:
    sheet = notices.postal_slip(FIRST, _PAYEE)
    return _taken(sheet, replace(_PHONE, pixels_per_module=3.0, tilt=8, turn=3, offset=(0.27, 0.0)), seed=3)


def _taken(sheet: Sheet, shot: Shot, *, seed: int, aim: Printed | None = None) -> NDArray[np.uint8]:
    return photograph(sheet, aim or sheet.codes[0], shot, np.random.default_rng(seed)).frame


PICTURES = {
    "notice_photo.jpg": _notice_photo,
    "two_notices.jpg": _two_notices,
    "no_code.jpg": _no_code,
    "wifi_code.jpg": _wifi_code,
    "bollettino.jpg": _bollettino,
}


def main() -> None:
    """Write every picture; the demonstration's is the photographed notice again."""
    _TEST_DATA.mkdir(exist_ok=True)
    for name, draw in PICTURES.items():
        data = cv2.imencode(".jpg", draw(), [cv2.IMWRITE_JPEG_QUALITY, 72])[1].tobytes()
        (_TEST_DATA / name).write_bytes(data)
        print(f"{name}: {len(data) // 1024} kB")
    _DEMONSTRATION.write_bytes((_TEST_DATA / "notice_photo.jpg").read_bytes())


if __name__ == "__main__":
    main()
