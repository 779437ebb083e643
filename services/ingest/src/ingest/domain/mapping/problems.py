"""What can go wrong: a mapping that cannot be published, or a payload that one rule cannot read."""


class MappingError(ValueError):
    """The document is no mapping; the message says what is wrong, the place names the rule."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"{place}: {problem}")
        self.place = place
        """Dotted, such as `lines.fields.quantity.then.0`."""
        self.problem = problem


class Unreadable(ValueError):  # noqa: N818 - says what the payload is
    """The payload has not the channel's shape; the message names the field, never the value."""
