"""Media that forget, and the room kept for what is under way."""

import os
import shutil
from pathlib import Path

import pytest

from pos_app.domain import events as e
from pos_app.journal.disk import why_volatile
from pos_app.journal.errors import JournalFailed
from pos_app.journal.journal import Journal
from pos_app.journal.reserve import BEGINS, Reserve
from pos_app.testing.clock import VirtualClock

SHARED_MEMORY = Path("/dev/shm")
ROOT = "24 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,errors=remount-ro"


@pytest.mark.parametrize(
    ("mounts", "reason"),
    [
        ([], None),
        (["30 24 0:27 / /run rw - tmpfs tmpfs rw,size=100k"], None),
        (["31 24 0:28 / /var/lib/pos rw - tmpfs tmpfs rw"], "tmpfs at /var/lib/pos"),
        (["31 24 0:28 / /var/lib/po rw - tmpfs tmpfs rw"], None),
        (["31 24 0:28 / /var rw - ramfs none rw", "32 31 8:1 / /var/lib rw - ext4 /dev/sda1 rw"], None),
        (["32 24 8:1 / /var/lib rw - ext4 /dev/sda1 rw", "33 32 0:29 / /var/lib rw - tmpfs x rw"], "tmpfs at /var/lib"),
        (["34 24 0:30 / /var/lib rw - overlay o rw,lowerdir=/a,upperdir=/b,workdir=/c,volatile"], "mounted volatile"),
        (["34 24 0:30 / /var/lib rw - overlay o rw,lowerdir=/a,upperdir=/b,workdir=/c"], None),
        (
            [
                "30 24 0:27 / /run rw - tmpfs tmpfs rw",
                "34 24 0:30 / /var/lib rw - overlay o rw,lowerdir=/a,upperdir=/run/up,workdir=/run/w",
            ],
            "an overlay at /var/lib on tmpfs",
        ),
        (["35 24 0:28 / /var/lib/pos\\040x rw - tmpfs tmpfs rw"], None),
        (["35 24 0:28 / /var/lib/pos rw master:1 propagate_from:2 - tmpfs tmp\\040fs rw"], "tmpfs at /var/lib/pos"),
    ],
)
def test_what_forgets_at_a_power_cut_is_known_by_its_mount(
    tmp_path: Path, mounts: list[str], reason: str | None
) -> None:
    mountinfo = tmp_path / "mountinfo"
    mountinfo.write_text("\n".join([ROOT, *mounts]) + "\n")
    found = why_volatile(Path("/var/lib/pos/state/journal"), mountinfo)
    assert found is None if reason is None else reason in str(found)


def test_a_link_that_leads_to_memory_is_followed(tmp_path: Path) -> None:
    mountinfo = tmp_path / "mountinfo"
    mountinfo.write_text(f"{ROOT}\n31 24 0:28 / {tmp_path}/memory rw - tmpfs tmpfs rw\n")
    (tmp_path / "memory").mkdir()
    (tmp_path / "state").symlink_to(tmp_path / "memory")
    assert why_volatile(tmp_path / "state" / "journal", mountinfo) is not None


@pytest.mark.skipif(not os.access(SHARED_MEMORY, os.W_OK), reason="no tmpfs at /dev/shm here")
def test_a_journal_on_tmpfs_is_refused_unless_it_is_only_a_trial(clock: VirtualClock) -> None:
    state = SHARED_MEMORY / f"pos-terminal-test-{os.getpid()}"
    try:
        with pytest.raises(JournalFailed, match="state_dir"):
            Journal.open(state / "journal", clock, reserve_bytes=4096)
        with Journal.open(state / "journal", clock, reserve_bytes=4096, allow_volatile=True) as journal:
            assert journal.degraded is None
    finally:
        shutil.rmtree(state)


# --- the reserve ---------------------------------------------------------------------------------


def test_the_reserve_is_room_that_is_really_taken(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "reserve", 100_000)
    assert reserve.make()
    found = (tmp_path / "reserve").stat()
    assert found.st_size == 100_000
    assert found.st_blocks * 512 >= 100_000
    reserve.free()
    assert not (tmp_path / "reserve").exists()
    assert not reserve.is_there


def test_a_reserve_that_is_all_holes_is_made_again(tmp_path: Path) -> None:
    with (tmp_path / "reserve").open("wb") as file:
        file.truncate(100_000)
    assert Reserve(tmp_path / "reserve", 100_000).make()
    assert (tmp_path / "reserve").stat().st_blocks * 512 >= 100_000


def test_a_disk_without_room_for_the_reserve_begins_nothing_and_says_so(
    folder: Path, clock: VirtualClock, notice_read: e.NoticeRead
) -> None:
    far_too_much = 2**62  # bytes that no machine has
    with Journal.open(folder, clock, allow_volatile=True, reserve_bytes=far_too_much) as journal:
        assert "make room" in str(journal.degraded)
        with pytest.raises(JournalFailed, match="reserve"):
            journal.append(
                "P1", e.NoticeRead("301000000000012373", "77777777777", 1, "typed", verify=True, operation="")
            )
    assert not (folder.parent / "reserve").exists()


def test_only_what_begins_something_needs_the_reserve() -> None:
    to_an_end = {"OutcomeIntended", "ReversalStarted", "PrintStarted", "CardNotStarted"}
    names = {kind.__name__ for kind in e.Event.__subclasses__()}
    started = {name for name in names if name.endswith(("Started", "Intended"))}
    assert started - to_an_end | {"NoticeRead"} == {kind.__name__ for kind in BEGINS}
