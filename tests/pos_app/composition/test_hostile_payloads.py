"""100,000 payloads, random and mutated: each is a notice, or is refused with a sentence; nothing else happens."""

import random

from drivers.contracts import Symbology
from drivers.scanner.codes import scanned
from pos_app.domain.notice import NoticeCode, NoticeError, read_code

SLIP = b"codfase=NBPA;183010000000000123731200001234567810000001255038961P177777777777" + b"VRDNNA85M41F205X" * 8
PAYLOADS = (
    b"PAGOPA|002|301000000000012373|77777777777|12550",
    SLIP,
    b"https://example.org/PAGOPA|002",
    b"WIFI:T:WPA;S:net;P:secret;;",
    "PAGOPA|002|３０１０|Città|".encode(),
)
PIECES = (b"|", b"\x00", b"\r\n", b"\x1b[2J", b"\xff\xfe", b"PAGOPA", b"codfase=", "٣".encode(), b"9" * 40, b" ", b"")


def mutated(chance: random.Random) -> bytes:
    data = bytearray(chance.choice(PAYLOADS))
    for _ in range(chance.randrange(4)):
        start = chance.randrange(len(data) + 1)
        data[start : start + chance.randrange(6)] = chance.choice(PIECES)
    if chance.random() < 0.3 and data:
        data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data)


def test_a_hundred_thousand_payloads_are_read_or_refused_in_one_printable_sentence() -> None:
    chance = random.Random(20261121)
    read, sentences = 0, set[str]()
    for number in range(100_000):
        data = chance.randbytes(chance.randrange(120)) if number % 4 == 0 else mutated(chance)
        code = scanned(data, chance.choice([Symbology.QR_CODE, Symbology.DATA_MATRIX]))
        try:
            read += isinstance(read_code(code.text), NoticeCode)
        except NoticeError as error:
            sentences.add(str(error))
    assert 10_000 < read < 60_000
    assert all(sentence.isprintable() and len(sentence) < 200 for sentence in sentences)
