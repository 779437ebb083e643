"""From the text of a rule to something that can be asked about orders."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from common.expression.checking import check
from common.expression.closures import closure_of
from common.expression.errors import ExpressionError
from common.expression.explaining import explanation
from common.expression.folding import folded
from common.expression.parsing import parse
from common.expression.terms import Term, reads_of
from common.expression.types import Schema, Type
from common.expression.weighing import COST_MAX, cost_of


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    text: str
    cost: int
    """Bound on what one question costs, in units of `weighing`."""
    reads: frozenset[str]
    """Names of the fields it looks at."""
    value: Callable[[Sequence[object]], Any]
    """Return what it gives for the values of the fields; raises Inconclusive.

    The compiled closure itself: it is called for every rule and order.
    """
    holds: Callable[[Sequence[object]], bool]
    """The same of a condition: tell whether it is true."""
    term: Term

    def explain(self, values: Sequence[object]) -> str:
        """Return the clause that decided, with its values but no personal one, in one line."""
        return explanation(self.term, values)


def compile_expression(text: str, schema: Schema, wanted: Type = Type.BOOL) -> Expression:
    """Compile a condition, or what gives another type.

    Raises:
        ExpressionError: whatever is wrong with it.
    """
    term = check(parse(text), schema, wanted)
    cost = cost_of(term)
    if cost > COST_MAX:
        raise ExpressionError(f"costs up to {cost} units, at most {COST_MAX} may be", 0)
    run = closure_of(folded(term))
    return Expression(text=text, cost=cost, reads=reads_of(term), value=run, holds=run, term=term)
