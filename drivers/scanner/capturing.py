"""The camera's own thread: opens the source, puts its frames, and opens it again by its name when it is gone."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.errors import DeviceAbsent
from drivers.scanner.devices import CameraOptions, Kind, kind_of
from drivers.scanner.newest import Newest, Trouble

if TYPE_CHECKING:
    from drivers.scanner.sources import BGR, Source

_RETRY = 0.5  # seconds until a camera that is not there is looked for again


@dataclass(frozen=True)
class Shot:
    """A frame and when it was there."""

    frame: "BGR"
    at: float


def real_source(options: CameraOptions) -> "Source":
    """The product's own."""
    from drivers.scanner.sources import open_source  # noqa: PLC0415 - OpenCV loads in the process that sees, not before

    return open_source(options)


def capture(
    options: CameraOptions,
    newest: Newest[Shot],
    *,
    open_source: Callable[[CameraOptions], "Source"] = real_source,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Put frames for ever; of a file, until it ends."""
    while True:
        newest.beat()
        had_frames = _frames(options, newest, open_source, monotonic)
        if had_frames and kind_of(options.device) is Kind.VIDEO:
            newest.end()
            return
        sleep(_RETRY)


def _frames(
    options: CameraOptions,
    newest: Newest[Shot],
    open_source: Callable[[CameraOptions], "Source"],
    monotonic: Callable[[], float],
) -> bool:
    """Put all frames until there are no more; whether the source could be opened at all."""
    try:
        source = open_source(options)
    except DeviceAbsent as error:
        newest.beat(Trouble(str(error), absent=True))
        return False
    newest.remark = source.remark
    try:
        while (frame := source.read()) is not None:
            newest.put(Shot(frame, monotonic()))
    finally:
        source.close()
    return True
