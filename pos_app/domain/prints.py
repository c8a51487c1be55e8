"""Print jobs: one sending of one copy, and what is known of how it ended (printing.md 4)."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass, replace


class JobState(enum.StrEnum):
    """Where a copy stands on its way to paper."""

    QUEUED = "queued"  # owed, and nothing was sent yet
    SENDING = "sending"  # its bytes were journaled and are leaving
    PRINTED = "printed"  # proven
    PARTIAL = "partial"  # the printer said that it stopped in the middle
    UNKNOWN = "unknown"  # sent, nothing proven: only a person can look
    CANCELLED = "cancelled"  # not a byte left


# What a job that did not come to a proof may end in.
UNPROVEN = (JobState.PARTIAL, JobState.UNKNOWN, JobState.CANCELLED)


@dataclass(frozen=True)
class PrintJob:
    """One sending of a copy. `proof` names what proved it, `reason` is the sentence for why nothing did."""

    copy: str
    attempt: int
    state: JobState = JobState.SENDING
    proof: str = ""
    reason: str = ""

    @property
    def may_be_on_paper(self) -> bool:
        """Whether anything of it can be in somebody's hands."""
        return self.state is not JobState.CANCELLED


def ended(
    jobs: Iterable[PrintJob], copy: str, state: JobState, *, proof: str = "", reason: str = ""
) -> tuple[PrintJob, ...]:
    """`jobs` after the last one of `copy` ended in `state`."""
    kept = list(jobs)
    for at in reversed(range(len(kept))):
        if kept[at].copy == copy:
            kept[at] = replace(kept[at], state=state, proof=proof, reason=reason)
            break
    return tuple(kept)


def interrupted(jobs: Iterable[PrintJob]) -> tuple[PrintJob, ...]:
    """`jobs` after the process that sent them ended: nobody heard how the one under way came out."""
    return tuple(
        replace(job, state=JobState.UNKNOWN, reason="Il programma si è interrotto durante la stampa.")
        if job.state is JobState.SENDING
        else job
        for job in jobs
    )
