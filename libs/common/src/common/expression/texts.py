"""Finds out whether a text contains one of many others, without trying each of them."""

from collections import defaultdict
from collections.abc import Callable, Collection

_FEW = 64
"""Up to this many, trying each is faster."""
_GRAM_MAX = 4


def containing_any(texts: Collection[str]) -> Callable[[str], bool]:
    """Return the test for texts that are not empty.

    The beginnings of all texts, cut to one length, are looked up among all pieces of that length of
    the text in question; only texts whose beginning is there are tried.
    """
    distinct = frozenset(texts)
    if len(distinct) <= _FEW:
        few = tuple(distinct)
        return lambda text: any(each in text for each in few)
    length = min(_GRAM_MAX, *map(len, distinct))
    by_beginning: defaultdict[str, list[str]] = defaultdict(list)
    for each in distinct:
        by_beginning[each[:length]].append(each)

    def contains_any(text: str) -> bool:
        pieces = {text[at : at + length] for at in range(len(text) - length + 1)}
        return any(
            each in text
            for beginning in by_beginning.keys() & pieces
            for each in by_beginning[beginning]
        )

    return contains_any
