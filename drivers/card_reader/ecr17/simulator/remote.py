"""The double behind a remote serial port (RFC 2217): for what a pseudo-terminal cannot do, framing and modem lines."""

from dataclasses import dataclass
from typing import Any

import serial.rfc2217

from drivers.card_reader.ecr17.simulator.endpoints import TcpEndpoint, garbled
from drivers.card_reader.ecr17.simulator.outbox import LineEvent


@dataclass
class DemandedLine:
    """How the till set its line, in pyserial's words; the reader's own modem lines are always on."""

    baudrate: int = 9600
    bytesize: int = 8
    parity: str = "N"
    stopbits: float = 1
    rtscts: bool = False
    xonxoff: bool = False
    dtr: bool = False
    rts: bool = False
    break_condition: bool = False
    cts: bool = True
    dsr: bool = True
    ri: bool = False
    cd: bool = True

    @property
    def framing(self) -> str:
        """Return speed and framing in the usual short form, such as `9600 7E1`."""
        return f"{self.baudrate} {self.bytesize}{self.parity}{self.stopbits:g}"

    def reset_input_buffer(self) -> None:
        """Keep what waits: nothing is thrown away on a payment's line."""

    def reset_output_buffer(self) -> None:
        """See reset_input_buffer."""


class Rfc2217Endpoint:
    """A TCP port that speaks RFC 2217. `framing`, where given (`9600 7E1`), is the only one understood."""

    def __init__(self, host: str, port: int, *, framing: str = "") -> None:
        self.name = ""
        self.line = DemandedLine()
        self._tcp = TcpEndpoint(host, port)
        self._framing = framing
        self._manager: Any = None  # pyserial's class is not typed for anything but its own ports

    def open(self) -> None:
        """See Endpoint.open."""
        self._tcp.open()
        self.name = self._tcp.name.replace("socket://", "rfc2217://")

    def descriptors(self) -> list[int]:
        """See Endpoint.descriptors."""
        return self._tcp.descriptors()

    def read(self, descriptor: int) -> bytes:
        """See Endpoint.read. A till that is new on the line is told what we can, as the RFC wants."""
        had_till = len(self._tcp.descriptors()) > 1
        data = self._tcp.read(descriptor)
        if not had_till and len(self._tcp.descriptors()) > 1:
            self.line = DemandedLine()
            self._manager = serial.rfc2217.PortManager(self.line, _Wire(self._tcp))  # type: ignore[arg-type]
        return self._understood(b"".join(self._manager.filter(data))) if data else b""

    def write(self, data: bytes) -> None:
        """See Endpoint.write."""
        if self._manager is not None:
            self._tcp.write(b"".join(self._manager.escape(self._understood(data))))

    def end(self, event: LineEvent) -> bool:
        """See Endpoint.end."""
        return self._tcp.end(event)

    def close(self) -> None:
        """See Endpoint.close."""
        self._tcp.close()

    def _understood(self, data: bytes) -> bytes:
        return data if self._framing in ("", self.line.framing) else garbled(data)


class _Wire:
    """Where pyserial's manager writes its side of the negotiation."""

    def __init__(self, tcp: TcpEndpoint) -> None:
        self._tcp = tcp

    def write(self, data: bytes) -> None:
        self._tcp.write(data)
