"""`pos-terminal print test|reprint`, on journals as payments leave them, with printers that behave and others."""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from drivers.printer.simulator import Script, SimulatedPrinter
from pos_app.actions.paper import papers_of
from pos_app.clock import BootClock, Clock
from pos_app.composition.printing import print_logo, print_test, reprint
from pos_app.domain import events as e
from pos_app.domain.payment import Payment
from pos_app.domain.prints import JobState
from pos_app.domain.states import State
from pos_app.errors import UserError
from pos_app.journal.journal import Journal
from pos_app.journal.reader import JournalReader
from pos_app.testing.command import CODE, Command
from pos_app.testing.writer import ShiftedClock

CARD = e.Card("00", "f1", "12345678", 12700, "4321", "bancomat")
OPERATION = "2026-000001"
PROFILE = """
name = "desk"
description = "a printer on a port of its own"
[card_reader]
driver = "ecr17"
port = "/nowhere/reader"
[scanner]
driver = "images"
[printer]
driver = "escpos"
port = "{port}"
"""


def paid(*, trial: bool) -> list[e.Event]:
    """A payment up to its receipt."""
    return [
        e.NoticeRead("301000000000012373", "77777777777", 12550, "qr_code", verify=True, operation=OPERATION),
        e.NoticeVerified(12550, "Comune di Prova", description="TARI 2026"),
        e.CustomerConfirmed(12550, 150, trial=trial),
        e.ActivationIntended("70000000001_1", "<activate/>", 1800),
        e.ActivationAccepted("token-1", 12550, "77777777777", "01000000000012373"),
        e.ChargeStarted(1, 12700, OPERATION),
        e.CardApproved(CARD),
        e.OutcomeIntended("OK", "70000000001_2", "<outcome/>"),
        e.OutcomeAccepted(),
    ]


BOTH_PRINTED = [
    e.PrintStarted("customer", 1, ""),
    e.CopyPrinted("customer", "process_id"),
    e.PrintStarted("merchant", 1, ""),
    e.CopyPrinted("merchant", "process_id"),
    e.ReceiptPrinted(),
]


@dataclass
class Desk:
    """A state directory, a printer, and the profile that names its port; nothing of it says that it is a double."""

    folder: Path
    printer: SimulatedPrinter
    profile: str

    def journaled(self, *events: e.Event, clock: Clock | None = None) -> None:
        with Journal.open(self.folder / "journal", clock or BootClock()) as journal:
            for event in events:
                journal.append("P1", event)

    def reprint(self, *copies: str, payment: str = OPERATION) -> int:
        return reprint(payment_id=payment, copies=copies, yes=True, profile=self.profile, settings_file=None)

    @property
    def payment(self) -> Payment:
        return JournalReader(self.folder / "journal").payments()["P1"]

    @property
    def papers(self) -> list[str]:
        return [piece.text for piece in self.printer.pieces]


Start = Callable[..., Desk]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("POS_TERMINAL__TERMINAL__STATE_DIR", str(tmp_path))
    profile = tmp_path / "desk.toml"
    with SimulatedPrinter(script=Script()) as printer:
        profile.write_text(PROFILE.format(port=printer.port))
        yield Desk(tmp_path, printer, str(profile))


# --- marks ---------------------------------------------------------------------------------------


def test_a_receipt_that_came_out_comes_again_as_a_duplicate_with_its_number(desk: Desk) -> None:
    desk.journaled(*paid(trial=True), *BOTH_PRINTED)
    assert [desk.reprint(), desk.reprint(payment="P1")] == [0, 0]
    for number, text in enumerate(desk.papers, 1):
        lines = [line.strip() for line in text.splitlines()]
        assert lines[1] == lines[-2] == "*** DUPLICATO ***"
        assert lines[2].startswith(f"Ristampa n. {number} del ")
        assert "COPIA CLIENTE" in text
    jobs = [(job.attempt, job.state) for job in desk.payment.copies if job.copy == "customer"]
    assert jobs == [(1, JobState.PRINTED), (2, JobState.PRINTED), (3, JobState.PRINTED)]
    assert desk.payment.state is State.CLOSED


def test_a_receipt_that_was_put_off_comes_out_unmarked_with_all_its_copies(desk: Desk) -> None:
    desk.journaled(*paid(trial=True), e.ReceiptDeferred("la stampante non c'era"))
    assert desk.reprint() == 0
    assert ["COPIA CLIENTE" in text for text in desk.papers] == [True, False]
    assert not any("DUPLICATO" in text or "RISTAMPA" in text for text in desk.papers)


@pytest.mark.parametrize("state", ["partial", "unknown"])
def test_what_nobody_saw_whole_is_replaced_and_what_never_began_is_not_marked(desk: Desk, state: str) -> None:
    unproven = e.CopyUnproven("customer", "La carta è finita.", state)
    desk.journaled(*paid(trial=True), e.PrintStarted("customer", 1, ""), unproven, e.ReceiptDeferred("x"))
    assert desk.reprint() == 0
    customer, merchant = desk.papers
    assert "*** RISTAMPA ***" in customer
    assert "DUPLICATO" not in customer
    assert "RISTAMPA" not in merchant


def test_a_job_from_which_no_byte_left_leaves_the_next_one_the_first(desk: Desk) -> None:
    cancelled = e.CopyUnproven("customer", "Il coperchio è aperto.", "cancelled")
    desk.journaled(*paid(trial=True), e.PrintStarted("customer", 1, ""), cancelled, e.ReceiptDeferred("x"))
    assert desk.reprint("customer") == 0
    assert "RISTAMPA" not in desk.papers[0]
    assert [job.attempt for job in desk.payment.copies] == [1, 1]


def test_a_job_that_a_kill_cut_short_counts_and_is_called_unknown(desk: Desk) -> None:
    desk.journaled(*paid(trial=True), *BOTH_PRINTED, e.PrintStarted("customer", 2, ""))
    assert desk.reprint("customer") == 0
    assert "Ristampa n. 2 del" in desk.papers[0]
    states = [job.state for job in desk.payment.copies if job.copy == "customer"]
    assert states == [JobState.PRINTED, JobState.UNKNOWN, JobState.PRINTED]


def test_a_duplicate_that_got_stuck_does_not_make_the_next_one_an_original(desk: Desk) -> None:
    stuck = (e.PrintStarted("customer", 2, ""), e.CopyUnproven("customer", "La carta è finita.", "partial"))
    desk.journaled(*paid(trial=True), *BOTH_PRINTED, *stuck)
    assert desk.reprint() == 0
    assert "*** DUPLICATO ***" in desk.papers[0]
    assert "RISTAMPA" not in desk.papers[0]


def test_a_payment_that_was_killed_at_its_receipt_is_finished_by_it(desk: Desk) -> None:
    desk.journaled(*paid(trial=True), e.PrintStarted("customer", 1, ""))
    assert desk.reprint() == 0
    assert desk.payment.state is State.CLOSED
    assert ["RISTAMPA" in text for text in desk.papers] == [True, False]


@pytest.mark.parametrize(("answer", "mark"), [("s", "DUPLICATO"), ("n", "RISTAMPA")])
def test_at_a_terminal_a_person_is_asked_about_a_copy_that_nobody_saw(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str, mark: str
) -> None:
    desk.journaled(*paid(trial=True), e.PrintStarted("customer", 1, ""), e.ReceiptDeferred("x"))
    keyboard, terminal = os.openpty()
    with os.fdopen(keyboard, "wb", buffering=0) as keys, os.fdopen(terminal) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        keys.write(f"{answer}\n".encode())
        asked = {"yes": False, "profile": desk.profile, "settings_file": None}
        assert reprint(payment_id="P1", copies=("customer",), **asked) == 0  # type: ignore[arg-type]  # by name
    assert "È uscito lo scontrino intero?" in capsys.readouterr().err
    assert f"*** {mark} ***" in desk.papers[0]


# --- earlier months ------------------------------------------------------------------------------


@pytest.fixture
def then() -> ShiftedClock:
    """Forty days ago: surely another month."""
    clock = ShiftedClock()
    clock.days = -40
    return clock


def test_a_receipt_of_an_earlier_month_comes_again_and_again(
    desk: Desk, then: ShiftedClock, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.journaled(*paid(trial=True), *BOTH_PRINTED, clock=then)
    assert [desk.reprint(), desk.reprint(payment="P1")] == [0, 0]
    assert [f"Ristampa n. {number} del" in text for number, text in enumerate(desk.papers, 1)] == [True, True]
    jobs = [(job.attempt, job.state) for job in desk.payment.copies if job.copy == "customer"]
    assert jobs == [(1, JobState.PRINTED), (2, JobState.PRINTED), (3, JobState.PRINTED)]
    assert len(list((desk.folder / "journal").glob("????-??.db"))) == 2
    JournalReader(desk.folder / "journal").verify()
    assert capsys.readouterr().err.count("process_id") == 2


def test_a_receipt_that_was_put_off_in_an_earlier_month_is_still_owed(desk: Desk, then: ShiftedClock) -> None:
    desk.journaled(*paid(trial=True), e.ReceiptDeferred("la stampante non c'era"), clock=then)
    assert desk.reprint() == 0
    assert ["COPIA CLIENTE" in text for text in desk.papers] == [True, False]
    assert not any("DUPLICATO" in text or "RISTAMPA" in text for text in desk.papers)


def test_a_reprint_of_an_earlier_month_that_a_kill_cut_short_is_known_at_the_next_start(
    desk: Desk, then: ShiftedClock
) -> None:
    desk.journaled(*paid(trial=True), *BOTH_PRINTED, clock=then)
    with Journal.open(desk.folder / "journal", BootClock()) as journal:
        journal.recall("P1")
        journal.append("P1", e.PrintStarted("customer", 2, ""))
    assert desk.reprint("customer") == 0
    states = [job.state for job in desk.payment.copies if job.copy == "customer"]
    assert states == [JobState.PRINTED, JobState.UNKNOWN, JobState.PRINTED]


@pytest.mark.slow(reason="three commands, a process each")
def test_the_commands_agree_about_a_payment_of_an_earlier_month(tmp_path: Path, desk: Desk, then: ShiftedClock) -> None:
    desk.journaled(*paid(trial=False), *BOTH_PRINTED, clock=then)
    command = Command(tmp_path)
    again = command("print", "reprint", OPERATION, "--profile", "simulator")
    assert again.returncode == 0, again.stderr
    assert "Ristampa n. 1 del" in again.stdout
    shown = json.loads(command("journal", "show", OPERATION, "--json").stdout)
    assert [line["event"] for line in shown][-3:] == ["ReceiptPrinted", "PrintStarted", "CopyPrinted"]
    verified = command("journal", "verify")
    assert verified.returncode == 0, verified.stderr


# --- money rule 11 -------------------------------------------------------------------------------


def test_a_payment_made_with_doubles_stays_a_trial_on_a_real_printer(desk: Desk) -> None:
    desk.journaled(*paid(trial=True), *BOTH_PRINTED)
    desk.reprint()
    assert desk.papers[0].count("PROVA - SENZA VALORE") == 2


def test_a_real_payment_is_worth_something_on_a_real_printer_and_nothing_on_a_double(desk: Desk) -> None:
    desk.journaled(*paid(trial=False), *BOTH_PRINTED)
    desk.reprint()
    assert "PROVA" not in desk.papers[0]
    assert reprint(payment_id="P1", copies=(), yes=True, profile="simulator", settings_file=None) == 0
    (paper,) = (desk.folder / "receipts").glob("*.txt")
    assert paper.read_text().count("PROVA - SENZA VALORE") == 2


def test_the_test_page_is_always_a_trial(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert print_test(profile=desk.profile, settings_file=None) == 0
    assert "PAGINA DI PROVA" in desk.papers[0]
    assert desk.papers[0].count("PROVA - SENZA VALORE") == 2
    assert "process_id" in capsys.readouterr().err


def test_a_logo_is_stored_once_and_stands_on_the_citizens_copy(desk: Desk, tmp_path: Path) -> None:
    desk.journaled(*paid(trial=True), e.ReceiptDeferred("x"))
    Image.new("1", (200, 40), 0).save(tmp_path / "logo.png")
    with pytest.raises(UserError, match="chiave per il logo") as refused:
        print_logo(picture=tmp_path / "logo.png", profile=desk.profile, settings_file=None)
    assert refused.value.exit_code == 5
    with Path(desk.profile).open("a") as profile:
        profile.write('logo = "PP"\n')
    assert print_logo(picture=tmp_path / "logo.png", profile=desk.profile, settings_file=None) == 0
    assert desk.reprint() == 0
    assert ["[picture 200x40]" in text for text in desk.papers] == [True, False]


# --- what goes wrong -----------------------------------------------------------------------------


@pytest.mark.parametrize(("fault", "code", "word"), [("paper_out", 3, "carta"), ("cover_open", 3, "coperchio")])
def test_a_printer_in_trouble_is_told_and_leaves_no_job(
    desk: Desk, capsys: pytest.CaptureFixture[str], fault: str, code: int, word: str
) -> None:
    desk.journaled(*paid(trial=True), *BOTH_PRINTED)
    desk.printer.happen(fault)
    assert desk.reprint() == code
    assert word in capsys.readouterr().err
    assert len(desk.payment.copies) == 2


def test_a_printer_that_is_not_there_is_told(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.journaled(*paid(trial=True), *BOTH_PRINTED)
    Path(desk.profile).write_text(PROFILE.format(port="/nowhere/printer"))
    assert desk.reprint() == 3
    assert print_test(profile=desk.profile, settings_file=None) == 3
    assert capsys.readouterr().err.count("/nowhere/printer") == 2


def test_a_copy_that_stops_in_the_middle_is_told_and_somebody_must_look(
    tmp_path: Path, desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.journaled(*paid(trial=True), *BOTH_PRINTED)
    with SimulatedPrinter(script=Script(paper_mm=60.0, near_end_mm=0.0)) as short:
        Path(desk.profile).write_text(PROFILE.format(port=short.port))
        assert desk.reprint() == 4
    assert "solo in parte" in capsys.readouterr().err
    assert desk.payment.copy_state("customer") is JobState.PARTIAL


@pytest.mark.parametrize(
    ("payment", "copies", "sentence"),
    [
        ("nobody", (), "non ha il pagamento nobody"),
        (OPERATION, ("reversal",), "non ha un foglio reversal; ha: customer, merchant"),
    ],
)
def test_what_is_not_there_is_refused_in_one_sentence(
    desk: Desk, payment: str, copies: tuple[str, ...], sentence: str
) -> None:
    desk.journaled(*paid(trial=True), *BOTH_PRINTED)
    with pytest.raises(UserError, match=sentence) as refused:
        desk.reprint(*copies, payment=payment)
    assert refused.value.exit_code == 3
    assert desk.papers == []


def test_a_payment_of_another_process_s_hands_is_left_to_it(desk: Desk) -> None:
    desk.journaled(*paid(trial=True)[:6])
    with pytest.raises(UserError, match="nulla da stampare"):
        desk.reprint()


def test_a_running_terminal_keeps_its_printer(desk: Desk) -> None:
    desk.journaled(*paid(trial=True), *BOTH_PRINTED)
    with (desk.folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        with pytest.raises(UserError, match="fermarlo prima") as refused:
            desk.reprint()
        with pytest.raises(UserError, match="fermarlo prima"):
            print_test(profile=desk.profile, settings_file=None)
    assert refused.value.exit_code == 8
    assert str(os.getpid()) in str(refused.value)


# --- which papers --------------------------------------------------------------------------------

OK, KO = e.OutcomeIntended("OK", "k", "b"), e.OutcomeIntended("KO", "k", "b")


@pytest.mark.parametrize(
    ("payment", "papers"),
    [
        (Payment("P", State.CLOSED, token="t", outcomes=(OK,), accepted=True, card=CARD), ("customer", "merchant")),
        (
            Payment("P", State.CLOSED, token="t", outcomes=(OK,), recorded_late="PPT_TOKEN_SCADUTO", card=CARD),
            ("recorded_late", "recorded_late_merchant"),
        ),
        (Payment("P", State.CLOSED, token="t", outcomes=(OK,), card=CARD, reversed=True), ("reversal",)),
        (Payment("P", State.CLOSED, token="t", outcomes=(KO,), accepted=True), ("not_executed",)),
        (Payment("P", State.CLOSED), ()),
        (Payment("P", State.CLOSED, token="t", outcomes=(OK,), card=CARD, case_closed=True), ()),
        (Payment("P", State.RECONCILING, token="t", outcomes=(OK,), card=CARD), ("refund_due",)),
        (Payment("P", State.RECONCILING, token="t", outcomes=(KO,)), ("in_verification",)),
        (Payment("P", State.REPORTING_OK, token="t", outcomes=(OK,), card=CARD), ("in_verification",)),
        (Payment("P", State.OPERATOR_RULING, token="t"), ("in_verification",)),
        (Payment("P", State.REPORTING_KO, token="t", outcomes=(KO,)), ()),
        (Payment("P", State.CHARGING, token="t"), ()),
        (Payment("P", State.VERIFYING), ()),
    ],
)
def test_a_payment_has_only_the_papers_that_are_true_of_it(payment: Payment, papers: tuple[str, ...]) -> None:
    assert papers_of(payment) == papers


# --- the command ---------------------------------------------------------------------------------


@pytest.mark.slow(reason="five commands, a process each")
def test_the_command_pays_reprints_and_refuses(tmp_path: Path) -> None:
    command = Command(tmp_path / "state")
    assert command("pay", "--profile", "simulator", "--code", CODE, "--yes").returncode == 0
    (payment,) = json.loads(command("journal", "list", "--json").stdout)
    again = command("print", "reprint", payment["operation"], "--profile", "simulator")
    assert again.returncode == 0, again.stderr
    assert again.stdout.count("*** DUPLICATO ***") == 2
    lines = [line.strip() for line in again.stdout.splitlines() if line.strip()]
    assert lines[0] == lines[-1] == "PROVA - SENZA VALORE"
    assert "picture: " in again.stderr
    assert command("journal", "verify").returncode == 0
    nobody = command("print", "reprint", "nobody", "--profile", "simulator")
    assert nobody.returncode == 3
    assert len(nobody.stderr.splitlines()) == 1
