"""What goes wrong on demand, each as a share of the pushes or of the API's answers."""

from dataclasses import asdict, dataclass, fields
from random import Random
from typing import Any, Self


class BadFaults(Exception):  # noqa: N818 - says what they are
    """Something that is no fault was asked for, or no share."""


@dataclass(frozen=True, slots=True)
class Faults:
    dropped: float = 0.0
    """Pushes that are never sent."""
    repeated: float = 0.0
    """Pushes that are sent twice."""
    reordered: float = 0.0
    """Pushes that are held back until later ones have gone."""
    delayed: float = 0.0
    """Pushes that wait for `delay_seconds`."""
    delay_seconds: float = 5.0
    throttled: float = 0.0
    """API calls that are told to come less often, in the channel's own words."""
    failing: float = 0.0
    """API calls that are answered with 502."""

    @classmethod
    def read(cls, given: Any) -> Self:
        """Read what was asked for.

        Raises:
            BadFaults: with the name of what is wrong.
        """
        if not isinstance(given, dict):
            raise BadFaults("the faults must be an object")
        names = {field.name for field in fields(cls)}
        for name, value in given.items():
            if name not in names:
                raise BadFaults(f"{str(name)[:40]} is none of {', '.join(sorted(names))}")
            most = 3600 if name == "delay_seconds" else 1
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise BadFaults(f"{name} must be a number")
            if not 0 <= value <= most:
                raise BadFaults(f"{name} must be from 0 to {most}")
        return cls(**given)

    def document(self) -> dict[str, float]:
        return asdict(self)


@dataclass(slots=True)
class Luck:
    """Decides which ones are hit."""

    random: Random

    def hits(self, share: float) -> bool:
        return share > 0 and self.random.random() < share
