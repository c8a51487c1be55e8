import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pos_app.scanning import scan_files

DATA = Path(__file__).resolve().parents[1] / "data"


def test_a_notice_is_told_with_its_number_creditor_amount_and_iuv() -> None:
    (line,) = scan_files([DATA / "notice_photo.jpg"])
    assert set(line) == {"file", "codes", "ms"}
    assert line["file"] == str(DATA / "notice_photo.jpg")
    assert line["codes"] == [
        {
            "text": "PAGOPA|002|301000000000012373|77777777777|12550",
            "symbology": "qr_code",
            "notice": {
                "notice_number": "301000000000012373",
                "creditor": "77777777777",
                "amount": 12550,
                "iuv": "01000000000012373",
                "warnings": [
                    "La cifra di controllo del codice fiscale dell'ente non torna: ricontrollarla."
                ],
            },
            "problem": None,
        }
    ]  # fmt: skip


def test_a_foreign_code_is_told_with_the_reason_why_it_is_no_notice() -> None:
    (line,) = scan_files([DATA / "wifi_code.jpg"])
    (code,) = line["codes"]
    assert code["notice"] is None
    assert code["problem"] == "È il codice di una rete Wi-Fi, non un avviso pagoPA."


def test_a_postal_slip_is_the_same_notice() -> None:
    (line,) = scan_files([str(DATA / "bollettino.jpg")])
    (code,) = line["codes"]
    assert (code["symbology"], code["notice"]["notice_number"]) == ("data_matrix", "301000000000012373")


def test_the_demonstration_picture_shows_the_sandbox_notice() -> None:
    (line,) = scan_files([Path(__file__).resolve().parents[2] / "pos_app" / "sandbox" / "data" / "notice.jpg"])
    assert line["codes"][0]["notice"]["notice_number"] == "301000000000012373"


def test_files_and_folders_are_told_in_order_and_a_bad_file_keeps_none_from_being_read(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    shutil.copy(DATA / "notice_photo.jpg", folder / "b.jpg")
    (folder / "a.jpg").write_bytes(b"no picture")
    lines = list(scan_files([folder, tmp_path / "missing.png"], jobs=2))
    assert [Path(line["file"]).name for line in lines] == ["a.jpg", "b.jpg", "missing.png"]
    assert [len(line["codes"]) for line in lines] == [0, 1, 0]
    assert "non è un'immagine" in lines[0]["problem"]
    assert "non esiste" in lines[2]["problem"]
    json.dumps(lines)


def test_fewer_than_one_job_is_refused() -> None:
    with pytest.raises(ValueError, match="jobs must be at least 1"):
        list(scan_files([DATA / "notice_photo.jpg"], jobs=0))


def test_importing_it_loads_no_decoder() -> None:
    heavy = "{'cv2', 'numpy', 'pyzbar', 'zxingcpp', 'PIL'}"
    program = f"import sys, pos_app.scanning; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
