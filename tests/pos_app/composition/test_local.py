"""How another command asks the running terminal, and what becomes of what nobody waits for any more."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pos_app.composition.local import IN_USE, Done, Requests, ask
from pos_app.composition.workers import Worker
from pos_app.errors import UserError


@contextmanager
def terminal(state_dir: Path) -> Iterator[tuple[Requests, threading.Event]]:
    """Requests that are heard, and the bell that rings for each."""
    rung = threading.Event()
    with Requests.heard(state_dir, rung.set) as requests, Worker("requests", requests.serve):
        yield requests, rung


def in_background(state_dir: Path, answers: list[object], patience: float = 20.0) -> threading.Thread:
    def asking() -> None:
        try:
            answers.append(ask(state_dir, "outbox retry", {"payment_id": "P1"}, patience=patience))
        except UserError as error:
            answers.append(error)

    thread = threading.Thread(target=asking)
    thread.start()
    return thread


def test_what_is_asked_reaches_the_loop_and_the_answer_comes_back(tmp_path: Path) -> None:
    answers: list[object] = []
    with terminal(tmp_path) as (requests, rung):
        asking = in_background(tmp_path, answers)
        assert rung.wait(10)
        request = requests.next()
        assert request is not None
        assert (request.name, request.arguments) == ("outbox retry", {"payment_id": "P1"})
        request.answer(Done(4, "in verifica"))
        asking.join(10)
    assert answers == [Done(4, "in verifica")]


def test_where_no_terminal_runs_nobody_answers(tmp_path: Path) -> None:
    assert ask(tmp_path, "outbox retry", {}) is None
    assert ask(tmp_path / "nothing", "outbox retry", {}) is None
    with terminal(tmp_path):
        pass
    assert ask(tmp_path, "outbox retry", {}) is None


def test_a_socket_that_a_killed_terminal_left_behind_is_nobody_and_no_hindrance(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(str(tmp_path / "control"))
    assert ask(tmp_path, "outbox retry", {}) is None
    with terminal(tmp_path):
        assert (tmp_path / "control").stat().st_mode & 0o777 == 0o600


def test_what_nobody_waits_for_any_more_is_never_done(tmp_path: Path) -> None:
    answers: list[object] = []
    with terminal(tmp_path) as (requests, rung):
        asking = in_background(tmp_path, answers, patience=0.1)
        assert rung.wait(10)
        asking.join(10)
        given_up = in_background(tmp_path, [])  # heard once the server has let go of the first
        rung.clear()
        assert rung.wait(10)
        second = requests.next()
        assert second is not None
        second.answer(Done(0, ""))
        assert requests.next() is None
        given_up.join(10)
    (error,) = answers
    assert isinstance(error, UserError)
    assert (error.exit_code, "busy" in str(error)) == (IN_USE, True)


def test_a_terminal_that_ends_meanwhile_has_not_done_it(tmp_path: Path) -> None:
    answers: list[object] = []
    with terminal(tmp_path) as (_requests, rung):
        asking = in_background(tmp_path, answers)
        assert rung.wait(10)
    asking.join(10)
    assert isinstance(answers[0], UserError)


@pytest.mark.parametrize("line", [b"", b"nonsense\n", b'{"name": "x"}\n', b"[]\n", b'{"name":"x","arguments":[]}\n'])
def test_nonsense_is_passed_over(tmp_path: Path, line: bytes) -> None:
    answers: list[object] = []
    with terminal(tmp_path) as (requests, rung):
        with socket.socket(socket.AF_UNIX) as stranger:
            stranger.connect(str(tmp_path / "control"))
            stranger.sendall(line)
        asking = in_background(tmp_path, answers)
        assert rung.wait(10)
        request = requests.next()
        assert request is not None
        request.answer(Done(0, "bene"))
        asking.join(10)
    assert answers == [Done(0, "bene")]
