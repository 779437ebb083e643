"""Who imported which statement is in the operation log."""

from typing import Any

from common.database.work import WorkFactory
from support.operations import operations_in


async def test_an_import_is_recorded_once(works: WorkFactory, bring: Any) -> None:
    known = len(await operations_in(works.engine, works.tables))
    view = (await bring("T1,40.80,R1", "T2,60,R2")).json()
    assert (await bring("T1,40.80,R1", "T2,60,R2")).status_code == 200
    (imported,) = (await operations_in(works.engine, works.tables))[known:]
    assert imported.action == "statement.imported"
    assert imported.subject_id == view["statement_id"]
    assert (imported.after["source"], imported.after["lines"]) == ("bank", 2)
