"""Who may reach what in the cluster, and how much of it may be away at once."""

from collections.abc import Iterator, Mapping
from typing import Any

from rendering.cluster_workloads import PORT, ROLES, labels, selector

Resource = Mapping[str, Any]

_SLUICE = {"matchLabels": {"app.kubernetes.io/part-of": "sluice"}}
_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16")


def namespace(name: str) -> Resource:
    """Return a namespace that refuses every pod which asks for more than ours do."""
    levels = ("enforce", "warn", "audit")
    security = {f"pod-security.kubernetes.io/{level}": "restricted" for level in levels}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": {**labels(), **security}},
    }


def account(name: str) -> Resource:
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": f"sluice-{name}", "labels": labels(name)},
        "automountServiceAccountToken": False,
    }


def services(name: str) -> Iterator[Resource]:
    """Yield the door to the API, and the one for metrics."""
    yield {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "labels": labels(name)},
        "spec": {
            "selector": selector(name, "api"),
            "ports": [{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}],
        },
    }
    yield {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": f"{name}-metrics",
            "labels": labels(name) | {"sluice-metrics": "yes"},
        },
        "spec": {
            "clusterIP": "None",
            # A process that is not ready is the one whose metrics are wanted.
            "publishNotReadyAddresses": True,
            "selector": {"app.kubernetes.io/name": name, "sluice-metrics": "yes"},
            "ports": [{"name": "http", "port": PORT, "targetPort": "http", "protocol": "TCP"}],
        },
    }


def disruption_budgets(name: str) -> Iterator[Resource]:
    for role in ROLES:
        yield {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": f"{name}-{role}", "labels": labels(name, role)},
            "spec": {
                "maxUnavailable": 1 if role == "api" else "50%",
                # Who is not ready anyway must not keep a node from being drained.
                "unhealthyPodEvictionPolicy": "AlwaysAllow",
                "selector": {"matchLabels": selector(name, role)},
            },
        }


def network_policies() -> Iterator[Resource]:
    """Yield policies under which nothing is open that is not named here."""
    yield _policy("nothing-else", {}, policyTypes=["Ingress", "Egress"])
    yield _policy(
        "names",
        _SLUICE,
        egress=[
            {
                "to": [
                    {
                        "namespaceSelector": _named("kube-system"),
                        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
                    }
                ],
                "ports": [_port(53, "UDP"), _port(53)],
            }
        ],
    )
    # Wherever they are; an overlay that knows the place says so.
    yield _policy("database-and-broker", _SLUICE, egress=[{"ports": [_port(5432), _port(5672)]}])
    yield _policy(
        "callers",
        {"matchLabels": {"app.kubernetes.io/component": "api", **_SLUICE["matchLabels"]}},
        ingress=[
            {
                "from": [{"namespaceSelector": {"matchLabels": {"sluice-callers": "yes"}}}],
                "ports": [_port(PORT)],
            }
        ],
    )
    yield _policy(
        "metrics",
        {"matchLabels": {"sluice-metrics": "yes"}},
        ingress=[{"from": [{"namespaceSelector": _named("monitoring")}], "ports": [_port(PORT)]}],
    )
    outside = {"cidr": "0.0.0.0/0", "except": list(_PRIVATE)}
    yield _policy(
        "outside-checks",
        {"matchLabels": {"app.kubernetes.io/name": "risk", "sluice-metrics": "yes"}},
        egress=[{"to": [{"ipBlock": outside}], "ports": [_port(443)]}],
    )
    yield _policy(
        "outside-channels",
        {
            "matchLabels": {
                "app.kubernetes.io/name": "ingest",
                "app.kubernetes.io/component": "worker",
            }
        },
        # 465 and 587: reminders by e-mail.
        egress=[{"to": [{"ipBlock": outside}], "ports": [_port(port) for port in (443, 465, 587)]}],
    )


def _policy(name: str, pods: Resource, **rules: Any) -> Resource:
    types = [kind.capitalize() for kind in ("ingress", "egress") if kind in rules]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "labels": labels()},
        "spec": {"podSelector": pods, "policyTypes": types, **rules},
    }


def _named(namespace_name: str) -> Resource:
    return {"matchLabels": {"kubernetes.io/metadata.name": namespace_name}}


def _port(number: int, protocol: str = "TCP") -> Resource:
    return {"port": number, "protocol": protocol}
