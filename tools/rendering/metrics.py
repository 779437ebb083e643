"""Every metric of a service, by name."""

from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase

from common.messaging.ledger.measures import LedgerMeasures
from common.telemetry.metrics import Metrics
from fulfillment.use_cases.measures import Measures as OfFulfillment
from ingest.use_cases.measures import Measures as OfIngest
from reconciliation.use_cases.measures import Measures as OfReconciliation
from risk.use_cases.measures import Measures as OfRisk

_OF_SERVICES = (OfIngest, OfRisk, OfFulfillment, OfReconciliation)
_HOLDERS = (
    Metrics("any"),
    LedgerMeasures("any", CollectorRegistry()),
    *(measures(CollectorRegistry()) for measures in _OF_SERVICES),
)
_SUFFIX = {"counter": "_total"}


def page() -> str:
    found = sorted(
        (m for each in _HOLDERS for m in vars(each).values() if isinstance(m, MetricWrapperBase)),
        key=lambda m: str(m._name),  # noqa: SLF001 - the library has no public way to ask
    )
    return "\n".join(
        (
            "# Metrics",
            "",
            "Made by `make docs` from `common.telemetry.metrics` and the `use_cases.measures` of",
            "each service; do not edit.",
            "Every process serves them at `/metrics`, beside the usual `process_…` and `python_…`.",
            "A histogram `x` is exposed as `x_bucket`, `x_sum` and `x_count`.",
            "",
            "| metric | kind | labels | meaning |",
            "|---|---|---|---|",
            *map(_row, found),
            "",
        )
    )


def _row(metric: MetricWrapperBase) -> str:
    (family,) = metric.describe()
    labels = ", ".join(f"`{label}`" for label in metric._labelnames)  # noqa: SLF001 - see above
    name = family.name + _SUFFIX.get(family.type, "")
    return f"| `{name}` | {family.type} | {labels} | {family.documentation} |"
