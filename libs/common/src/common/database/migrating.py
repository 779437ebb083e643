"""Migrations: one history per schema, applied by one process at a time."""

from importlib import import_module
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import AsyncEngine

from common.clock import utc_now
from common.database.partitions import prepare
from common.database.schema import Carried

_LOCK = 0x51_0C_E0  # any number, the same for every service and only for migrations


async def migrate(engine: AsyncEngine, service: str, tables: Carried) -> None:
    """Bring the service's schema to the newest version; safe to call from many places at once."""
    async with engine.begin() as connection:
        await connection.execute(text("set local statement_timeout = 0"))
        await connection.execute(text("set local lock_timeout = 0"))
        await connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        await connection.execute(text(f'create schema if not exists "{service}"'))
        await connection.run_sync(_upgrade, service)
        await prepare(connection, tables, utc_now().date())


def _upgrade(connection: Connection, service: str) -> None:
    config = _config(service)
    script = ScriptDirectory.from_config(config)

    def to_head(revision: Any, _: object) -> Any:
        return script._upgrade_revs("head", revision)  # noqa: SLF001 - alembic's own way

    with EnvironmentContext(config, script, fn=to_head) as context:
        context.configure(
            connection=connection, version_table_schema=service, transactional_ddl=True
        )
        context.run_migrations()


def pending_changes(connection: Connection, service: str, metadata: MetaData) -> list[object]:
    """Return how the tables in the code differ from the migrated schema; empty when they agree."""
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415 - only tests and tools ask
    from alembic.migration import MigrationContext  # noqa: PLC0415

    def ours(name: str | None, kind: str, _: object) -> bool:
        return kind != "schema" or name == service

    context = MigrationContext.configure(
        connection,
        opts={
            "include_schemas": True,
            "include_name": ours,
            "version_table_schema": service,
            "include_object": lambda _, name, kind, reflected, __: (
                not (kind == "table" and reflected and _is_partition(name))
            ),
        },
    )
    return list(compare_metadata(context, metadata))


def _is_partition(name: str) -> bool:
    return name == "alembic_version" or name.rpartition("_")[2].isdigit() or name.endswith("_other")


def _config(service: str) -> Config:
    package = import_module(service)
    config = Config()
    config.set_main_option(
        "script_location", str(Path(str(package.__file__)).parent / "migrations")
    )
    return config


def new_migration(service: str, name: str) -> None:
    """Write an empty migration for a person to fill in; its number follows the last."""
    config = _config(service)
    count = len(list(ScriptDirectory.from_config(config).walk_revisions()))
    command.revision(config, message=name, rev_id=f"{count + 1:04d}")
