"""The language of the rules: a typed, total subset of CEL over the features of one order."""

from common.expression.compiling import Expression, compile_expression
from common.expression.errors import ExpressionError, Inconclusive
from common.expression.types import Constant, Field, Schema, Type

__all__ = [
    "Constant",
    "Expression",
    "ExpressionError",
    "Field",
    "Inconclusive",
    "Schema",
    "Type",
    "compile_expression",
]
