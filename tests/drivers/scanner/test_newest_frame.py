import threading
import time

from drivers.scanner.newest import Newest, Trouble


def test_a_frame_that_was_not_taken_is_gone_when_the_next_one_comes() -> None:
    newest: Newest[int] = Newest(time.monotonic)
    for number in range(100):
        newest.put(number)
    assert newest.take(timeout=0) == 99
    assert newest.take(timeout=0) is None


def test_a_frame_is_had_as_soon_as_it_is_there() -> None:
    newest: Newest[str] = Newest(time.monotonic)
    thread = threading.Timer(0.05, newest.put, ("frame",))
    thread.start()
    assert newest.take(timeout=5) == "frame"
    thread.join()


def test_the_last_frame_may_still_be_taken_after_the_end() -> None:
    newest: Newest[str] = Newest(time.monotonic)
    newest.put("last")
    newest.end()
    assert (newest.ended, newest.take(timeout=0)) == (True, "last")


def test_a_frame_ends_all_trouble() -> None:
    newest: Newest[str] = Newest(time.monotonic)
    newest.beat(Trouble("gone"))
    newest.beat()
    assert newest.trouble == Trouble("gone")
    newest.put("frame")
    assert newest.trouble is None
