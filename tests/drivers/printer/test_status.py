import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.printer.proof import ProofWatch, process_id, questions, rungs
from drivers.printer.status import (
    AutomaticStatus,
    BlockReply,
    RealTimeStatus,
    Reply,
    ReplyReader,
    TransmittedStatus,
    Trouble,
    by_push,
    by_questions,
)

# Printing.md 1: what a printer sent while it ran out of paper, and what it said before.
STREAM = "12 12 12 12  10 00 00 00  11 00  18 00 0f 00 13  37 22 41 42 43 44 00  5f 44 4f 00  7f"
REPLIES: list[Reply] = [
    *[RealTimeStatus(0x12)] * 4,
    AutomaticStatus(bytes.fromhex("10 00 00 00")),
    TransmittedStatus(0x00),
    AutomaticStatus(bytes.fromhex("18 00 0f 00")),
    BlockReply(b'7"ABCD'),
    BlockReply(b"_DO"),
]


@given(st.lists(st.integers(1, 5), min_size=1))
def test_the_replies_do_not_depend_on_how_the_stream_was_cut(sizes: list[int]) -> None:
    stream, reader, replies = bytes.fromhex(STREAM), ReplyReader(), []
    while stream:
        size = sizes[len(stream) % len(sizes)]
        replies += reader.feed(stream[:size])
        stream = stream[size:]
    assert replies == REPLIES
    assert reader.strays == 1


@given(st.binary())
def test_noise_is_counted_or_understood_and_never_raises(noise: bytes) -> None:
    reader = ReplyReader()
    reader.feed(noise)
    reader.feed(b"\x00" * 4)
    assert reader.feed(b"\x12") == [RealTimeStatus(0x12)]


def test_a_broken_push_does_not_swallow_the_answer_behind_it() -> None:
    reader = ReplyReader()
    assert reader.feed(bytes.fromhex("18 00 12")) == [RealTimeStatus(0x12)]
    assert reader.strays == 2


@pytest.mark.parametrize(
    ("answers", "trouble"),
    [
        ({1: 0x12, 2: 0x12, 3: 0x12, 4: 0x12}, None),
        ({1: 0x1A, 2: 0x16, 3: 0x12, 4: 0x12}, Trouble.COVER_OPEN),
        ({1: 0x1A, 2: 0x32, 3: 0x12, 4: 0x72}, Trouble.PAPER_OUT),
        ({1: 0x1A, 2: 0x52, 3: 0x1A, 4: 0x12}, Trouble.CUTTER),
        ({1: 0x1A, 2: 0x52, 3: 0x32, 4: 0x12}, Trouble.FATAL),
        ({1: 0x1A, 2: 0x52, 3: 0x52, 4: 0x12}, Trouble.HOT),
        ({1: 0x1A}, Trouble.OFFLINE),
    ],
)
def test_the_answers_name_the_trouble(answers: dict[int, int], trouble: Trouble | None) -> None:
    assert by_questions(answers).trouble is trouble


def test_paper_near_its_end_warns_only() -> None:
    assert by_questions({4: 0x1E}).paper_low
    assert by_questions({4: 0x1E}).trouble is None
    assert by_push(AutomaticStatus(bytes.fromhex("10 00 03 00"))).paper_low


def test_every_trouble_has_a_sentence_of_its_own() -> None:
    sentences = [trouble.value for trouble in Trouble]
    assert len(set(sentences)) == len(sentences)
    assert all(sentence.endswith(".") for sentence in sentences)


# --- the ladder --------------------------------------------------------------------------------

IDLE = AutomaticStatus(bytes.fromhex("10 00 00 00"))
OUT = AutomaticStatus(bytes.fromhex("18 00 0f 00"))
LOW = AutomaticStatus(bytes.fromhex("10 00 03 00"))
JOB = b"AAAA"


def watch(proof: str = "auto") -> ProofWatch:
    return ProofWatch(rungs(proof), JOB)


def test_the_questions_stand_behind_the_job_strongest_first() -> None:
    assert questions(rungs("auto"), b"AB12") == bytes.fromhex("1d28480600 3030 41423132  1d7201  1d610e")
    assert questions(rungs("none"), JOB) == b""


@given(st.integers(0, 10**12))
def test_a_process_id_is_four_printable_characters(number: int) -> None:
    job = process_id(number)
    assert len(job) == 4
    assert all(0x20 <= byte <= 0x7E for byte in job)
    assert process_id(number + 95**4) == job != process_id(number + 1)


def test_the_strongest_proof_that_came_counts() -> None:
    job = watch()
    job.questions_leave()
    job.feed([TransmittedStatus(0)])
    assert (job.proven, job.strongest_reached) == ("gs_r", False)
    job.feed([BlockReply(b'7"AAAA')])
    assert (job.proven, job.strongest_reached) == ("process_id", True)
    job.feed([TransmittedStatus(0)])
    assert job.proven == "process_id"


def test_the_late_id_of_an_earlier_job_proves_nothing() -> None:
    job = watch()
    job.questions_leave()
    job.feed([BlockReply(b'7"AAA@')])
    assert job.proven == ""


def test_a_push_on_a_change_proves_nothing_the_same_once_more_does() -> None:
    job = watch("asb")
    job.feed([IDLE])
    job.questions_leave()
    job.feed([LOW])
    assert job.proven == ""
    job.feed([LOW])
    assert job.proven == "asb"


def test_the_first_push_of_a_job_proves_nothing() -> None:
    job = watch("asb")
    job.questions_leave()
    job.feed([IDLE])
    assert job.proven == ""


def test_a_stop_is_seen_and_is_over_when_the_printer_goes_on() -> None:
    job = watch()
    job.feed([IDLE, OUT])
    assert job.stopped
    job.feed([IDLE])
    assert not job.stopped


def test_an_empty_roll_in_the_barrier_s_answer_is_no_proof() -> None:
    job = watch("gs_r")
    job.questions_leave()
    job.feed([TransmittedStatus(0x0F)])
    assert job.proven == ""
    assert job.stopped


def test_a_rung_that_was_not_asked_for_proves_nothing() -> None:
    job = watch("process_id")
    job.questions_leave()
    job.feed([TransmittedStatus(0), IDLE, IDLE])
    assert job.proven == ""
