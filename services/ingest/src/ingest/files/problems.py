"""What a file as a whole can be wrong about."""


class UnreadableFile(Exception):  # noqa: N818 - says what the file is
    """Nothing of the file can be used; the message says why, without anything that is in it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
