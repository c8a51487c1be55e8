"""Threads beside the payment loop end with it, and none dies unnoticed (reliability.md X9)."""

import threading

import pytest

from pos_app.composition.workers import Worker


def test_a_worker_works_until_it_is_left_and_has_ended_then() -> None:
    ended = threading.Event()

    def work(stop: threading.Event) -> None:
        stop.wait()
        ended.set()

    with Worker("helper", work) as worker:
        worker.check()
        assert not ended.is_set()
    assert ended.is_set()


def test_what_ends_a_worker_is_raised_where_the_loop_asks() -> None:
    failing = threading.Event()

    def work(_stop: threading.Event) -> None:
        failing.set()
        raise RuntimeError("nobody expected this")

    def loop() -> None:
        with Worker("helper", work) as worker:
            failing.wait()
            while True:
                worker.check()

    with pytest.raises(RuntimeError, match="nobody expected this"):
        loop()


def test_what_ended_a_worker_behind_the_last_look_is_raised_on_leaving() -> None:
    def work(stop: threading.Event) -> None:
        stop.wait()
        raise RuntimeError("on the way out")

    with pytest.raises(RuntimeError, match="on the way out"), Worker("helper", work):
        pass


def test_the_loops_own_error_is_told_rather_than_the_workers() -> None:
    def work(stop: threading.Event) -> None:
        stop.wait()
        raise RuntimeError("the worker's")

    with pytest.raises(ValueError, match="the loop's"), Worker("helper", work):
        raise ValueError("the loop's")
