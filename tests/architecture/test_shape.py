"""Rules about the shape of the code that no off-the-shelf linter knows."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from support.infrastructure import NewDatabase

ROOT = Path(__file__).parents[2]
SERVICES = ("ingest", "risk", "fulfillment", "reconciliation")
MODULES = sorted(
    path
    for pattern in ("libs/*/src", "services/*/src", "deploy/local/src", "demo/src", "loadtest/src")
    for folder in ROOT.glob(pattern)
    for path in folder.rglob("*.py")
)
MODULE_LINES_MAX = 250
FUNCTION_LINES_MAX = 40
FORBIDDEN_NAMES = {
    "utils",
    "helpers",
    "misc",
    "manager",
    "processor",
    "base",
    "impl",
    "data",
    "info",
}


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_modules_and_functions_stay_small_and_say_what_they_are_for(path: Path) -> None:
    source = path.read_text()
    tree = ast.parse(source)
    assert len(source.splitlines()) <= MODULE_LINES_MAX
    assert ast.get_docstring(tree), "a module begins with one sentence: what it is for"
    assert path.stem not in FORBIDDEN_NAMES
    for function in functions(tree):
        length = (function.end_lineno or 0) - function.lineno + 1
        assert length <= FUNCTION_LINES_MAX, f"{function.name} has {length} lines"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_only_the_transaction_boundary_commits(path: Path) -> None:
    if path.is_relative_to(ROOT / "libs/common/src/common/database"):
        return
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in {"commit", "rollback"}, f"line {node.lineno}"


@pytest.mark.parametrize("service", SERVICES)
def test_handler_modules_are_named_after_the_event_they_handle(service: str) -> None:
    subscriptions = import_module(f"{service}.wiring").service().subscriptions
    consumed = {s.event.TYPE.replace(".", "_") for s in subscriptions}
    folder = ROOT / "services" / service / "src" / service / "handlers"
    assert {path.stem for path in folder.glob("[!_]*.py")} == consumed


def test_every_event_has_a_reader_and_one_publisher() -> None:
    from common.contracts.event import Event
    from common.contracts.readers import OUTSIDE

    published: dict[str, str] = {}
    for service in SERVICES:
        for value in vars(import_module(f"common.contracts.{service}")).values():
            if isinstance(value, type) and issubclass(value, Event) and value is not Event:
                assert published.setdefault(value.routing_key(), service) == service
    consumed = {
        s.event.routing_key()
        for service in SERVICES
        for s in import_module(f"{service}.wiring").service().subscriptions
    }
    outside = {event.routing_key() for event in OUTSIDE}
    assert consumed | outside == set(published)
    assert not consumed & outside


@pytest.mark.parametrize("service", SERVICES)
async def test_the_tables_in_the_code_are_those_the_migrations_make(
    service: str, new_database: NewDatabase
) -> None:
    from common.database.migrating import pending_changes

    tables = import_module(f"{service}.store.tables")
    engine = await new_database(service, tables.carried)
    async with engine.connect() as connection:
        assert await connection.run_sync(pending_changes, service, tables.metadata) == []
