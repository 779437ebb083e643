"""The files under deploy/k8s/base: what each says, made from the services as they are wired.

Four services of the same two roles differ in little; written once here, they cannot drift apart.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from rendering import cluster_access, cluster_scaling, cluster_watching, cluster_workloads
from rendering.services import NAMES

Resource = Mapping[str, Any]

NAMESPACE = "sluice"
_MADE = (
    "# Made by `make docs` from tools/rendering/cluster*.py; do not edit: patch it in an overlay.\n"
)


def files() -> dict[str, str]:
    """Return every file: its path under deploy/k8s/base, and its text."""
    return {
        "kustomization.yaml": _kustomization(
            "foundation", *(f"{name}.yaml" for name in NAMES), "monitoring.yaml", "rules.yaml"
        ),
        **{f"{name}.yaml": _text(_service(name)) for name in NAMES},
        "monitoring.yaml": _text([cluster_watching.service_monitor()]),
        "rules.yaml": _text([cluster_watching.rules()]),
        "foundation/kustomization.yaml": _kustomization(
            "namespace.yaml", "settings.yaml", "accounts.yaml", "network.yaml"
        ),
        "foundation/namespace.yaml": _text([cluster_access.namespace(NAMESPACE)]),
        "foundation/settings.yaml": _text([cluster_workloads.settings()]),
        "foundation/accounts.yaml": _text(cluster_access.account(name) for name in NAMES),
        "foundation/network.yaml": _text(cluster_access.network_policies()),
        "prepare/kustomization.yaml": _kustomization("../foundation", "jobs.yaml"),
        "prepare/jobs.yaml": _text(cluster_workloads.prepare_job(name) for name in NAMES),
    }


def stale(directory: Path) -> list[str]:
    """Return the names of files that are not as they would be made now."""
    made = files()
    there = {p.relative_to(directory).as_posix() for p in directory.rglob("*") if p.is_file()}
    changed = {n for n in there & made.keys() if (directory / n).read_text("utf-8") != made[n]}
    return sorted(changed | (there ^ made.keys()))


def _service(name: str) -> Iterable[Resource]:
    yield from cluster_workloads.deployments(name)
    yield from cluster_access.services(name)
    yield from cluster_access.disruption_budgets(name)
    if cluster_scaling.is_scaled(name):
        yield cluster_scaling.scaled_object(name)


def _kustomization(*resources: str) -> str:
    return _text(
        [
            {
                "apiVersion": "kustomize.config.k8s.io/v1beta1",
                "kind": "Kustomization",
                "namespace": NAMESPACE,
                "resources": list(resources),
            }
        ]
    )


class _Dumper(yaml.SafeDumper):
    """Keeps queries of several lines readable."""


def _block(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _block)


def _text(resources: Iterable[Resource]) -> str:
    # What is the same is repeated: a pointer to another part helps no reader.
    copies = [json.loads(json.dumps(resource)) for resource in resources]
    dumped = yaml.dump_all(copies, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return _MADE + dumped
