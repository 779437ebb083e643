"""How deliverable an address looks, from 0 to 100: what a courier needs, and what looks made up.

It knows no map: it looks at what is there and how it is written. Points are added for what a
courier needs and taken for what addresses of real people seldom have.
"""

from typing import NamedTuple

from risk.domain.receiver import comparable

PARTS = {"province": 15, "city": 15, "district": 10, "detail": 30}
"""Points for each part that is there; without any of them there is no address."""
POSTCODE = 10
NUMBER = 20
"""For a house number: a digit, in any script, in the detail."""
SHORT_DETAIL = 20
"""Taken from a detail of fewer than DETAIL_MIN characters."""
REPEATED = 40
"""Taken where the detail is little but one character, as in "aaaaaaa" or "1111"."""
DETAIL_MIN = 4
_REPEATED_SHARE = 0.6


class Parts(NamedTuple):
    province: str
    city: str
    district: str
    detail: str
    postcode: str


def address_quality(parts: Parts) -> int | None:
    """Return the score; None where there is no address to judge.

    Adding a part never lowers it as long as the detail stays, and neither width, case nor spacing
    change it. Countries without provinces, districts or postcodes have fewer points to win, so
    compare it with a threshold per country.
    """
    detail = comparable(parts.detail)
    score = sum(points for name, points in PARTS.items() if getattr(parts, name).strip())
    if not score:
        return None
    if parts.postcode.strip():
        score += POSTCODE
    if any(map(str.isnumeric, detail)):
        score += NUMBER
    if detail:
        score -= SHORT_DETAIL if len(detail) < DETAIL_MIN else 0
        score -= REPEATED if _is_repeated(detail) else 0
    return max(score, 0)


def _is_repeated(text: str) -> bool:
    most = len(text) - len(set(text)) + 1  # as often as its commonest character can occur
    if len(text) < DETAIL_MIN or most <= _REPEATED_SHARE * len(text):
        return False
    return max(map(text.count, set(text))) > _REPEATED_SHARE * len(text)
