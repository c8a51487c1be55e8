"""The plugin as other people use it: a test file of their own, and `-p pos_app.testing.plugin`."""

import subprocess
import sys
from pathlib import Path

import pytest

THEIR_TESTS = """
from drivers.card_reader.ecr17.driver import Ecr17CardReader
from drivers.card_reader.ecr17.options import Ecr17Options
from drivers.contracts import ChargeVerdict
from pos_app.domain.notice import read_code
from pos_app.testing.command import CODE


def test_a_notice_is_paid_with_everything_in_place(terminal, card_reader, printer):
    payment = terminal.terminal.pay(read_code(CODE))
    assert payment.was_charged and payment.accepted
    assert card_reader.terminal.memory.money_taken == payment.total
    assert "PROVA" in printer.pieces[0].text


def test_the_devices_stand_alone(card_reader, printer, psp):
    reader = Ecr17CardReader(Ecr17Options(card_reader.port), fingerprint_key=b"theirs")
    answer = reader.pay(100, reference="", timeout=9, tick=lambda: None, on_result=lambda answer: None)
    reader.close()
    assert answer.verdict is ChargeVerdict.APPROVED
    assert psp.url.startswith("http://127.0.0.1:")


class TestADecline:
    @staticmethod
    @__import__("pytest").fixture
    def card_reader_script():
        from drivers.card_reader.ecr17.simulator.script import scripted

        return scripted("decline", pace=0.0)

    def test_a_reader_can_be_told_to_decline(self, terminal, card_reader):
        assert not terminal.terminal.pay(read_code(CODE)).was_charged
        assert card_reader.terminal.memory.ledger == []
"""


@pytest.mark.slow(reason="a test run of its own, with a whole terminal in it")
def test_the_fixtures_work_in_a_project_of_other_people(tmp_path: Path) -> None:
    (tmp_path / "test_theirs.py").write_text(THEIR_TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "pos_app.testing.plugin", "-p", "no:cacheprovider", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


def test_the_plugin_alone_loads_nothing_heavy() -> None:
    heavy = ("zeep", "cv2", "escpos", "uvicorn", "serial", "pydantic", "lxml")
    code = f"import sys, pos_app.testing.plugin; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == "[]\n"
