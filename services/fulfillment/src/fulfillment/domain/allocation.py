"""Which warehouse an order is supplied from: the nearest that has all of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from fulfillment.domain.distance import Point, kilometres
from fulfillment.domain.regions import centre


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What an active warehouse can still promise of the SKUs in question."""

    warehouse: str
    name: str
    place: Point
    priority: int
    available: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What an order asks for."""

    order_id: UUID
    country: str
    region: str
    wanted: Mapping[str, int]


Taken = dict[tuple[str, str], int]
"""(warehouse, SKU) -> quantity reserved."""


def allocate_in_turn(
    requests: Sequence[Request], shelves: Sequence[Shelf]
) -> tuple[dict[UUID, str | None], Taken]:
    """Serve requests in the sequence given, each from what those before it left.

    Returns the warehouse for each order id, None where no warehouse has it all, and what was taken.
    """
    left = {shelf.warehouse: dict(shelf.available) for shelf in shelves}
    rankings: dict[tuple[str, str], tuple[str, ...]] = {}
    chosen: dict[UUID, str | None] = {}
    taken: Taken = {}
    for request in requests:
        place = (request.country, request.region)
        ranking = rankings.get(place)
        if ranking is None:
            ranking = rankings[place] = nearest_first(shelves, *place)
        warehouse = _first_with_all(ranking, left, request.wanted)
        chosen[request.order_id] = warehouse
        if warehouse is not None:
            _take(warehouse, request.wanted, left[warehouse], taken)
    return chosen, taken


def nearest_first(shelves: Sequence[Shelf], country: str, region: str) -> tuple[str, ...]:
    """Rank by distance, then priority, then name; from an unknown place all are equally far."""
    here = centre(country, region)

    def rank(shelf: Shelf) -> tuple[float, int, str, str]:
        away = kilometres(here, shelf.place) if here else 0.0
        return (away, shelf.priority, shelf.name, shelf.warehouse)

    return tuple(shelf.warehouse for shelf in sorted(shelves, key=rank))


def _first_with_all(
    ranking: Sequence[str], left: Mapping[str, Mapping[str, int]], wanted: Mapping[str, int]
) -> str | None:
    for warehouse in ranking:
        on_shelf = left[warehouse]
        for sku, quantity in wanted.items():
            if on_shelf.get(sku, 0) < quantity:
                break
        else:
            return warehouse
    return None


def _take(
    warehouse: str, wanted: Mapping[str, int], on_shelf: dict[str, int], taken: Taken
) -> None:
    for sku, quantity in wanted.items():
        on_shelf[sku] -= quantity
        key = (warehouse, sku)
        taken[key] = taken.get(key, 0) + quantity
