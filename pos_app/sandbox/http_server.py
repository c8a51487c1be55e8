"""uvicorn, set up for the sandbox: small, silent, able to cut a connection, and quick to end."""

import asyncio
import contextlib
import ssl
from collections.abc import Iterator
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from pos_app.sandbox.outlet import CONNECTION
from pos_app.sandbox.sandbox import SandboxOptions

_UNWIND = 0.05  # seconds in which exchanges that were cut come to their own end


class SandboxProtocol(H11Protocol):
    """HTTP/1.1 that hands each request its connection, so that a fault can cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Put the connection into the state that each request of it gets."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, CONNECTION: transport}


class SandboxServer(uvicorn.Server):
    """A server that leaves signals to its owner and cuts open exchanges when it ends."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    async def shutdown(self, sockets: list[Any] | None = None) -> None:
        """End at once: whoever still waits for an answer is cut off, as by a killed server."""
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(_UNWIND)
        for task in list(self.server_state.tasks):
            task.cancel()
        await super().shutdown(sockets)


def http_server(app: ASGIApp, options: SandboxOptions) -> uvicorn.Server:
    """A server of `app` for a socket that is already bound. Raises OSError for TLS files that can't be used."""
    config = uvicorn.Config(
        app,
        http=SandboxProtocol,
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=1,
        ssl_certfile=str(options.tls_cert) if options.tls_cert else None,
        ssl_keyfile=str(options.tls_key) if options.tls_key else None,
        ssl_ca_certs=str(options.client_ca) if options.client_ca else None,
        ssl_cert_reqs=ssl.CERT_OPTIONAL if options.client_ca else ssl.CERT_NONE,
    )
    config.load()  # here, where a wrong certificate can still be told to whoever starts it
    return SandboxServer(config)
