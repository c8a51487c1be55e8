"""`pos-terminal run` on a plain terminal: what is typed, what is read, what is asked."""

import subprocess

from pos_app.testing.command import CODE, Command, Control


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


def test_a_typed_code_is_paid_when_the_cashier_agrees(connected: Command, control: Control) -> None:
    said = conversation(connected, CODE, "s")
    assert "Pagare EUR 127,00 a Comune di Prova?" in said
    assert "Pagamento eseguito." in said
    assert control("GET", "/control/notices/77777777777/301000000000012373")["position"] == "NOTIFIED"


def test_nothing_is_activated_when_the_cashier_declines(connected: Command, control: Control) -> None:
    said = conversation(connected, CODE, "n")
    assert "nessun addebito" in said
    assert control("GET", "/control/notices/77777777777/301000000000012373")["sessions"] == []


def test_what_is_no_notice_is_explained_and_the_terminal_goes_on(connected: Command) -> None:
    said = conversation(connected, "WIFI:S:ufficio;;", CODE.lower(), CODE, "s")
    assert "Wi-Fi" in said
    assert "minuscolo" in said
    assert "Pagamento eseguito." in said


def test_the_end_of_input_ends_a_question_with_no(connected: Command, control: Control) -> None:
    conversation(connected, CODE)
    assert control("GET", "/control/notices/77777777777/301000000000012373")["sessions"] == []
