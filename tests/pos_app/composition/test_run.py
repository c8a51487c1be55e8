"""`pos-terminal run` on a plain terminal: what is typed, what is held up, what is asked, what goes on meanwhile."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from pos_app.testing.command import CODE, Command, Control

NUMBER, CREDITOR = "301000000000012373", "77777777777"
POSITION = f"/control/notices/{CREDITOR}/{NUMBER}"
BY_ANNA = ("--operator", "Anna", "--reason", "visto")
NOTICE_PICTURE = Path(__file__).parents[2] / "data" / "notice_photo.jpg"
TWO_NOTICES = Path(__file__).parents[2] / "data" / "two_notices.jpg"


def conversation(connected: Command, *lines: str) -> str:
    """All lines at once, as an impatient cashier types, then the end of input."""
    process = subprocess.run(
        connected.argv("run", "--profile", "simulator"),
        env=connected.env(),
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return process.stderr


class Counter:
    """A cashier who reads before answering. `said` is all that stood on the screen so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.said = ""

    def until(self, words: str) -> str:
        """Read on until a line has these words."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said += line
            if words in line:
                return line
        raise AssertionError(f"{words!r} was never said:\n{self.said}")

    def types(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()


@contextmanager
def at_the_counter(connected: Command, profile: object = "simulator") -> Iterator[Counter]:
    process = subprocess.Popen(
        connected.argv("run", "--profile", profile),
        env=connected.env(),
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    with process:
        try:
            yield Counter(process)
            assert process.stdin is not None
            process.stdin.close()
            assert process.wait(30) == 0
        finally:
            with suppress(ProcessLookupError):
                process.kill()


@pytest.fixture
def with_scanner(tmp_path: Path) -> Callable[[str], Path]:
    """`with_scanner(TOML)`: the simulator's profile with this [scanner] table."""

    def profile(table: str) -> Path:
        path = tmp_path / "counter.toml"
        path.write_text(
            f'name = "counter"\ndescription = "a scanner, and everything else simulated"\n[scanner]\n{table}\n'
            '[card_reader]\ndriver = "ecr17"\nport = "double:"\n[printer]\ndriver = "escpos"\nport = "double:"\n'
        )
        return path

    return profile


# --- typed -------------------------------------------------------------------------------------


def test_a_typed_code_is_paid_when_the_cashier_agrees(connected: Command, control: Control) -> None:
    said = conversation(connected, CODE, "s")
    assert "Pagare EUR 127,00 a Comune di Prova?" in said
    assert "Pagamento eseguito." in said
    assert control("GET", POSITION)["position"] == "NOTIFIED"


def test_typed_numbers_are_asked_for_one_by_one(connected: Command, control: Control) -> None:
    said = conversation(connected, "3010 0000 0000 0123 73", CREDITOR, "125,50", "s")
    assert "Codice fiscale dell'ente" in said
    assert "Pagamento eseguito." in said
    assert control("GET", POSITION)["position"] == "NOTIFIED"


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (("30100000000001237",), "18 cifre"),
        ((NUMBER, "7777"), "11 cifre"),
        ((NUMBER, CREDITOR, "125.5"), "come 125,50"),
        ((NUMBER,), "non digitato fino in fondo"),
    ],
)
def test_a_number_that_is_wrong_is_one_sentence(connected: Command, lines: tuple[str, ...], sentence: str) -> None:
    assert sentence in conversation(connected, *lines)


def test_nothing_is_activated_when_the_cashier_declines(connected: Command, control: Control) -> None:
    said = conversation(connected, CODE, "n")
    assert "nessun addebito" in said
    assert control("GET", POSITION)["sessions"] == []


def test_what_is_no_notice_is_explained_and_the_terminal_goes_on(connected: Command) -> None:
    said = conversation(connected, "WIFI:S:ufficio;;", CODE.lower(), CODE, "s")
    assert "Wi-Fi" in said
    assert "minuscolo" in said
    assert "Pagamento eseguito." in said


def test_the_end_of_input_ends_a_question_with_no(connected: Command, control: Control) -> None:
    conversation(connected, CODE)
    assert control("GET", POSITION)["sessions"] == []


# --- held up -----------------------------------------------------------------------------------


@pytest.mark.slow(reason="a picture is decoded by the running terminal")
def test_a_notice_held_up_to_the_profiles_scanner_is_paid(
    connected: Command, control: Control, with_scanner: Callable[[str], Path]
) -> None:
    profile = with_scanner(f'driver = "images"\nfiles = {json.dumps([str(NOTICE_PICTURE)])}')
    with at_the_counter(connected, profile) as counter:
        counter.until("Pagare EUR 127,00")
        counter.types("s")
        counter.until("Pagamento eseguito.")
    assert control("GET", POSITION)["position"] == "NOTIFIED"


@pytest.mark.slow(reason="a picture is decoded by the running terminal")
def test_of_several_notices_held_up_the_cashier_chooses(
    connected: Command, with_scanner: Callable[[str], Path]
) -> None:
    profile = with_scanner(f'driver = "images"\nfiles = {json.dumps([str(TWO_NOTICES)])}')
    with at_the_counter(connected, profile) as counter:
        counter.until("Quale si paga?")
        assert "VERIFYING" not in counter.said
        counter.types("2")
        counter.until("VERIFYING")


@pytest.mark.slow(reason="waits for a serial line to be told as missing")
def test_a_scanner_that_is_missing_is_told_once_and_typing_goes_on(
    connected: Command, with_scanner: Callable[[str], Path]
) -> None:
    profile = with_scanner('driver = "serial"\nport = "/dev/pos/no-such-scanner"')
    with at_the_counter(connected, profile) as counter:
        counter.until("no-such-scanner")
        counter.types(CODE)
        counter.until("Pagare EUR 127,00")
        counter.types("s")
        counter.until("Pagamento eseguito.")
    assert counter.said.count("no-such-scanner") == 1


def test_a_hand_scanners_code_is_paid_and_the_same_one_again_meanwhile_is_ignored(
    connected: Command, with_scanner: Callable[[str], Path]
) -> None:
    ours, theirs = os.openpty()
    profile = with_scanner(f'driver = "serial"\nport = "{os.ttyname(theirs)}"')
    with at_the_counter(connected, profile) as counter:
        counter.until("]")  # it is ready
        os.write(ours, f"{CODE}\r\n".encode())
        counter.until("Pagare EUR 127,00")
        os.write(ours, f"{CODE}\r\n".encode())
        counter.types("s")
        counter.until("Pagamento eseguito.")
    assert counter.said.count("VERIFYING") == 1
    os.close(ours)
    os.close(theirs)


# --- meanwhile ---------------------------------------------------------------------------------


@pytest.mark.slow(reason="the outcome's first answers are lost on purpose")
def test_what_another_command_wants_of_a_running_terminal_is_done_by_it(connected: Command, control: Control) -> None:
    fault = {"operation": "sendPaymentOutcomeV2", "at": "psp", "kind": "http_500", "times": 3}
    control("POST", "/control/faults", fault)
    with at_the_counter(connected) as counter:
        counter.types(CODE)
        counter.until("Pagare EUR 127,00")
        counter.types("s")
        counter.until("?")
        counter.types("d")
        counter.types("WIFI:S:ufficio;;")
        counter.until("Wi-Fi")  # it is parked, and the counter is free
        (waiting,) = json.loads(connected("outbox", "list", "--json").stdout)
        refused = connected("cases", "rule", waiting["operation"], "--verdict", "settled", *BY_ANNA)
        assert (refused.returncode, "needs no person" in refused.stderr) == (3, True)
        control("DELETE", "/control/faults")
        sent = connected("outbox", "reset", waiting["operation"], "--operator", "Anna")
        assert (sent.returncode, "CLOSED" in sent.stdout) == (0, True), sent.stderr
        again = connected("print", "reprint", waiting["operation"])
        assert (again.returncode, "customer" in again.stderr) == (0, True), again.stderr
        unknown = connected("print", "reprint", "2026-999999")
        assert (unknown.returncode, "2026-999999" in unknown.stderr) == (3, True)
    assert control("GET", POSITION)["position"] == "NOTIFIED"


# --- the end -----------------------------------------------------------------------------------


def test_the_end_of_the_service_at_a_question_is_answered_as_nobody_would(connected: Command, control: Control) -> None:
    with at_the_counter(connected) as counter:
        counter.types(CODE)
        counter.until("Pagare EUR 127,00")
        counter.process.terminate()
        counter.until("nessun addebito")
    assert control("GET", POSITION)["sessions"] == []


@pytest.mark.slow(reason="the card reader takes its time")
def test_the_end_of_the_service_while_a_card_is_read_brings_the_payment_to_its_end(
    connected: Command, control: Control, with_scanner: Callable[[str], Path], tmp_path: Path
) -> None:
    (tmp_path / "slow.toml").write_text("[terminal]\npace = 0.1\n")
    profile = with_scanner('driver = "images"')
    profile.write_text(profile.read_text().replace('"double:"', f'"double:{tmp_path}/slow.toml"', 1))
    with at_the_counter(connected, profile) as counter:
        counter.types(CODE)
        counter.until("Pagare EUR 127,00")
        counter.types("s")
        counter.until("CHARGING")
        counter.process.terminate()
        counter.until("Pagamento eseguito.")
    assert control("GET", POSITION)["position"] == "NOTIFIED"
