import json
import random
import shutil
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from drivers.contracts import ScannedCode, Symbology
from drivers.scanner.files import Reading
from drivers.scanner.lines import code_of
from pos_app.domain.notice import NoticeCode, NoticeError, read_typed
from pos_app.scanning import line_of, scan_files, told

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


def test_a_single_picture_is_read_apart_from_the_command_that_asks_for_it() -> None:
    program = (
        "import sys\nfrom pos_app.scanning import scan_files, told\n"
        "for line in scan_files(sys.argv[1:]):\n    print(told(line))\n"
        "print(sorted({'zxingcpp', 'PIL', 'cv2'} & set(sys.modules)))"
    )
    picture = str(DATA / "notice_photo.jpg")
    done = subprocess.run([sys.executable, "-c", program, picture], capture_output=True, text=True, check=True)
    first, code, loaded = done.stdout.splitlines()
    assert first.startswith(picture)
    assert code == "  qr_code: avviso 301000000000012373, ente 77777777777, 12550 centesimi"
    assert loaded == "[]"


def test_a_picture_that_cannot_be_read_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "meta.jpg").write_bytes((DATA / "notice_photo.jpg").read_bytes()[:5000])
    (line,) = scan_files([tmp_path / "meta.jpg"])
    assert told(line).splitlines()[1:] == [
        "  L'immagine «meta.jpg» è danneggiata o incompleta: fotografare di nuovo l'avviso."
    ]


@pytest.mark.parametrize("claim", [(65_535, 65_535), (2**31 - 1, 2**31 - 1)])
def test_a_picture_that_claims_to_be_huge_is_refused_within_a_second(tmp_path: Path, claim: tuple[int, int]) -> None:
    chunks = (b"IHDR" + struct.pack(">IIBBBBB", *claim, 8, 0, 0, 0, 0), b"IDAT" + zlib.compress(bytes(1_000_000)))
    bomb = (struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks)
    (tmp_path / "enorme.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(bomb))
    (line,) = scan_files([tmp_path / "enorme.png"])
    assert "«enorme.png» è " in str(line["problem"])
    assert line["ms"] < 1000


def test_fewer_than_one_job_is_refused() -> None:
    with pytest.raises(ValueError, match="jobs must be at least 1"):
        list(scan_files([DATA / "notice_photo.jpg"], jobs=0))


def test_importing_it_loads_no_decoder() -> None:
    heavy = "{'cv2', 'numpy', 'pyzbar', 'zxingcpp', 'PIL'}"
    program = f"import sys, pos_app.scanning; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- payloads ------------------------------------------------------------------------------------

QR = "PAGOPA|002|301000000000012373|77777777777|12550"
SLIP = "codfase=NBPA;183010000000000123731200001234567810000001255038961P177777777777"


def noisy(chance: random.Random, text: str) -> str:
    """The text with a few characters replaced, dropped or doubled, as a wrong layout or a bad line would."""
    letters = list(text)
    for _ in range(chance.randrange(5)):
        place = chance.randrange(len(letters) + 1)
        letters[place : place + chance.randrange(3)] = chance.choice(
            ["|", "*", "-", "\x00", "é", "٣", "]Q1", " ", "9", ""]
        )
    return "".join(letters)


def test_whatever_a_hand_scanner_types_is_a_notice_or_one_printable_sentence() -> None:
    chance, notices, problems = random.Random(6), 0, set[str]()
    for _ in range(10_000):
        text = noisy(chance, chance.choice([QR, SLIP, f"]Q1{QR}", f"]d2{SLIP}"]))
        (code,) = line_of(Path("x"), Reading(codes=(code_of(text.encode()),)))["codes"]
        assert (code["notice"] is None) != (code["problem"] is None)
        notices += code["notice"] is not None
        problems.add(code["problem"] or "-")
    assert 1_000 < notices < 9_000
    assert all(problem.isprintable() and len(problem) < 200 for problem in problems)


def test_whatever_a_person_types_is_a_notice_or_one_printable_sentence() -> None:
    chance, notices, problems = random.Random(7), 0, set[str]()
    for _ in range(10_000):
        fields = [noisy(chance, text) for text in ("3010 0000 0000 0123 73", "77777777777", "12550")]
        try:
            notices += isinstance(read_typed(fields[0], fields[1], fields[2]), NoticeCode)
        except NoticeError as refused:
            problems.add(str(refused))
    assert 100 < notices < 9_000
    assert all(problem.isprintable() and len(problem) < 200 for problem in problems)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("HTTPS://EXAMPLE.ORG", "È un indirizzo web, non un avviso pagoPA."),
        ("www.example.org", "È un indirizzo web, non un avviso pagoPA."),
        ("WIFI:S:ufficio;;", "È il codice di una rete Wi-Fi, non un avviso pagoPA."),
        ("BCD", "È il codice di un bonifico SEPA, non un avviso pagoPA."),
        ("SPC 0200", "È il codice di una fattura svizzera, non un avviso pagoPA."),
        ("BEGIN:VCARD", "È un biglietto da visita, non un avviso pagoPA."),
        ("tel:0612345", "È un contatto, non un avviso pagoPA."),
        ("CODFASE=NBPA;", "È il Data Matrix di un bollettino, letto come un altro codice."),
        ("codfase=ABCD;", "È il bollettino di un altro servizio: il codice fase non è NBPA."),
        (QR.lower(), "È scritto «pagopa» in minuscolo: non è un codice pagoPA valido."),
        ("12345", "Non è un codice pagoPA."),
    ],
)
def test_what_people_hold_up_instead_of_a_notice_is_named(text: str, sentence: str) -> None:
    (code,) = line_of(Path("x"), Reading(codes=(ScannedCode(text, Symbology.QR_CODE),)))["codes"]
    assert (code["notice"], code["problem"]) == (None, sentence)


def test_a_code_of_another_kind_is_told_as_such() -> None:
    (code,) = line_of(Path("x"), Reading(codes=(ScannedCode("8012345678901", Symbology.OTHER),)))["codes"]
    assert code["problem"] == "È un codice di un altro tipo, non il QR o il Data Matrix di un avviso pagoPA."
