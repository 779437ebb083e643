"""Every environment variable of each service: name, type, default, meaning."""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from typing import Annotated, Any, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from common.settings import ServiceSettings
from rendering.services import NAMES


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable; a name may have a part in <…> that stands for something."""

    name: str
    type: str
    default: str
    meaning: str

    def fits(self, name: str) -> bool:
        pattern = re.sub(r"<\w+>", "[A-Z0-9_]+", self.name)
        return re.fullmatch(pattern, name) is not None


def variables_of(service: str) -> list[Variable]:
    settings: type[ServiceSettings] = import_module(f"{service}.settings").Settings
    meanings = _meanings(settings)
    declared = [
        Variable(
            name.upper(), f"`{_plain(field.annotation)}`", _default(field), meanings.get(name, "")
        )
        for name, field in settings.model_fields.items()
    ]
    return sorted((*declared, *_read_directly(settings)), key=lambda variable: variable.name)


def page() -> str:
    lines = [
        "# Settings",
        "",
        "Made by `make docs` from each service's `settings.py`; do not edit.",
        "Every setting is an environment variable; the defaults suit local work.",
    ]
    for service in NAMES:
        lines += ["", f"## {service}", "", "| variable | type | default | meaning |"]
        lines += ["|---|---|---|---|"]
        lines += [
            f"| `{v.name}` | {v.type} | {v.default} | {v.meaning} |" for v in variables_of(service)
        ]
    return "\n".join((*lines, ""))


def _plain(annotation: Any) -> str:
    """Name a type without the limits it is annotated with."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _plain(get_args(annotation)[0])
    if origin is None:
        return annotation.__name__ if inspect.isclass(annotation) else str(annotation)
    return f"{origin.__name__}[{', '.join(map(_plain, get_args(annotation)))}]"


def _default(field: FieldInfo) -> str:
    if not field.repr:
        return "(secret)"
    default = field.get_default(call_default_factory=True)
    return "(required)" if default is PydanticUndefined else f"`{default}`"


def _meanings(settings: type[ServiceSettings]) -> dict[str, str]:
    """Return what stands under each attribute, in the class and those it builds on."""
    meanings: dict[str, str] = {}
    for cls in reversed(settings.__mro__):
        if issubclass(cls, ServiceSettings):
            body = _class_body(cls)
            for statement, following in pairwise(body):
                if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                    text = _text(following)
                    if text:
                        meanings[statement.target.id] = text
    return meanings


def _class_body(cls: type) -> list[ast.stmt]:
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    assert isinstance(definition, ast.ClassDef)  # noqa: S101 - the source of a class
    return definition.body


def _text(statement: ast.stmt) -> str:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return " ".join(str(statement.value.value).split())
    return ""


def _read_directly(settings: type[ServiceSettings]) -> Iterator[Variable]:
    """Yield variables that a method reads by a name made up from something."""
    for function in _class_body(settings):
        if not isinstance(function, ast.FunctionDef):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "os.environ.get":
                meaning = " ".join((ast.get_docstring(function) or "").split())
                yield Variable(_name(node.args[0]), "`str`", "(secret)", meaning)


def _name(argument: ast.expr) -> str:
    if isinstance(argument, ast.Constant):
        return str(argument.value)
    assert isinstance(argument, ast.JoinedStr)  # noqa: S101 - the only other form in use
    return "".join(
        str(part.value) if isinstance(part, ast.Constant) else f"<{_placeholder(part)}>"
        for part in argument.values
    )


def _placeholder(part: ast.expr) -> str:
    names = (node.id for node in ast.walk(part) if isinstance(node, ast.Name))
    return next(names, "NAME").upper()
