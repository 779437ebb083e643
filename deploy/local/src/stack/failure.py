"""The one exception of this package."""


class StackError(Exception):
    """What went wrong and what to do about it, as a sentence for a person."""
