"""What may be concluded when the journal fails."""

_LOOK = (
    "No money moves until a person looked: `pos-terminal journal verify` tells more, "
    "`pos-terminal journal quarantine --reason …` keeps these files aside and begins a new journal."
)


class JournalError(Exception):
    """Root of this room. The message is one sentence for the person in front of the terminal."""


class JournalLocked(JournalError):
    """What is stored cannot be trusted: no money moves until a person looked (exit 6). `advice` says what to do."""

    def __init__(self, sentence: str, advice: str = _LOOK) -> None:
        super().__init__(f"{sentence} {advice}")


class JournalInUse(JournalError):
    """Another process runs this terminal (exit 8)."""


class JournalFailed(JournalError):
    """This record could not be made durable: its effect must not happen."""


class JournalFull(JournalFailed):
    """There was no room for this record: nothing was written, and what it would have begun must not begin."""
