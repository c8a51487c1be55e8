import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.printer.proof import MOST_OWED, Answers, execute, process_id, questions, rungs
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


@pytest.mark.parametrize("answer", ["12", "10 00 00 00", "03"])
def test_a_stray_byte_that_looks_like_the_head_of_a_text_does_not_swallow_the_answer_behind_it(answer: str) -> None:
    reader = ReplyReader()
    assert reader.feed(b"\x37" + bytes.fromhex(answer)) == ReplyReader().feed(bytes.fromhex(answer)) != []


# --- the ladder --------------------------------------------------------------------------------

IDLE = AutomaticStatus(bytes.fromhex("10 00 00 00"))
OUT = AutomaticStatus(bytes.fromhex("18 00 0f 00"))
LOW = AutomaticStatus(bytes.fromhex("10 00 03 00"))
JOB = b"AAAA"


def answers(*replies: Reply) -> Answers:
    """Of a printer that owes nothing."""
    heard = Answers()
    heard.none_owed()
    heard.take(replies)
    return heard


def test_the_questions_stand_behind_the_job_strongest_first() -> None:
    assert questions(rungs("auto"), b"AB12") == bytes.fromhex("1d28480600 3030 41423132  1d7201  1d610e")
    assert questions(rungs("none"), JOB) == b""


@given(st.integers(0, 10**12))
def test_a_process_id_is_four_printable_characters(number: int) -> None:
    job = process_id(number)
    assert len(job) == 4
    assert all(0x20 <= byte <= 0x7E for byte in job)
    assert process_id(number + 95**4) == job != process_id(number + 1)


def test_an_id_is_counted_for_its_own_job_only() -> None:
    heard = answers(BlockReply(b'7"AAA@'), BlockReply(b'7"AAAA'))
    assert [heard.count("process_id", job) for job in (JOB, b"AAA@", b"BBBB")] == [1, 1, 0]


def test_a_push_on_a_change_is_no_answer_the_same_once_more_is() -> None:
    heard = answers(IDLE, LOW)
    assert heard.count("asb", JOB) == 0
    heard.take([LOW])
    assert heard.count("asb", JOB) == 1


def test_the_last_word_is_how_the_printer_is() -> None:
    heard = answers(IDLE, OUT)
    assert heard.condition.trouble is Trouble.PAPER_OUT
    heard.take([IDLE])
    assert heard.condition.trouble is None


def test_an_empty_roll_in_the_barrier_s_answer_is_no_answer_but_a_word() -> None:
    heard = answers(TransmittedStatus(0x0F))
    assert (heard.count("gs_r", JOB), heard.condition.trouble) == (0, Trouble.PAPER_OUT)


def test_what_the_process_before_asked_is_owed_too() -> None:
    fresh = Answers()
    assert [fresh.owed(rung) for rung in ("process_id", "gs_r", "asb")] == [0, MOST_OWED, MOST_OWED]


@given(
    st.lists(st.sampled_from(["ask", "answer", "change"]), max_size=40),
    st.sampled_from(["gs_r", "asb"]),
    st.integers(0, MOST_OWED),
)
def test_never_fewer_answers_are_reckoned_with_than_are_owed(events: list[str], rung: str, before: int) -> None:
    """Whatever the printer still owed when we began, whatever it pushes by itself."""
    heard, owed, status = Answers(), before, [0, 0]
    for event in events:
        if event == "ask" and heard.owed(rung) < MOST_OWED:
            heard.asked((rung,), 1)
            owed += 1
        elif event == "answer" and owed:
            owed -= 1
            heard.take([TransmittedStatus(0) if rung == "gs_r" else AutomaticStatus(bytes([0x10, 0, *status]))])
        elif event == "change" and rung == "asb":
            status[1] = (status[1] + 1) % 16
            heard.take([AutomaticStatus(bytes([0x10, 0, *status]))])
        assert heard.owed(rung) >= owed


def test_the_macro_is_executed_at_once_and_without_a_pause() -> None:
    assert execute(2) == bytes.fromhex("1d 5e 02 00 00")
