"""Never is a paper called printed that is not whole, whatever the printer did: the driver on the double, virtual time.

POS_CAMPAIGN=full looks at every byte, and a hundred times longer for a fate that deceives.
"""

import os
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.contracts import Cut, Document, PrintState, Proof, QrCode, Row, Rule, Text
from drivers.printer.driver import BUSY
from drivers.printer.simulator import FAULTS, Fault, InMemoryPrinter, Script

FULL = os.environ.get("POS_CAMPAIGN") == "full"
EXAMPLES = 5_000 if FULL else 40
BYTES = range(1, 968, 1 if FULL else 107)
WITH_MACRO, WITHOUT_MACRO = ("epson", "clone", "simple"), ("compact", "plain")
REPAIRS = ("new_roll", "cover_closed", "cutter_freed", "repaired", "cooled", "talking")


def paper(name: str, *, coded: bool = False) -> Document:
    """A paper of its own, so that no other can be taken for it."""
    rows = tuple(Row(f"{name} {number}", "perché città") for number in range(1, 19))
    code = (QrCode(f"PAGOPA|002|{name}"),) if coded else ()
    return Document(name, (Text(f"INIZIO {name}", bold=True, tall=True), Rule(), *code, *rows, Cut()))


def words(name: str) -> str:
    """What a whole one says from its first row on."""
    return "".join(f"{name} {number}".ljust(36) + "perché città\n" for number in range(1, 19))


def on_paper(printer: InMemoryPrinter) -> str:
    return "".join(piece.text for piece in (*printer.pieces, printer.tape))


def lies(printer: InMemoryPrinter, name: str, state: PrintState) -> Iterator[str]:
    """Whatever `state` says of the paper that is not so, now or after everything that waits has come out."""
    begun, whole = f"INIZIO {name}\n", words(name)
    if state is PrintState.PRINTED and not (begun in on_paper(printer) and whole in on_paper(printer)):
        yield f"{name} is called printed"
    if state is PrintState.NOT_STARTED and begun in on_paper(printer):
        yield f"{name} is called not started"
    if state is PrintState.PARTIAL and any(piece.text.endswith(whole) for piece in printer.pieces):
        yield f"{name} is called partial and was cut off whole"


# --- the answers of an earlier job -----------------------------------------------------------------

fates = st.lists(
    st.builds(
        Fault,
        st.sampled_from([*FAULTS, *REPAIRS]),
        at_mm=st.sampled_from([0.0, 1.0, 20.0, 45.0, 80.0, 90.0, 130.0, 180.0]),
        after_seconds=st.sampled_from([0.0, 0.1, 0.5, 1.5, 4.0, 9.0]),
    ),
    max_size=6,
).map(tuple)
scripts = st.builds(
    Script,
    model=st.sampled_from([*WITH_MACRO, *WITHOUT_MACRO, "old"]),
    paper_mm=st.sampled_from([40.0, 95.0, 150.0, 80_000.0]),
    speed_mm_s=st.sampled_from([0.0, 20.0, 150.0]),
    buffer_bytes=st.sampled_from([45, 300, 4096]),
    answer_seconds=st.sampled_from([0.0, 0.02, 0.25, 0.6]),
    boot_seconds=st.sampled_from([1.0, 3.0]),
    glitch=st.sampled_from([b"", b"\x00", b"\x00\x00\x00"]),
    faults=fates,
)


@pytest.mark.timeout(900 if FULL else 60)
@settings(max_examples=EXAMPLES, derandomize=not FULL)
@given(
    script=scripts, pauses=st.lists(st.sampled_from([0.0, 0.3, 2.0, 30.0]), min_size=3, max_size=3), qr=st.booleans()
)
def test_no_fate_makes_the_driver_say_what_is_not_so(script: Script, pauses: list[float], *, qr: bool) -> None:
    printer = InMemoryPrinter(script=script, qr="raster")
    told = {}
    for name, pause in zip(("Prima", "Seconda", "Terza"), pauses, strict=True):
        data = printer.render(paper(name, coded=qr))
        told[name] = printer.print(data, timeout=60.0, tick=lambda: None).state
        assert list(lies(printer, name, told[name])) == []
        for repair in REPAIRS if pause else ():
            printer.happen(repair)
        printer.wait(pause)
    for name, state in told.items():
        assert list(lies(printer, name, state)) == []


@pytest.mark.parametrize("model", [*WITH_MACRO, *WITHOUT_MACRO])
@pytest.mark.parametrize("again", [0.5, 2.0, 5.0, 8.0])
def test_the_late_answer_of_the_job_before_does_not_prove_this_one(model: str, again: float) -> None:
    """A new roll, and the cover opens before the rest of the first copy is out: its answer comes in the second."""
    for stop in range(42, 90, 8 if FULL else 20):
        for third in range(100, 180, 16 if FULL else 48):
            faults = (
                Fault("cover_open", at_mm=stop),
                Fault("cover_closed", after_seconds=again),
                Fault("cover_open", at_mm=third),
            )
            script = Script(model=model, paper_mm=40.0, speed_mm_s=30.0, faults=faults)
            printer = InMemoryPrinter(script=script)
            printer.print(printer.render(paper("Prima")), timeout=60, tick=lambda: None)
            printer.happen("new_roll")
            state = printer.print(printer.render(paper("Seconda")), timeout=60, tick=lambda: None).state
            assert list(lies(printer, "Seconda", state)) == [], (stop, third)


@pytest.mark.parametrize("model", ["clone", "plain", "simple"])
def test_a_printer_that_cannot_be_cleared_is_reported_as_one_that_may_print_on(model: str) -> None:
    printer = InMemoryPrinter(script=Script(model=model, paper_mm=40.0))
    first = _printed(printer, "Prima")
    assert first.state is PrintState.UNKNOWN, "the rest may still come, so it is not called partial"
    assert "può uscire da solo" in first.reason
    printer.happen("new_roll")
    assert _printed(printer, "Seconda").state is PrintState.PRINTED
    assert on_paper(printer).count(words("Seconda")) == 1


def test_a_copy_is_not_begun_before_the_one_before_it_is_finished() -> None:
    """The clone has proven one copy; in the next its paper ends, and after the new roll it goes on when it likes."""
    printer = InMemoryPrinter(script=Script(model="clone", paper_mm=140.0, speed_mm_s=30.0))
    assert _printed(printer, "Prima").state is PrintState.PRINTED
    assert _printed(printer, "Seconda").state is PrintState.UNKNOWN
    printer.happen("new_roll")
    held = _printed(printer, "Terza", timeout=1.0)
    assert (held.state, held.reason) == (PrintState.NOT_STARTED, BUSY)
    assert _printed(printer, "Terza").state is PrintState.PRINTED
    assert all(words(name) in on_paper(printer) for name in ("Prima", "Seconda", "Terza"))


def _printed(printer: InMemoryPrinter, name: str, *, timeout: float = 60.0) -> Proof:
    return printer.print(printer.render(paper(name)), timeout=timeout, tick=lambda: None)


def test_a_printer_that_was_silent_at_first_is_asked_again() -> None:
    printer = InMemoryPrinter(script=Script(model="clone", faults=(Fault("mute"),)))
    assert _printed(printer, "Prima").state is PrintState.UNKNOWN
    printer.happen("talking")
    assert _printed(printer, "Seconda") == Proof(PrintState.PRINTED, "gs_r")


# --- power that goes and comes again ---------------------------------------------------------------


def after_a_blip(script: Script) -> tuple[InMemoryPrinter, PrintState]:
    printer = InMemoryPrinter(script=script)
    state = printer.print(printer.render(paper("Prima")), timeout=60.0, tick=lambda: None).state
    printer.wait(10.0)
    return printer, state


@pytest.mark.parametrize("boot", [0.0, 0.05, 2.0])
@pytest.mark.parametrize("speed", [0.0, 150.0])
@pytest.mark.parametrize("model", WITH_MACRO)
def test_power_that_blinks_at_any_byte_is_noticed_however_short_it_was(model: str, speed: float, boot: float) -> None:
    for byte in BYTES:
        blip = Fault("power_cut", at_byte=byte)
        printer, state = after_a_blip(Script(model=model, speed_mm_s=speed, boot_seconds=boot, faults=(blip,)))
        assert state is PrintState.UNKNOWN, f"byte {byte}: {on_paper(printer)}"


@pytest.mark.parametrize("speed", [0.0, 150.0])
@pytest.mark.parametrize("model", WITHOUT_MACRO)
def test_a_printer_without_macros_is_missed_while_it_starts_again(model: str, speed: float) -> None:
    for byte in BYTES:
        blip = Fault("power_cut", at_byte=byte)
        printer, state = after_a_blip(Script(model=model, speed_mm_s=speed, boot_seconds=0.9, faults=(blip,)))
        assert state is PrintState.UNKNOWN, f"byte {byte}: {on_paper(printer)}"


@pytest.mark.parametrize("model", [*WITH_MACRO, *WITHOUT_MACRO])
def test_power_that_blinks_at_any_millimetre_is_noticed(model: str) -> None:
    for line in range(1, 21, 1 if FULL else 3):
        blip = Fault("power_cut", at_mm=line * 3.75)
        printer, state = after_a_blip(Script(model=model, speed_mm_s=150.0, boot_seconds=1.0, faults=(blip,)))
        assert list(lies(printer, "Prima", state)) == [], line
        assert state is PrintState.UNKNOWN


def test_the_break_of_a_dying_line_is_not_taken_for_an_answer() -> None:
    blip = Fault("power_cut", at_mm=60.0)
    for model in ("clone", "plain"):
        script = Script(model=model, speed_mm_s=150.0, boot_seconds=60.0, glitch=b"\x00" * 4, faults=(blip,))
        assert after_a_blip(script)[1] is PrintState.UNKNOWN
