"""Straight-line distance on the globe."""

from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple

EARTH_RADIUS_KM = 6371.0088


class Point(NamedTuple):
    """Degrees, north and east positive."""

    latitude: float
    longitude: float


def kilometres(a: Point, b: Point) -> float:
    """Return the great-circle distance by the haversine formula."""
    lat_a, lat_b = radians(a.latitude), radians(b.latitude)
    across = radians(b.longitude - a.longitude)
    haversine = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin(across / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(min(1.0, haversine)))
