"""What a person did or configured wrong, in one sentence, with the command's exit code (interfaces.md)."""


class UserError(Exception):
    """Caught in `cli` only, which prints the sentence and exits with `exit_code`."""

    def __init__(self, sentence: str, exit_code: int) -> None:
        self.exit_code = exit_code
        super().__init__(sentence)
