"""Who adds and takes workers in the cluster: KEDA, by what the recording rules wish for."""

from collections.abc import Mapping
from typing import Any

from rendering.services import wired

Resource = Mapping[str, Any]

WORKERS_MIN = 2
WORKERS_MAX = 8
PROMETHEUS = "http://prometheus-operated.monitoring.svc:9090"


def is_scaled(name: str) -> bool:
    """Whether it consumes events: a service that does not has no backlog to scale by."""
    return bool(wired(name).subscriptions)


def scaled_object(name: str) -> Resource:
    """Return one trigger alone: of several the largest would win, and undo the policy's refusals.

    The broker's own count stands in inside the query; without Prometheus there is no advice, and
    what runs goes on.
    """
    wanted = f'sluice:workers_wanted{{service="{name}"}}'
    by_queue = f'sluice:workers_wanted_by_queue{{service="{name}"}}'
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": f"{name}-worker", "labels": _labels(name)},
        "spec": {
            "scaleTargetRef": {"name": f"{name}-worker"},
            "pollingInterval": 15,
            "minReplicaCount": WORKERS_MIN,
            "maxReplicaCount": WORKERS_MAX,
            "fallback": {
                "failureThreshold": 3,
                "replicas": WORKERS_MIN,
                "behavior": "currentReplicasIfHigher",
            },
            "advanced": {"horizontalPodAutoscalerConfig": {"behavior": _behavior()}},
            "triggers": [
                {
                    "type": "prometheus",
                    "name": "wanted",
                    # The wish divided by one is the number of replicas, however many there are.
                    "metricType": "AverageValue",
                    "metadata": {
                        "serverAddress": PROMETHEUS,
                        "query": f"max({wanted} or {by_queue})",
                        "threshold": "1",
                        # No answer is no reason to scale down.
                        "ignoreNullValues": "false",
                    },
                }
            ],
        },
    }


def _behavior() -> Resource:
    """Return what damps the wishes, as stack/autoscaling/steadiness.py does; slower downwards."""
    return {
        "scaleUp": {
            "stabilizationWindowSeconds": 30,
            "selectPolicy": "Max",
            "policies": [
                {"type": "Percent", "value": 100, "periodSeconds": 30},
                {"type": "Pods", "value": 2, "periodSeconds": 30},
            ],
        },
        "scaleDown": {
            "stabilizationWindowSeconds": 300,
            "selectPolicy": "Max",
            "policies": [{"type": "Percent", "value": 50, "periodSeconds": 60}],
        },
    }


def _labels(name: str) -> dict[str, str]:
    return {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/component": "worker",
        "app.kubernetes.io/part-of": "sluice",
    }
