"""The sandbox as a server: in a thread (`RunningSandbox`) or as the command `pos-terminal sandbox` (`serve`)."""

import asyncio
import contextlib
import logging
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from pos_app.sandbox.clock import SandboxClock
from pos_app.sandbox.sandbox import Sandbox, SandboxError, SandboxOptions

if TYPE_CHECKING:
    import uvicorn

_START_TIMEOUT = 10.0  # seconds
_START_POLL = 0.005
_STOP_TIMEOUT = 5.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class RunningSandbox:
    """A sandbox that answers over HTTP from a thread of this process, until `close`.

    Raises SandboxError if its files or its port can't be used. `sandbox` is what it runs on, for who looks inside.
    """

    def __init__(self, options: SandboxOptions | None = None, *, clock: SandboxClock | None = None) -> None:
        self._options = options or SandboxOptions(port=0)
        self._clock = clock
        self.sandbox: Sandbox
        self.url = ""
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Start it."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self.close()

    def start(self) -> Self:
        """Open the files and the port, and answer from now on."""
        listener = _listener(self._options)
        try:
            self.sandbox = Sandbox(self._options, clock=self._clock)
        except BaseException:
            listener.close()
            raise
        try:
            self.url = _url(self._options, listener)
            self._server = _server(self.sandbox, self.url, self._options)
        except BaseException:
            listener.close()
            self.sandbox.close()
            raise
        self._thread = threading.Thread(target=self._run, args=(self._server, listener), name="sandbox", daemon=True)
        self._thread.start()
        self._await_start(self._server, self._thread)
        return self

    def close(self) -> None:
        """End it: open exchanges are cut, what is remembered is written. May be called twice."""
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join(_STOP_TIMEOUT)
        self._server = self._thread = None
        self.sandbox.close()

    def _await_start(self, server: "uvicorn.Server", thread: threading.Thread) -> None:
        deadline = threading.Event()  # nobody sets it: a wait that ends by itself
        for _ in range(int(_START_TIMEOUT / _START_POLL)):
            if server.started or not thread.is_alive():
                break
            deadline.wait(_START_POLL)
        if not server.started:
            self.close()
            raise SandboxError("The sandbox's server did not start; its log says why.")

    def _run(self, server: "uvicorn.Server", listener: socket.socket) -> None:
        with listener:
            asyncio.run(server.serve(sockets=[listener]))


def serve(options: SandboxOptions, *, output: TextIO = sys.stdout) -> None:
    """Run until SIGTERM or Ctrl-C; one line on `output` once connections are accepted. Raises SandboxError.

    The listening socket takes connections from before the line is printed.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(message)s")
    stop = threading.Event()
    logging.getLogger("uvicorn").setLevel(logging.WARNING)  # that it starts and stops is said by our own line
    with _ending(stop.set), RunningSandbox(options) as running:
        print(f"sandbox ready {running.url}", file=output, flush=True)
        stop.wait()


@contextlib.contextmanager
def _ending(stop: Callable[[], None]) -> Iterator[None]:
    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop()

    before = {each: signal.signal(each, on_signal) for each in _SIGNALS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _listener(options: SandboxOptions) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
        listener = socket.create_server((options.host, options.port), family=family, backlog=256)
    except OSError as error:
        place = f"{options.host}:{options.port}"
        reason = error.strerror or error
        raise SandboxError(
            f"The sandbox can't listen on {place}: {reason}; choose another --port (0: a free one)."
        ) from error
    listener.setblocking(False)
    return listener


def _url(options: SandboxOptions, listener: socket.socket) -> str:
    scheme = "https" if options.tls_cert else "http"
    host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(options.host, options.host)  # noqa: S104 - compared, not bound
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"


def _server(sandbox: Sandbox, url: str, options: SandboxOptions) -> "uvicorn.Server":
    # uvicorn and starlette are loaded here, so that whoever only names the sandbox doesn't pay for them.
    from pos_app.sandbox.app import build_app  # noqa: PLC0415
    from pos_app.sandbox.http_server import http_server  # noqa: PLC0415
    from pos_app.sandbox.network import Network  # noqa: PLC0415

    try:
        network = Network(sandbox, url, _own_trust(options))
        return http_server(build_app(sandbox, network), options)
    except OSError as error:  # ssl.SSLError is one
        files = ", ".join(str(file) for file in (options.tls_cert, options.tls_key, options.client_ca) if file)
        raise SandboxError(f"TLS can't be set up from {files}: {error.strerror or error}.") from error


def _own_trust(options: SandboxOptions) -> ssl.SSLContext | None:
    """How the sandbox's actors trust one another under its own certificate, whatever host it names."""
    if options.tls_cert is None:
        return None
    context = ssl.create_default_context(cafile=str(options.tls_cert))
    context.check_hostname = False
    context.verify_flags = ssl.VERIFY_X509_PARTIAL_CHAIN  # the certificate itself is trusted, whoever signed it
    return context
