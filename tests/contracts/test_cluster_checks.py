"""The check of the files for a cluster notices what it is for."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from check_cluster import BASE, BUILDS, built, kustomize_faults, schema_faults
from cluster_agreement import faults
from rendering.cluster import stale

Resources = list[Any]


@pytest.fixture(scope="module")
def whole() -> Resources:
    return list(built(BUILDS[0]))


@pytest.mark.parametrize("directory", BUILDS, ids=lambda d: d.name)
def test_the_files_hold_together(directory: Any) -> None:
    resources = built(directory)
    found = [*schema_faults(resources), *faults(resources)]
    assert [*found, *kustomize_faults(directory, resources)] == []


def test_the_files_are_what_the_code_says() -> None:
    assert stale(BASE) == [], "run `make docs`"


def one(resources: Resources, kind: str, name: str) -> Any:
    (found,) = (r for r in resources if r["kind"] == kind and r["metadata"]["name"] == name)
    return found


def container(resources: Resources, name: str = "risk-worker") -> Any:
    return one(resources, "Deployment", name)["spec"]["template"]["spec"]["containers"][0]


def wordy(resources: Resources) -> None:
    container(resources)["env"].append({"name": "WEBHOOK_SECRETS", "value": "{}"})


def open_hearted(resources: Resources) -> None:
    secret = {"name": "AMQP_URL", "value": "amqp://sluice:secret@rabbitmq/"}
    container(resources)["env"][2] = secret


def privileged(resources: Resources) -> None:
    container(resources)["securityContext"]["allowPrivilegeEscalation"] = True


def writing(resources: Resources) -> None:
    del container(resources)["securityContext"]["readOnlyRootFilesystem"]


def impatient(resources: Resources) -> None:
    pod = one(resources, "Deployment", "risk-worker")["spec"]["template"]["spec"]
    pod["terminationGracePeriodSeconds"] = 20


def nervous(resources: Resources) -> None:
    container(resources)["livenessProbe"]["httpGet"]["path"] = "/readyz"


def deaf(resources: Resources) -> None:
    container(resources)["readinessProbe"]["httpGet"]["path"] = "/ready"


def foreign(resources: Resources) -> None:
    container(resources)["image"] = "sluice-riks:0.1.0"


def lost(resources: Resources) -> None:
    one(resources, "Service", "risk")["spec"]["selector"]["app.kubernetes.io/name"] = "riks"


def fixed(resources: Resources) -> None:
    one(resources, "Deployment", "risk-worker")["spec"]["replicas"] = 2


def misled(resources: Resources) -> None:
    trigger = one(resources, "ScaledObject", "risk-worker")["spec"]["triggers"][0]
    trigger["metadata"]["query"] = "max(sluice:workers_wished)"


def greedy(resources: Resources) -> None:
    for name in ("ingest", "risk", "fulfillment", "reconciliation"):
        one(resources, "Deployment", f"{name}-api")["spec"]["replicas"] = 10


def twice(resources: Resources) -> None:
    groups = one(resources, "PrometheusRule", "sluice")["spec"]["groups"]
    groups.append(copy.deepcopy(groups[0]))


def indiscreet(resources: Resources) -> None:
    resources.append({"kind": "Secret", "metadata": {"name": "sluice-risk"}})


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (wordy, "sets WEBHOOK_SECRETS, which risk does not read"),
        (open_hearted, "does not take AMQP_URL from a Secret"),
        (privileged, "may do more than it needs"),
        (writing, "may do more than it needs"),
        (impatient, "while it may still drain"),
        (nervous, "is killed when the broker or the database is away"),
        (deaf, "is asked for /ready at http, which nobody answers"),
        (foreign, "runs the image sluice-riks, which nobody builds"),
        (lost, "Service risk selects nothing"),
        (fixed, "every apply would undo its number of replicas"),
        (misled, "asks for sluice:workers_wished, which no rule records"),
        (greedy, "database connections"),
        (twice, "is there twice, and one would be lost"),
        (indiscreet, "secrets are not kept here"),
    ],
)
def test_what_does_not_agree_is_found(
    whole: Resources, fault: Callable[[Resources], None], sentence: str
) -> None:
    changed = copy.deepcopy(whole)
    fault(changed)
    assert any(sentence in found for found in faults(changed))


def misspelt(resources: Resources) -> None:
    container(resources)["resource"] = {}


def amqp(resources: Resources) -> None:
    spec = one(resources, "ScaledObject", "risk-worker")["spec"]
    asked = {"protocol": "amqp", "mode": "QueueLength", "value": "20", "queueName": "risk.events"}
    spec["triggers"] = [{"type": "rabbitmq", "metadata": asked}]


def numeric(resources: Resources) -> None:
    trigger = one(resources, "ScaledObject", "risk-worker")["spec"]["triggers"][0]
    trigger["metadata"]["threshold"] = 1


def undecided(resources: Resources) -> None:
    groups = one(resources, "PrometheusRule", "sluice")["spec"]["groups"]
    rule = next(r for group in groups for r in group["rules"] if "record" in r)
    rule["alert"] = "Both"


def unlabelled(resources: Resources) -> None:
    one(resources, "ServiceMonitor", "sluice")["spec"]["endpoints"][0]["honorLabel"] = True


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (misspelt, "Deployment risk-worker"),
        (amqp, "ScaledObject risk-worker"),
        (numeric, "ScaledObject risk-worker"),
        (undecided, "PrometheusRule sluice"),
        (unlabelled, "ServiceMonitor sluice"),
    ],
)
def test_what_the_schemas_do_not_know_is_found(
    whole: Resources, fault: Callable[[Resources], None], sentence: str
) -> None:
    changed = copy.deepcopy(whole)
    fault(changed)
    kind, name = sentence.split()
    found = [r for r in changed if (r["kind"], r["metadata"]["name"]) == (kind, name)]
    assert any(found_one.startswith(sentence) for found_one in schema_faults(found))
