"""What can go wrong: an expression that cannot be compiled, or that cannot tell for one order."""

SHOWN_MAX = 40
"""Characters of a rule's text that an error repeats at most."""


class ExpressionError(Exception):
    """The text is no expression of the language; the message names the place."""

    def __init__(self, problem: str, position: int) -> None:
        super().__init__(f"at character {position + 1}: {problem}")
        self.problem = problem
        self.position = position
        """Code points before the place."""


class Inconclusive(Exception):  # noqa: N818 - an answer about one order, nothing is broken
    """The expression is neither true nor false for these values.

    Its one argument is the cause: missing:<field>, missing_key:<constant>, division_by_zero or
    overflow. It has no __init__, so that raising it stays cheap: missing values are common.
    """

    @property
    def cause(self) -> str:
        return str(self.args[0])


def cut(text: str, length: int = SHOWN_MAX) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
