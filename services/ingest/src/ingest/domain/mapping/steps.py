"""The transforms a value can go through, each with the kinds it takes and gives.

A step is written as its name, or as an object with the name and its argument:
`"upper"`, `{"replace": {"pattern": "[^0-9]", "with": ""}}`. Patterns are RE2's, which take time in
proportion to the text whatever anybody writes.
"""

from collections.abc import Mapping
from typing import Any

from ingest.domain.mapping.inner_steps import INNER_STEPS
from ingest.domain.mapping.kinds import Kind, Make, Step, Tables
from ingest.domain.mapping.number_steps import NUMBER_STEPS
from ingest.domain.mapping.text_steps import TEXT_STEPS

STEPS: Mapping[str, Make] = {**TEXT_STEPS, **INNER_STEPS, **NUMBER_STEPS}


def step_of(written: str | Mapping[str, Any], kind: Kind, tables: Tables) -> Step:
    """Make the step that takes a value of this kind.

    Raises:
        ValueError: there is no such step, its argument is wrong, or it takes another kind.
    """
    if isinstance(written, str):
        name, argument = written, None
    elif len(written) == 1:
        ((name, argument),) = written.items()
    else:
        raise ValueError("a step is one name, with its argument")
    make = STEPS.get(name)
    if make is None:
        raise ValueError(f"there is no step {name[:40]!r}; there are {', '.join(sorted(STEPS))}")
    return make(argument, kind, tables)
