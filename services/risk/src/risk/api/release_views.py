"""What HTTP tells of releases."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from risk.api.rulesets import RuleSetView
from risk.domain.health import Figures
from risk.domain.release import Stage
from risk.store.breakers import Report
from risk.store.changes import Change


class ChangeView(BaseModel):
    """A change of what is in force, and what was in force after it."""

    change_id: UUID
    kind: str
    ruleset: str
    candidate: str | None
    stage: Stage | None
    percent: int
    changed_at: datetime
    changed_by: str
    reason: str

    @classmethod
    def of(cls, change: Change) -> "ChangeView":
        release = change.release
        return cls(
            change_id=change.id,
            kind=change.kind,
            ruleset=release.stable,
            candidate=release.candidate,
            stage=release.stage,
            percent=release.percent,
            changed_at=change.changed_at,
            changed_by=change.changed_by,
            reason=change.reason,
        )


class ChangesView(BaseModel):
    items: list[ChangeView]


class FiguresView(BaseModel):
    """What a rule set did since the last change."""

    orders: int
    p95_seconds: float
    unanswered: int
    held: int
    rejected: int

    @classmethod
    def of(cls, did: Figures) -> "FiguresView":
        return cls(
            orders=did.orders,
            p95_seconds=did.p95_seconds,
            unanswered=did.unanswered,
            held=did.held,
            rejected=did.rejected,
        )


class WorkerView(BaseModel):
    """By which rule sets a worker process really decides."""

    instance: str
    stable: str
    candidate: str | None
    trouble: str | None
    reported_at: datetime

    @classmethod
    def of(cls, report: Report) -> "WorkerView":
        return cls(
            instance=report.instance,
            stable=report.stable,
            candidate=report.candidate,
            trouble=report.trouble,
            reported_at=report.reported_at,
        )


class ActiveView(BaseModel):
    ruleset: RuleSetView
    change: ChangeView
    stable_figures: FiguresView
    candidate_figures: FiguresView | None
    orders_min: int | None
    """Orders the candidate has to have decided here before the next step."""
    workers: list[WorkerView]
