"""What the resources of a cluster must agree on with each other and with the code."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import yaml
from check_deployment import COMPOSE, IMAGE_VARIABLES
from fastapi import FastAPI
from rendering.cluster_scaling import WORKERS_MAX
from rendering.cluster_workloads import GRACE_SECONDS, PORT, PRESTOP_SECONDS
from rendering.services import NAMES, wired
from rendering.settings import variables_of

from common import service as process
from common.http.probes import probes
from common.http.serving import REQUESTS_SECONDS_MAX
from common.telemetry.metrics import Metrics

Resource = Mapping[str, Any]

DATABASE_CONNECTIONS = 600
"""What deploy/k8s/README.md asks of PostgreSQL."""


def faults(resources: list[Resource]) -> Iterator[str]:
    checks: list[Callable[[list[Resource]], Iterator[str]]] = [
        _name_faults,
        _workload_faults,
        _selection_faults,
        _scaling_faults,
        _connection_faults,
        _rule_faults,
    ]
    for check in checks:
        yield from check(resources)


def place_of(resource: Resource) -> str:
    return f"{resource['kind']} {resource['metadata']['name']}"


def _of_kind(resources: list[Resource], *kinds: str) -> list[Resource]:
    return [resource for resource in resources if resource["kind"] in kinds]


def _name_faults(resources: list[Resource]) -> Iterator[str]:
    places = [place_of(resource) for resource in resources]
    for place in sorted({place for place in places if places.count(place) > 1}):
        yield f"{place} is there twice"
    for resource in _of_kind(resources, "Secret"):
        yield f"{place_of(resource)}: secrets are not kept here"


# --- what runs --------------------------------------------------------------------------------


def _workload_faults(resources: list[Resource]) -> Iterator[str]:
    maps = {r["metadata"]["name"]: r["data"] for r in _of_kind(resources, "ConfigMap")}
    accounts = {r["metadata"]["name"] for r in _of_kind(resources, "ServiceAccount")}
    for workload in _of_kind(resources, "Deployment", "Job"):
        name, _, role = workload["metadata"]["name"].rpartition("-")
        pod = workload["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        found = [
            *_image_faults(name, container),
            *_environment_faults(name, role, container, maps),
            *_hardening_faults(pod, container),
            *(_serving_faults(pod, container, role) if role != "prepare" else ()),
        ]
        if pod["serviceAccountName"] not in accounts:
            found.append("runs under an account that is not there")
        yield from (f"{place_of(workload)} {fault}" for fault in found)


def _image_faults(name: str, container: Resource) -> Iterator[str]:
    image, _, tag = container["image"].partition(":")
    compose = yaml.safe_load(COMPOSE.read_text("utf-8"))["services"]
    if image != compose[f"{name}-api"]["image"]:
        yield f"runs the image {image}, which nobody builds"
    if tag in {"", "latest"}:
        yield "runs an image of no certain version"


def _environment_faults(
    name: str, role: str, container: Resource, maps: Mapping[str, Resource]
) -> Iterator[str]:
    told = {variable["name"] for variable in container["env"]}
    for source in container["envFrom"]:
        reference = source["configMapRef"]["name"]
        if reference not in maps:
            yield f"reads {reference}, which is not there"
        told |= maps.get(reference, {}).keys()
    known = variables_of(name)
    for variable in sorted(told - IMAGE_VARIABLES):
        if not any(each.fits(variable) for each in known):
            yield f"sets {variable}, which {name} does not read"
    needed = {"DATABASE_URL", "AMQP_URL", "HOST", "PORT", "INSTANCE"}
    needed |= {"SLUICE_API_KEY"} if role == "prepare" else set()
    for variable in sorted(needed - told):
        yield f"does not set {variable}"
    for variable in container["env"]:
        secret = variable["name"].endswith(("_URL", "_KEY", "_SECRETS", "_ENDPOINTS"))
        if secret and "secretKeyRef" not in variable.get("valueFrom", {}):
            yield f"does not take {variable['name']} from a Secret"


def _hardening_faults(pod: Resource, container: Resource) -> Iterator[str]:
    """Check what the namespace's level `restricted` demands, and that nothing can be written."""
    wanted = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True}
    own = container["securityContext"]
    if {key: own.get(key) for key in wanted} != wanted or own["capabilities"] != {"drop": ["ALL"]}:
        yield "may do more than it needs"
    shared = pod["securityContext"]
    if not shared.get("runAsNonRoot") or shared["seccompProfile"] != {"type": "RuntimeDefault"}:
        yield "may run as root, or call whatever the kernel offers"
    if pod.get("automountServiceAccountToken") is not False:
        yield "carries a token of the cluster"
    if container["resources"].keys() != {"requests", "limits"}:
        yield "has no requests or no limits"


def _serving_faults(pod: Resource, container: Resource, role: str) -> Iterator[str]:
    if container["args"] != [role]:
        yield f"starts {container['args']}"
    if [port["containerPort"] for port in container["ports"]] != [PORT]:
        yield f"listens elsewhere than at {PORT}"
    for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
        asked = container[kind]["httpGet"]
        if asked["port"] != "http" or asked["path"] not in _probe_paths():
            yield f"is asked for {asked['path']} at {asked['port']}, which nobody answers"
    if container["livenessProbe"]["httpGet"]["path"] == "/readyz":
        yield "is killed when the broker or the database is away"
    if pod["terminationGracePeriodSeconds"] < PRESTOP_SECONDS + _drain_seconds() + 5:
        yield f"is killed after {GRACE_SECONDS} s, while it may still drain"


def _probe_paths() -> set[str]:
    app = FastAPI()

    async def ready() -> str | None:
        return None

    app.include_router(probes(Metrics("any"), ready))
    return set(app.openapi()["paths"])


def _drain_seconds() -> int:
    finishing = max(process.DRAIN_SECONDS_MAX, REQUESTS_SECONDS_MAX)
    return finishing + process.FLUSH_SECONDS_MAX


# --- what selects what ------------------------------------------------------------------------


def _selection_faults(resources: list[Resource]) -> Iterator[str]:
    pods = [r["spec"]["template"] for r in _of_kind(resources, "Deployment", "Job")]
    labelled = [pod["metadata"]["labels"] for pod in pods]
    for resource in _of_kind(resources, "Deployment", "PodDisruptionBudget", "Service"):
        wanted = resource["spec"]["selector"]
        wanted = wanted.get("matchLabels", wanted)
        chosen = [labels for labels in labelled if wanted.items() <= labels.items()]
        if not chosen:
            yield f"{place_of(resource)} selects nothing"
        if resource["kind"] != "Service" and len(chosen) > 1:
            yield f"{place_of(resource)} selects {len(chosen)} kinds of pods"
    for resource in _of_kind(resources, "NetworkPolicy"):
        wanted = resource["spec"]["podSelector"].get("matchLabels", {})
        if pods and not any(wanted.items() <= labels.items() for labels in labelled):
            yield from () if _is_prepare(resources) else (f"{place_of(resource)} selects nothing",)
    services = [r["metadata"]["labels"] for r in _of_kind(resources, "Service")]
    for monitor in _of_kind(resources, "ServiceMonitor"):
        wanted = monitor["spec"]["selector"]["matchLabels"]
        watched = [labels for labels in services if wanted.items() <= labels.items()]
        if {labels["app.kubernetes.io/name"] for labels in watched} != set(NAMES):
            yield f"{place_of(monitor)} does not watch every service"


def _is_prepare(resources: list[Resource]) -> bool:
    return not _of_kind(resources, "Deployment")


# --- how many -----------------------------------------------------------------------------------


def _scaling_faults(resources: list[Resource]) -> Iterator[str]:
    workloads = {r["metadata"]["name"]: r for r in _of_kind(resources, "Deployment")}
    recorded = {rule.get("record") for rule in _rules(resources)}
    for scaled in _of_kind(resources, "ScaledObject"):
        place, spec = place_of(scaled), scaled["spec"]
        target = workloads.get(spec["scaleTargetRef"]["name"])
        if target is None:
            yield f"{place} scales what is not there"
        elif "replicas" in target["spec"]:
            yield f"{place}: every apply would undo its number of replicas"
        for trigger in spec["triggers"]:
            query = trigger["metadata"].get("query", "")
            for asked in set(re.findall(r"sluice:\w+", query)) - recorded:
                yield f"{place} asks for {asked}, which no rule records"
        if spec["minReplicaCount"] < 1 or spec["maxReplicaCount"] > WORKERS_MAX:
            yield f"{place} may have none, or more workers than the policy ever wishes"


def _connection_faults(resources: list[Resource]) -> Iterator[str]:
    """All processes at their most, and one more of each during a rollout, must find room."""
    most = {
        r["spec"]["scaleTargetRef"]["name"]: r["spec"]["maxReplicaCount"]
        for r in _of_kind(resources, "ScaledObject")
    }
    each = {"api": process.API_CONNECTIONS_MAX + 1, "worker": process.WORKER_CONNECTIONS_MAX + 1}
    needed = sum(
        (most.get(name, r["spec"].get("replicas", 0)) + 1) * each[name.rpartition("-")[2]]
        for r in _of_kind(resources, "Deployment")
        for name in (r["metadata"]["name"],)
    )
    if needed > DATABASE_CONNECTIONS:
        yield f"all processes may need {needed} database connections; {DATABASE_CONNECTIONS} count"


# --- the rules ----------------------------------------------------------------------------------


def _rules(resources: list[Resource]) -> list[Resource]:
    groups = (g for r in _of_kind(resources, "PrometheusRule") for g in r["spec"]["groups"])
    return [rule for group in groups for rule in group["rules"]]


def _rule_faults(resources: list[Resource]) -> Iterator[str]:
    for resource in _of_kind(resources, "PrometheusRule"):
        names = [group["name"] for group in resource["spec"]["groups"]]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield f"{place_of(resource)}: the group {name} is there twice, and one would be lost"
    for rule in _rules(resources):
        if rule.get("record") != "sluice:workers_wanted_by_queue":
            continue
        (pattern,) = re.findall(r'queue=~"([^"]+)"', rule["expr"])
        for name in NAMES:
            if wired(name).subscriptions and not re.fullmatch(
                pattern, wired(name).queues().main.name
            ):
                yield f"{rule['record']} does not see the queue of {name}"
