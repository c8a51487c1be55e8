"""What may be concluded when the journal fails."""


class JournalError(Exception):
    """Root of this room. The message is one sentence for the person in front of the terminal."""


class JournalLocked(JournalError):
    """What is stored cannot be trusted: no money moves until a person looked (exit 6)."""


class JournalInUse(JournalError):
    """Another process runs this terminal (exit 8)."""


class JournalFailed(JournalError):
    """This record could not be made durable: its effect must not happen."""
