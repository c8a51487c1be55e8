"""K1 to K7: what the disk does to the journal."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from random import Random

from pos_app.journal.errors import JournalFull
from pos_app.testing.campaign.fault import Fault
from pos_app.testing.campaign.world import World


def _full(world: World, random: Random) -> None:
    """No room for what would begin something; room again at the next start."""

    def refuse() -> None:
        world.strikes("K1")
        raise JournalFull("The journal can't be written: the disk is full.")

    world.life.at("begins", random.randint(1, 3), refuse)


def _failing(world: World, random: Random) -> None:
    def fail() -> None:
        world.strikes("K2")
        world.journal.fail()

    world.life.at("append", random.randint(1, 20), fail)


def _slow(world: World, random: Random) -> None:
    def stall() -> None:
        world.strikes("K3")
        world.clock.advance(random.uniform(2.0, 30.0))

    for _ in range(random.randint(1, 3)):
        world.life.at("append", random.randint(1, 20), stall)


def _power_cut(world: World, random: Random) -> None:
    """The machine loses power at a record: what was durable stays, on a disk that does what it says."""

    def off() -> None:
        world.strikes("K4")
        world.at_restart.append(lambda: world.clock.reboot(60.0))
        world.life.kill()

    world.life.at(random.choice(("append", "appended")), random.randint(1, 20), off)


def damaged_at_restart(world: World, random: Random, fault: str, *, cut: bool) -> None:
    """The process ends, and before the next one starts its files are damaged: that one must refuse to work."""

    def damage() -> None:
        disk = world.disk
        if hasattr(disk, "folder") and (truncate if cut else flip)(disk.folder / "journal", random):
            world.strikes(fault)
            world.must_lock = True

    world.at_restart.append(damage)
    world.life.at("appended", random.randint(2, 16), world.life.kill)


def flip(folder: Path, random: Random) -> bool:
    """Turn one bit over in the body of a record, wherever it lies; whether there was one."""
    with _opened(folder) as connection:
        last = _last(connection)
        if not last:
            return False
        connection.execute("DROP TRIGGER record_is_never_changed")
        seq = random.randint(_first(connection), last)
        (body,) = connection.execute("SELECT body FROM record WHERE seq = ?", (seq,)).fetchone()
        place = random.randrange(len(body))
        turned = body[:place] + chr(ord(body[place]) ^ 1) + body[place + 1 :]
        connection.execute("UPDATE record SET body = ? WHERE seq = ?", (turned, seq))
        return True


def truncate(folder: Path, random: Random) -> bool:
    """Take the last records away, tidily: the chain that is left is a valid one. Whether there were any."""
    with _opened(folder) as connection:
        last = _last(connection)
        if not last:
            return False
        connection.execute("DROP TRIGGER record_is_never_deleted")
        connection.execute("DELETE FROM record WHERE seq > ?", (last - random.randint(1, min(4, last)),))
        return True


def _opened(folder: Path) -> closing[sqlite3.Connection]:
    """The open month; where no process came so far as to make one, a database without records."""
    newest = max(map(str, folder.glob("*.db")), default=None)
    connection = sqlite3.connect(newest or ":memory:", isolation_level=None)
    connection.execute("CREATE TABLE IF NOT EXISTS record (seq INTEGER)")
    return closing(connection)


def _first(connection: sqlite3.Connection) -> int:
    (first,) = connection.execute("SELECT min(seq) FROM record").fetchone()
    return first or 0


def _last(connection: sqlite3.Connection) -> int:
    (last,) = connection.execute("SELECT max(seq) FROM record").fetchone()
    return last or 0


def _flipped(world: World, random: Random) -> None:
    damaged_at_restart(world, random, "K5", cut=random.random() < 0.6)


def _unwritable(world: World, random: Random) -> None:
    """The disk came back read-only at a restart; it is mended at the one after."""

    def refuse() -> None:
        world.strikes("K6")
        raise OSError(30, "Read-only file system")

    world.at_restart.append(refuse)
    world.life.at("appended", random.randint(2, 16), world.life.kill)


FAULTS: Mapping[str, Fault] = {
    "K1": Fault("the disk is full", _full),
    "K2": Fault("an I/O error", _failing),
    "K3": Fault("a slow disk", _slow),
    "K4": Fault("a power cut", _power_cut),
    "K5": Fault("a bit flipped, or the journal cut short", _flipped, needs="disk"),
    "K6": Fault("a disk that cannot be written at start", _unwritable),
}
