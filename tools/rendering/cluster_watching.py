"""Who watches in the cluster: a ServiceMonitor, and the rules that Prometheus has everywhere."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from rendering.cluster_workloads import labels

Resource = Mapping[str, Any]

RULES = Path(__file__).parents[2] / "deploy" / "prometheus"


def service_monitor() -> Resource:
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "ServiceMonitor",
        "metadata": {"name": "sluice", "labels": labels()},
        "spec": {
            "selector": {"matchLabels": {"sluice-metrics": "yes"}},
            "endpoints": [
                {
                    "port": "http",
                    "path": "/metrics",
                    "interval": "15s",
                    "scrapeTimeout": "10s",
                    "relabelings": [
                        # The jobs that the rules know: api and worker.
                        {
                            "sourceLabels": [
                                "__meta_kubernetes_pod_label_app_kubernetes_io_component"
                            ],
                            "targetLabel": "job",
                        },
                        {"sourceLabels": ["__meta_kubernetes_pod_name"], "targetLabel": "instance"},
                        # Ours says which service of Sluice; the operator's own would push it aside.
                        {"action": "labeldrop", "regex": "service|endpoint"},
                    ],
                }
            ],
        },
    }


def rules() -> Resource:
    """Return every rule of deploy/prometheus as one resource."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "sluice", "labels": labels()},
        "spec": {"groups": rule_groups()},
    }


def rule_groups() -> list[Any]:
    files = (p for p in sorted(RULES.glob("*.yml")) if p.name != "prometheus.yml")
    loaded = (yaml.safe_load(path.read_text("utf-8")) for path in files)
    return [group for each in loaded for group in each["groups"]]
