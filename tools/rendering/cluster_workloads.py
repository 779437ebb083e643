"""What runs in the cluster: a Deployment for each role, and the Job that comes before them."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from rendering.cluster_scaling import is_scaled

Resource = Mapping[str, Any]

PORT = 8000
ROLES = ("api", "worker")
API_REPLICAS = {"ingest": 3}
API_REPLICAS_USUAL = 2
WORKERS_FIXED = 2
"""Of a service that is not scaled: one may go without the sweep of the outbox stopping."""
PRESTOP_SECONDS = 5
"""Until every proxy knows that the pod takes nothing new."""
GRACE_SECONDS = 45
"""All is over within 20 s after the signal; the rest is for a node that is short of breath."""

# What each reads beside the settings that all have: from its Secret, and whether it must be there.
_SECRETS = {"DATABASE_URL": True, "AMQP_URL": True}
_OWN_SECRETS = {
    "ingest": {
        "WEBHOOK_SECRETS": False,
        "CHANNELS": False,
        "CHANNEL_APIS": False,
        "REMINDERS": False,
    },
    "risk": {"CHECK_ENDPOINTS": False},
}
_OWN_VALUES = {"reconciliation": {"DIFFERENCE_THRESHOLD": "50"}}
_MEMORY_MAX = {("risk", "worker"): "768Mi"}
_CPU_MAX = {("risk", "worker"): "2"}
"""Its plug-ins run in processes of their own."""
_SCRATCH = {"ingest": "192Mi"}
"""Two files of 50 MB may be on their way to the database at once."""


def settings() -> Resource:
    """Return what every process is told alike."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "sluice-settings", "labels": labels()},
        "data": {"HOST": "0.0.0.0", "PORT": str(PORT), "LOG_LEVEL": "info"},  # noqa: S104 - a pod
    }


def deployments(name: str) -> Iterator[Resource]:
    for role in ROLES:
        yield {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": f"{name}-{role}", "labels": labels(name, role)},
            "spec": _deployment(name, role),
        }


def prepare_job(name: str) -> Resource:
    """Return the Job that brings the schema to the newest version and makes the API key valid."""
    container = _container(name, "prepare")
    pod = _pod(name, container) | {"restartPolicy": "OnFailure"}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": f"{name}-prepare", "labels": labels(name, "prepare")},
        "spec": {
            "backoffLimit": 5,
            "activeDeadlineSeconds": 600,
            "ttlSecondsAfterFinished": 3600,
            "template": {"metadata": {"labels": labels(name, "prepare")}, "spec": pod},
        },
    }


def labels(name: str | None = None, role: str | None = None) -> dict[str, str]:
    own = {"app.kubernetes.io/name": name, "app.kubernetes.io/component": role}
    kept = {label: value for label, value in own.items() if value is not None}
    # What the Services for metrics and the network policy for it look for.
    shows = {"sluice-metrics": "yes"} if role in ROLES else {}
    return {**kept, "app.kubernetes.io/part-of": "sluice", **shows}


def selector(name: str, role: str) -> dict[str, str]:
    return {"app.kubernetes.io/name": name, "app.kubernetes.io/component": role}


def _deployment(name: str, role: str) -> dict[str, Any]:
    chosen = labels(name, role)
    # A number of replicas here would undo the autoscaler's at every `apply`.
    count = {} if role == "worker" and is_scaled(name) else {"replicas": _replicas(name, role)}
    pod = _pod(name, _container(name, role)) | {
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        "topologySpreadConstraints": [_spread(name, role, key) for key in ("hostname", "zone")],
    }
    return {
        **count,
        "revisionHistoryLimit": 5,
        "minReadySeconds": 5,
        "progressDeadlineSeconds": 300,
        "strategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1},
        },
        "selector": {"matchLabels": selector(name, role)},
        "template": {"metadata": {"labels": chosen}, "spec": pod},
    }


def _replicas(name: str, role: str) -> int:
    return API_REPLICAS.get(name, API_REPLICAS_USUAL) if role == "api" else WORKERS_FIXED


def _spread(name: str, role: str, key: str) -> dict[str, Any]:
    topology = "kubernetes.io/hostname" if key == "hostname" else "topology.kubernetes.io/zone"
    return {
        "maxSkew": 1,
        "topologyKey": topology,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": selector(name, role)},
    }


def _pod(name: str, container: Resource) -> dict[str, Any]:
    return {
        "serviceAccountName": f"sluice-{name}",
        # Nothing here talks to the cluster.
        "automountServiceAccountToken": False,
        # RISK_PORT=tcp://… of a Service called risk would be taken for a setting.
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "runAsGroup": 10001,
            "fsGroup": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": [{"name": "scratch", "emptyDir": {"sizeLimit": _scratch(name)}}],
    }


def _scratch(name: str) -> str:
    return _SCRATCH.get(name, "64Mi")


def _container(name: str, role: str) -> dict[str, Any]:
    runs = {"command": ["prepare"]} if role == "prepare" else {"args": [role]}
    return {
        "name": role,
        "image": f"sluice-{name}:{_version()}",
        **runs,
        "envFrom": [{"configMapRef": {"name": "sluice-settings"}}],
        "env": list(_environment(name, role)),
        **(_serving() if role in ROLES else {}),
        "resources": {
            "requests": {"cpu": "250m", "memory": "256Mi", "ephemeral-storage": _scratch(name)},
            "limits": {
                "cpu": _CPU_MAX.get((name, role), "1"),
                "memory": _MEMORY_MAX.get((name, role), "512Mi"),
                "ephemeral-storage": "256Mi",
            },
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "scratch", "mountPath": "/tmp"}],  # noqa: S108 - the pod's own
    }


def _environment(name: str, role: str) -> Iterator[Resource]:
    yield {"name": "INSTANCE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
    for variable, required in (_SECRETS | _OWN_SECRETS.get(name, {})).items():
        reference = {"name": f"sluice-{name}", "key": variable}
        optional = {} if required else {"optional": True}
        yield {"name": variable, "valueFrom": {"secretKeyRef": reference | optional}}
    for variable, value in _OWN_VALUES.get(name, {}).items():
        yield {"name": variable, "value": value}
    if role == "prepare":
        reference = {"name": "sluice-prepare", "key": "SLUICE_API_KEY"}
        yield {"name": "SLUICE_API_KEY", "valueFrom": {"secretKeyRef": reference}}


def _serving() -> dict[str, Any]:
    def probe(path: str, **times: int) -> dict[str, Any]:
        return {"httpGet": {"path": path, "port": "http"}, **times}

    return {
        "ports": [{"name": "http", "containerPort": PORT, "protocol": "TCP"}],
        "startupProbe": probe("/healthz", periodSeconds=2, timeoutSeconds=2, failureThreshold=30),
        # Without broker or database a process is alive: no restart would bring them back.
        "livenessProbe": probe("/healthz", periodSeconds=10, timeoutSeconds=5, failureThreshold=6),
        "readinessProbe": probe("/readyz", periodSeconds=5, timeoutSeconds=4, failureThreshold=3),
        "lifecycle": {"preStop": {"exec": {"command": ["sleep", str(PRESTOP_SECONDS)]}}},
    }


@cache
def _version() -> str:
    project = Path(__file__).parents[2] / "pyproject.toml"
    return str(tomllib.loads(project.read_text("utf-8"))["project"]["version"])
