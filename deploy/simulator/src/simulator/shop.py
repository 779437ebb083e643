"""What was sold at every channel, as its API sees it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from simulator.sale import Sale


@dataclass
class Shop:
    _sales: dict[str, dict[str, Sale]] = field(default_factory=dict)

    def add(self, sale: Sale) -> None:
        self._sales.setdefault(sale.channel, {})[sale.number] = sale

    def find(self, channel: str, number: str) -> Sale | None:
        return self._sales.get(channel, {}).get(number)

    def changed(self, channel: str, since: datetime, until: datetime) -> Sequence[Sale]:
        """Return what changed within this time, both ends included, oldest change first."""
        found = (
            sale
            for sale in self._sales.get(channel, {}).values()
            if since <= sale.changed_at <= until
        )
        return sorted(found, key=lambda sale: (sale.changed_at, sale.number))

    def all(self) -> Iterator[Sale]:
        for sales in self._sales.values():
            yield from sales.values()

    def forget(self) -> None:
        self._sales.clear()
