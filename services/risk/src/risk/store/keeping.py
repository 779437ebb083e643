"""What risk keeps that can be exported and restored: decisions; rule sets and their history."""

from common.database.exporting import Kind, Part
from risk.store.feature_tables import feature_snapshot
from risk.store.tables import assessment, ruleset, ruleset_change

KINDS = (
    Kind(
        "decisions",
        [
            Part(assessment, assessment.c.decided_at),
            Part(feature_snapshot, feature_snapshot.c.order_id),
        ],
    ),
    Kind(
        "rulesets",
        [
            Part(ruleset, ruleset.c.created_at),
            Part(ruleset_change, ruleset_change.c.changed_at),
        ],
    ),
)
