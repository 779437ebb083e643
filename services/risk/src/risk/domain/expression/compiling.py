"""From the text of a rule to something that can be asked about orders."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from risk.domain.expression.checking import check
from risk.domain.expression.closures import closure_of
from risk.domain.expression.errors import ExpressionError
from risk.domain.expression.explaining import explanation
from risk.domain.expression.folding import folded
from risk.domain.expression.parsing import parse
from risk.domain.expression.terms import Term, reads_of
from risk.domain.expression.types import Schema
from risk.domain.expression.weighing import COST_MAX, cost_of


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    text: str
    cost: int
    """Bound on what one question costs, in units of `weighing`."""
    reads: frozenset[str]
    """Names of the fields it looks at."""
    holds: Callable[[Sequence[object]], bool]
    """Tell whether it is true for the values of the fields; raises Inconclusive.

    The compiled closure itself: it is called for every rule and order.
    """
    term: Term

    def explain(self, values: Sequence[object]) -> str:
        """Return the clause that decided, with its values but no personal one, in one line."""
        return explanation(self.term, values)


def compile_expression(text: str, schema: Schema) -> Expression:
    """Compile a condition.

    Raises:
        ExpressionError: whatever is wrong with it.
    """
    term = check(parse(text), schema)
    cost = cost_of(term)
    if cost > COST_MAX:
        raise ExpressionError(f"costs up to {cost} units, at most {COST_MAX} may be", 0)
    return Expression(
        text=text, cost=cost, reads=reads_of(term), holds=closure_of(folded(term)), term=term
    )
