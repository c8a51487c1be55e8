"""One place for one frame: the camera's thread puts, the reader takes, and what was not taken in time is gone."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Frame = TypeVar("Frame")


@dataclass(frozen=True)
class Trouble:
    """Why there are no frames, or none that show anything; `absent`: the camera could not be opened."""

    sentence: str
    absent: bool = False


class Newest(Generic[Frame]):
    """Holds the newest frame only, so that no frame ever waits behind another; and how the source stands.

    `trouble` is why there are no frames now, `ended` that there will be none any more, `heard` when the source's thread
    last showed that it lives, in seconds of `monotonic`. `remark`: what is not as the source was asked for.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._news = threading.Condition()
        self._frame: Frame | None = None
        self.trouble: Trouble | None = None
        self.remark: str | None = None
        self.ended = False
        self.heard = monotonic()

    def put(self, frame: Frame) -> None:
        """A new frame: whatever nobody took yet is dropped for it. A frame ends all trouble."""
        with self._news:
            self._frame, self.trouble, self.heard = frame, None, self._monotonic()
            self._news.notify()

    def take(self, *, timeout: float) -> Frame | None:
        """The newest frame, once; None when none came within `timeout` seconds."""
        with self._news:
            self._news.wait_for(lambda: self._frame is not None, timeout)
            frame, self._frame = self._frame, None
            return frame

    def beat(self, trouble: Trouble | None = None) -> None:
        """No frame, but the source's thread lives; with what it has to say."""
        self.heard = self._monotonic()
        self.trouble = trouble or self.trouble

    def end(self) -> None:
        """There will be no other frame; the last one may still be taken."""
        self.ended = True
