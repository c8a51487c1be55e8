"""The fault catalogue of reliability.md 3: one injector each, named by its number; and those that live elsewhere."""

from collections.abc import Mapping
from random import Random

from pos_app.testing.campaign import (
    clock_faults,
    disk_faults,
    notice_faults,
    people_faults,
    printer_faults,
    process_faults,
    psp_faults,
    reader_faults,
)
from pos_app.testing.campaign.fault import Fault
from pos_app.testing.campaign.world import World

FAULTS: Mapping[str, Fault] = {
    **notice_faults.FAULTS,
    **psp_faults.FAULTS,
    **reader_faults.FAULTS,
    **printer_faults.FAULTS,
    **disk_faults.FAULTS,
    **clock_faults.FAULTS,
    **process_faults.FAULTS,
    **people_faults.FAULTS,
}

# What cannot be done to a terminal inside one process, and where it is done instead.
ELSEWHERE: Mapping[str, str] = {
    "Q5": "several codes in one picture never get past the scanner's own choice: tests/drivers/scanner",
    "Q10": "pictures are decoded in a process of their own: tests/drivers/scanner",
    "Q11": "the camera is a driver beside the loop: tests/drivers/scanner",
    "P26": "TLS is the transport's: tests/pos_app/psp",
    "P27": "client certificates are the transport's: tests/pos_app/psp",
    "P29": "proxies are the transport's: tests/pos_app/psp",
    "S23": "an exclusive lock needs a real port: tests/drivers and tests/hil",
    "T8": "status bytes are read below the contract: tests/drivers/printer",
    "X2": "system calls need a process of its own: scripts/campaign's tier of real processes",
    "X3": "signals need a process of its own: scripts/campaign's tier of real processes",
    "X7": "an update is a restart while nobody pays: the service unit's",
    "X9": "threads exist in composition only",
    "O6": "verdicts against the evidence are refused before they are records: tests/pos_app/test_cases.py",
    "O7": "closing the reader's day is a command of its own: tests/pos_app/composition",
}

# What the product has no answer to yet: an injector would only say so again.
UNKNOWN: Mapping[str, str] = {
    "K7": "an older copy of journal and head looks right to both; only the reader's newer result could tell",
}


def arm(world: World) -> None:
    """Put the plan's faults in place."""
    for name in world.plan.faults:
        FAULTS[name].arm(world, Random(f"{world.plan.seed} {name}"))  # noqa: S311 - repeatable, not secret


def names() -> tuple[str, ...]:
    """All faults that can be injected, in the order of the catalogue."""
    return tuple(FAULTS)
