"""Reasons as they are stored: JSON that names the check, the code and the clause."""

import json
from collections.abc import Mapping, Sequence

from risk.domain.decision import Outcome, Reason


def written(reasons: Sequence[Reason]) -> str:
    if not reasons:
        return "[]"
    return json.dumps(
        [
            {"check": r.check, "code": r.code, "detail": r.detail, "outcome": r.outcome}
            for r in reasons
        ],
        ensure_ascii=False,
    )


def read(rows: Sequence[Mapping[str, str]]) -> tuple[Reason, ...]:
    return tuple(_reason(row) for row in rows)


def _reason(row: Mapping[str, str]) -> Reason:
    check = row["check"] if "check" in row else row["rule"]  # as the first version wrote it
    return Reason(check, row["code"], row["detail"], Outcome(row["outcome"]))
