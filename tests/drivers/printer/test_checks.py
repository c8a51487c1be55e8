import pytest

from drivers.contracts import Document
from drivers.printer.checks import NO_PROOF, Finding, Grade, external, internal
from drivers.printer.simulator import InMemoryPrinter, Script


def found(printer: InMemoryPrinter) -> list[tuple[str, Grade]]:
    return [(finding.check, finding.grade) for finding in internal(printer)]


@pytest.mark.parametrize(
    ("model", "ready", "proof"),
    [
        ("epson", Grade.PASSED, Grade.PASSED),
        ("clone", Grade.PASSED, Grade.WARNED),
        ("simple", Grade.PASSED, Grade.WARNED),
        ("old", Grade.PASSED, Grade.WARNED),
        ("mute", Grade.WARNED, Grade.WARNED),
    ],
)
def test_every_model_is_graded_by_what_it_can_prove_and_no_paper_moves(model: str, ready: Grade, proof: Grade) -> None:
    printer = InMemoryPrinter(script=Script(model=model))
    assert found(printer) == [("printer.ready", ready), ("printer.proof", proof)]
    assert (printer.pieces, printer.tape.millimetres, printer.unknown) == ((), 0, ())


def test_a_printer_without_a_proof_is_told_what_that_means_for_the_counter() -> None:
    assert [finding.sentence for finding in internal(InMemoryPrinter(proof="none"))][-1] == NO_PROOF


@pytest.mark.parametrize(("fault", "word"), [("paper_out", "carta"), ("cover_open", "coperchio"), ("hot", "calda")])
def test_a_printer_in_trouble_fails_and_is_asked_no_more(fault: str, word: str) -> None:
    printer = InMemoryPrinter()
    printer.happen(fault)
    (finding,) = internal(printer)
    assert finding.grade is Grade.FAILED
    assert word in finding.sentence


def test_a_printer_that_is_not_there_fails() -> None:
    printer = InMemoryPrinter()
    printer.absent = True
    assert found(printer) == [("printer.ready", Grade.FAILED)]


def test_paper_that_runs_low_is_a_warning() -> None:
    printer = InMemoryPrinter()
    printer.happen("paper_low")
    assert found(printer)[0] == ("printer.ready", Grade.WARNED)


def test_the_page_is_printed_and_proven(receipt: Document) -> None:
    printer = InMemoryPrinter()
    assert external(printer, receipt).grade is Grade.PASSED
    printer.wait(0.1)
    assert "Riga 18" in printer.pieces[0].text


def test_a_page_that_stops_in_the_middle_fails_and_one_that_nobody_proves_is_a_warning(receipt: Document) -> None:
    stopped = external(InMemoryPrinter(script=Script(paper_mm=30.0)), receipt)
    assert (stopped.grade, "carta" in stopped.sentence) == (Grade.FAILED, True)
    unproven = external(InMemoryPrinter(script=Script(model="old")), receipt)
    assert isinstance(unproven, Finding)
    assert unproven.grade is Grade.WARNED
