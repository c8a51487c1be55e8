"""A camera that is not there: an HTTP server on the loopback that sends MJPEG, and can be told to misbehave.

Stopping it is unplugging; a real sensor's noise is in every frame, unless it is told to freeze.
"""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import cv2
import numpy as np

from drivers.scanner.simulator.clips import FRAMES_A_SECOND
from drivers.scanner.simulator.peers import Gray

_NOISE = 3  # grey levels
_BOUNDARY = b"frame"


class StandInCamera:
    """Serves `picture`, which may be changed while it runs; `frozen` takes the noise away, `stalled` all frames.

    It listens from `start` to `stop`; started again it has the same address.
    """

    def __init__(self, picture: Gray) -> None:
        self.picture = picture
        self.frozen = False
        self.stalled = False
        self._port = 0
        self._server: _Server | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._port}/"

    def start(self) -> Self:
        """Plug it in."""
        self._server = _Server(("127.0.0.1", self._port), self)
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Unplug it. May be called twice."""
        if self._server is not None:
            self._server.unplugged.set()
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> Self:
        """Plug it in."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Unplug it."""
        self.stop()

    def frame(self, generator: np.random.Generator) -> bytes:
        """The next JPEG."""
        noise = 0 if self.frozen else int(generator.integers(1, 2**31))
        pixels = self.picture if noise == 0 else _noisy(self.picture, noise)
        return cv2.imencode(".jpg", pixels)[1].tobytes()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], camera: StandInCamera) -> None:
        self.camera = camera
        self.unplugged = threading.Event()
        super().__init__(address, _Handler)

    def handle_error(self, *_: Any) -> None:
        """Whoever watched has gone: nothing to say."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        """Frames until unplugged."""
        self.send_response(200)
        self.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={_BOUNDARY.decode()}")
        self.end_headers()
        generator = np.random.default_rng()
        while not self.server.unplugged.wait(1 / FRAMES_A_SECOND):
            if not self.server.camera.stalled:
                self._send(self.server.camera.frame(generator))

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _send(self, jpeg: bytes) -> None:
        head = b"--%b\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % (_BOUNDARY, len(jpeg))
        self.wfile.write(head + jpeg + b"\r\n")


def _noisy(picture: Gray, seed: int) -> Gray:
    """A little of a sensor's noise: one band of it, moved to another place in every frame."""
    noise = np.random.default_rng(seed).integers(0, _NOISE, (8, picture.shape[1]), dtype=np.uint8)
    tiled = np.tile(noise, (picture.shape[0] // 8 + 1, 1))[: picture.shape[0]]
    return np.asarray(cv2.add(picture, tiled), dtype=np.uint8)
