"""The webhooks of a shop that can lose them: Shopify's and WooCommerce's."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Webhooks:
    _kept: dict[int, dict[str, Any]] = field(default_factory=dict)
    _made: int = 0

    def add(self, webhook: Mapping[str, Any]) -> dict[str, Any]:
        self._made += 1
        self._kept[self._made] = {"id": self._made, **webhook}
        return self._kept[self._made]

    def change(self, number: int, told: Mapping[str, Any]) -> dict[str, Any] | None:
        if number in self._kept:
            self._kept[number] |= told
        return self._kept.get(number)

    def all(self) -> list[dict[str, Any]]:
        return list(self._kept.values())

    def lose(self) -> None:
        """Forget them, as a platform does that was refused too often."""
        self._kept.clear()
