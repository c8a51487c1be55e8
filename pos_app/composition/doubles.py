"""The printer's double as a program: `pos-terminal simulate printer`."""

from pathlib import Path

import click


def simulate_printer(*, pty: Path | None, tcp: str | None, out: Path, script: Path | None, width: str) -> None:
    """Be a printer until SIGTERM."""
    from drivers.printer.simulator.models import Script, read_script  # noqa: PLC0415 - only this command is a printer
    from drivers.printer.simulator.program import serve  # noqa: PLC0415 - the same

    if (pty is None) == (tcp is None):
        raise click.UsageError("Give either --pty LINK or --tcp HOST:PORT.")
    host, _, port = (tcp or "").rpartition(":")
    if tcp is not None and not (host and port.isdigit()):
        raise click.UsageError(f"--tcp {tcp!r}: must be HOST:PORT.")
    serve(
        out=out,
        link=pty,
        tcp=(host, int(port)) if tcp is not None else None,
        columns=int(width),
        script=read_script(script) if script else Script(),
    )
