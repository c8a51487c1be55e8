"""A real terminal killed at a chosen record of its journal, its sandbox and card reader in processes of their own.

strace counts the system calls on the journal's files and kills at one of them (reliability.md X1, X2, D3). Per record
there are two such moments: at the head's sync the record is there and what it announces has not begun; at the log's
write what the record before announced is done, and what became of it is not told. The truth to compare with is kept by
the other two: the reader's ledger, and the Node's sessions.
"""

import json
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pos_app.clock import BootClock
from pos_app.domain.events import Event
from pos_app.domain.fold import Record
from pos_app.domain.payment import Payment
from pos_app.domain.states import State
from pos_app.journal.errors import JournalError
from pos_app.journal.reader import JournalReader
from pos_app.testing.command import CODE, Command, Control, profile_text

NOTICE = "/control/notices/77777777777/301000000000012373"
TOTAL = 12700  # cents: what the notice of CODE and the demonstration's fee come to
_OVER = ("PAID", "FAILED", "CANCELLED", "NOTICE_", "NOTIFIED")  # how the history of a session ends that holds nothing
_CALL = re.compile(r"(?P<name>fdatasync|pwrite64)\(\d+<(?P<path>[^>]*)>")


@dataclass(frozen=True)
class Kill:
    """At the `number`th `call` on the journal's `file` the process dies, before the call does anything."""

    file: str
    call: str
    number: int

    def rules(self, journal: Path) -> list[str]:
        """What strace is told."""
        return ["-P", str(journal / self.file), "-e", f"inject={self.call}:signal=SIGKILL:when={self.number}"]

    def __str__(self) -> str:
        """For a test's name."""
        return f"{'durable' if self.file == 'head' else 'unwritten'}-{self.number}"


def durable(record: int) -> Kill:
    """Once this record of the process is in the chain, before its head is, and before anything that follows it."""
    return Kill("head", "fdatasync", record)


def unwritten(log: str, writes: Iterable[int], record: int) -> Kill:
    """Before this record is in the chain: all that happened since the one before it is known to others alone."""
    return Kill(log, "pwrite64", list(writes)[record - 1])


@dataclass
class Rig:
    """One terminal, one reader and one sandbox. `command` names the sandbox; the reader's memory is in `ledger`."""

    command: Command
    control: Control
    profile: Path
    ledger: Path

    @property
    def journal(self) -> Path:
        """The folder of the terminal's journal."""
        return self.command.state_dir / "journal"

    # --- processes -------------------------------------------------------------------------------

    def pay(self, kill: Kill | None = None) -> "subprocess.CompletedProcess[str]":
        """`pay`, to its end or to its kill."""
        return self._run(kill, "pay", "--profile", self.profile, "--code", CODE, "--yes")

    def recover(self, kill: Kill | None = None) -> "subprocess.CompletedProcess[str]":
        """`recover`, to its end or to its kill."""
        return self._run(kill, "recover", "--profile", self.profile)

    def _run(self, kill: Kill | None, *arguments: object) -> "subprocess.CompletedProcess[str]":
        if kill is None:
            return self.command(*arguments)
        strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={kill.call}", *kill.rules(self.journal)]
        return self._traced(strace, *arguments)

    def writes(self) -> list[int]:
        """Pay without any kill; for each record the number of the write that would have completed it in the log."""
        trace = self.command.state_dir.with_name("trace")
        files = ["-P", str(self.journal / "head"), "-P", str(self.journal / self.log)]
        strace = ["strace", "-f", "-qq", "-y", "-o", str(trace), *files, "-e", "trace=fdatasync,pwrite64"]
        done = self._traced(strace, "pay", "--profile", self.profile, "--code", CODE, "--yes")
        if done.returncode != 0:
            raise RuntimeError(f"the payment without a kill failed: {done.stderr}")
        return _last_writes(trace.read_text("ascii", "replace"))

    def _traced(self, strace: list[str], *arguments: object) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(  # noqa: S603 - our own command
            [*strace, *self.command.argv(*arguments)], env=self.command.env(), capture_output=True, text=True,
            timeout=50, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    @property
    def log(self) -> str:
        """The log of this month's segment; the month must not end meanwhile."""
        return f"{BootClock().utc():%Y-%m}.db-wal"

    # --- what can be known -------------------------------------------------------------------------

    def records(self) -> list[Record]:
        """All that is in the journal; nothing while it is just being made."""
        try:
            return list(JournalReader(self.journal).records())
        except JournalError:
            return []

    def events(self) -> list[Event]:
        """The events of all records."""
        return [record.event for record in self.records()]

    def charges(self) -> list[dict[str, Any]]:
        """What the reader took and did not give back."""
        kept = json.loads(self.ledger.read_text()) if self.ledger.exists() else {"ledger": []}
        return [charge for charge in kept["ledger"] if not charge["reversed"]]

    def outcomes(self) -> list[str]:
        """The outcomes that reached the Node, OK or KO, in order."""
        calls = self.control("GET", "/control/calls?operation=sendPaymentOutcomeV2&at=node")["calls"]
        return ["OK" if "<outcome>OK</outcome>" in call["request"] else "KO" for call in calls]

    def disagreements(self) -> list[str]:
        """Where journal, reader and Node tell different stories at the end, a few words each; none when all is well."""
        payments = list(JournalReader(self.journal).payments().values())
        position, charges, sent = self.control("GET", NOTICE), self.charges(), self.outcomes()
        paid = position["position"] in ("PAID", "NOTIFIED")
        held = [one["history"] for one in position["sessions"] if not one["history"][-1].startswith(_OVER)]
        facts = {
            f"{len(charges)} charges": len(charges) > 1,
            f"charged {charges}": any(charge["amount"] != TOTAL for charge in charges),
            "charged and not paid at the Node": bool(charges) and not paid,
            "paid at the Node and not charged": paid and not charges,
            f"both outcomes were sent: {sent}": len(set(sent)) > 1,
            f"OK without a charge: {sent}": "OK" in sent and not charges,
            f"the notice is still held: {held}": bool(held),
            f"{len(payments)} payments": len(payments) > 1,
            f"not at its end: {[one.state.label for one in payments]}": any(map(_is_unfinished, payments)),
            "the journal knows another story than the ledger": [one for one in payments if one.was_charged]
            != payments[: len(charges)],
        }
        return [sentence for sentence, wrong in facts.items() if wrong]


def _is_unfinished(payment: Payment) -> bool:
    return payment.state is not State.CLOSED or payment.needs_person


def _last_writes(trace: str) -> list[int]:
    """For each sync of the head, how many writes the log had seen before it."""
    writes, last = 0, []
    for found in _CALL.finditer(trace):
        if found["name"] == "pwrite64" and found["path"].endswith("-wal"):
            writes += 1
        elif found["name"] == "fdatasync" and found["path"].endswith("head"):
            last.append(writes)
    return last


def profile_of(reader: Path, place: Path) -> Path:
    """A profile in `place` with the reader at this port; it waits as briefly as a test wants."""
    place.write_text(profile_text(str(reader), quiet_seconds=1.0, poll_seconds=0.2))
    return place
