"""What ends a command without an answer."""


class CannotTell(Exception):  # noqa: N818 - says what the command has to say
    """A service is away, refuses, or answers what nobody understands."""


class Misused(Exception):  # noqa: N818 - whose move it is
    """The command was not told what it needs."""
