"""Which camera: the options a hardware profile gives it, and what kind of source they name. Loads no library."""

import enum
import stat
from dataclasses import dataclass
from pathlib import Path

OTHERWISE = "intanto si possono digitare i numeri dell'avviso."
_STREAMS = ("http://", "https://", "rtsp://")
_LARGEST_SIDE = 4096
_MOST_FRAMES = 120


class Kind(enum.Enum):
    """What is behind a device's name."""

    CAMERA = enum.auto()  # live, V4L2
    STREAM = enum.auto()  # live, over the network or out of a pipe
    VIDEO = enum.auto()  # a file: it ends


@dataclass(frozen=True)
class CameraOptions:
    """`device`: a device file, a camera's number, an http(s):// or rtsp:// stream, or a video file.

    `width` and `height` in pixels, `exposure` in units of 100 µs (0: the camera's own automatic; a fixed one of 50 to
    100 keeps a trembling hand sharp where the light allows it). Raises ValueError for what no camera can be asked for.
    """

    device: str | int = "/dev/pos/camera"
    width: int = 1280
    height: int = 720
    frames_a_second: int = 30
    exposure: int = 0

    def __post_init__(self) -> None:
        """Refuse what is out of bounds."""
        if self.device == "" or (isinstance(self.device, int) and self.device < 0):
            raise ValueError("device must be a device file, a number from 0, a stream's address or a video file")
        if not (16 <= self.width <= _LARGEST_SIDE and 16 <= self.height <= _LARGEST_SIDE):
            raise ValueError(f"width and height must be from 16 to {_LARGEST_SIDE} pixels")
        if not 1 <= self.frames_a_second <= _MOST_FRAMES:
            raise ValueError(f"frames_a_second must be from 1 to {_MOST_FRAMES}")
        if self.exposure < 0:
            raise ValueError("exposure must be 0 (automatic) or a number of 100 µs")


def path_of(device: str | int) -> str:
    """The device file of a number, everything else as it is."""
    return f"/dev/video{device}" if str(device).isdecimal() else str(device)


def kind_of(device: str | int) -> Kind:
    """What it names; what does not exist is taken for a camera that is not plugged in where it would be one."""
    name = path_of(device)
    if name.lower().startswith(_STREAMS):
        return Kind.STREAM
    path = Path(name)
    if path.exists() and not stat.S_ISCHR(path.stat().st_mode):
        return Kind.STREAM if stat.S_ISFIFO(path.stat().st_mode) else Kind.VIDEO
    return Kind.CAMERA if name.startswith("/dev/") else Kind.VIDEO
