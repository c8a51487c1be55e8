"""Devices from a hardware profile. A port `double:` starts the double, and its pseudo-terminal goes to the driver."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from drivers import registry
from drivers.contracts import CardReader, ReceiptPrinter
from hw_profiles import Device
from pos_app.clock import Clock
from pos_app.errors import UserError

PROFILE_WRONG = 5
_KEY_BYTES = 32


@contextmanager
def card_reader(device: Device, state_dir: Path, clock: Clock) -> Iterator[CardReader]:
    """The card reader of the profile; a double keeps its memory in `state_dir`, as we do the key of its results."""
    key = _fingerprint_key(state_dir / "reader.key")
    with _reader_port(device, state_dir / "doubles") as port:
        options = replace(device.options, port=port)
        reader: CardReader = registry.driver("card_reader", device.driver)(
            options, fingerprint_key=key, monotonic=clock.elapsed
        )
        try:
            yield reader
        finally:
            reader.close()


@contextmanager
def printer(device: Device, papers: Path, clock: Clock) -> Iterator[ReceiptPrinter]:
    """The printer of the profile; a double leaves its papers in `papers`."""
    with _printer_port(device, papers) as port:
        options = replace(device.options, port=port)
        made: ReceiptPrinter = registry.driver("printer", device.driver)(options, monotonic=clock.elapsed)
        try:
            yield made
        finally:
            made.close()


@contextmanager
def _reader_port(device: Device, folder: Path) -> Iterator[str]:
    if not device.is_double:
        yield device.options.port
        return
    from drivers.card_reader.ecr17.simulator.program import DoubleOptions  # noqa: PLC0415 - only doubles need it
    from drivers.card_reader.ecr17.simulator.server import CardReaderDouble  # noqa: PLC0415 - the same

    folder.mkdir(parents=True, exist_ok=True)
    options = DoubleOptions(
        pty=folder / "card-reader",
        script=Path(device.double_script) if device.double_script else None,
        lrc=device.options.lrc,
        state=folder / "card-reader.json",
    )
    try:
        double = CardReaderDouble(options.terminal(), options.endpoint())
    except (ValueError, OSError) as error:
        raise UserError(f"The card reader's double can't be started: {error}", PROFILE_WRONG) from error
    with double:
        yield double.port


@contextmanager
def _printer_port(device: Device, papers: Path) -> Iterator[str]:
    if not device.is_double:
        yield device.options.port
        return
    from drivers.printer.simulator.models import Script, ScriptError, read_script  # noqa: PLC0415 - only doubles need it
    from drivers.printer.simulator.server import SimulatedPrinter  # noqa: PLC0415 - the same
    from drivers.printer.simulator.tray import Tray  # noqa: PLC0415 - the same

    try:
        script = read_script(Path(device.double_script)) if device.double_script else Script()
    except ScriptError as error:
        raise UserError(f"The printer's double can't be started: {error}", PROFILE_WRONG) from error
    with SimulatedPrinter(columns=device.options.columns, script=script, tray=Tray(papers)) as double:
        yield double.port


def _fingerprint_key(path: Path) -> bytes:
    """The key of the reader's fingerprints, made once for each terminal and readable by it alone (PCI DSS 3.5.1.1)."""
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
    key = path.read_bytes()
    if len(key) != _KEY_BYTES:
        raise UserError(f"{path} is not a key of {_KEY_BYTES} bytes: restore it; old baselines hang on it.", 6)
    return key
