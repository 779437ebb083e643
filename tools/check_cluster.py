"""Check the files for a cluster: schemas, what the code knows, and what they say of each other."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import cluster_agreement
import kubernetes_validate  # type: ignore[import-untyped]
import yaml
from jsonschema import Draft202012Validator
from rendering import cluster

K8S = Path(__file__).parents[1] / "deploy" / "k8s"
BASE = K8S / "base"
BUILDS = (BASE, BASE / "prepare")
VERSIONS = ("1.30", "1.33")
"""The oldest Kubernetes these files are for, and a recent one."""

Resource = Mapping[str, Any]


def freshness_faults() -> Iterator[str]:
    for name in cluster.stale(BASE):
        yield f"deploy/k8s/base/{name} is not what the code says: run `make docs`"


def built(directory: Path) -> list[Resource]:
    """Return what the kustomization leads to; more than lists of files it may not say here."""
    path = directory / "kustomization.yaml"
    told: Resource = yaml.safe_load(path.read_text("utf-8"))
    if unknown := told.keys() - {"apiVersion", "kind", "namespace", "resources"}:
        raise SystemExit(f"{path}: this check does not know {', '.join(sorted(unknown))}")
    found: list[Resource] = []
    for name in told["resources"]:
        target = directory / name
        if target.is_dir():
            found += built(target)
        else:
            found += [r for r in yaml.safe_load_all(target.read_text("utf-8")) if r]
    return found


def schema_faults(resources: list[Resource]) -> Iterator[str]:
    for resource in resources:
        place = cluster_agreement.place_of(resource)
        own = K8S / "schemas" / f"{resource['kind']}.json"
        if own.is_file():
            validator = Draft202012Validator(json.loads(own.read_text("utf-8")))
            for error in validator.iter_errors(resource):
                yield f"{place}: {error.json_path}: {error.message[:200]}"
            continue
        for version in VERSIONS:
            try:
                kubernetes_validate.validate(dict(resource), version, strict=True)
            except kubernetes_validate.ValidationError as error:
                where = ".".join(str(part) for part in error.path)
                yield f"{place} (Kubernetes {version}): {where}: {error.message[:200]}"
            except kubernetes_validate.SchemaNotFoundError as error:
                yield f"{place}: {error.message}"


def kustomize_faults(directory: Path, resources: list[Resource]) -> Iterator[str]:
    """Build with the real kustomize where there is one: it must come to the same resources."""
    command = next((c for c in _kustomizes() if shutil.which(c[0])), None)
    if command is None:
        return
    ran = subprocess.run([*command, str(directory)], capture_output=True, text=True, check=False)  # noqa: S603 - constants
    if ran.returncode:
        yield f"kustomize: {directory.relative_to(K8S)}: {ran.stderr.strip()[:500]}"
        return
    theirs = {cluster_agreement.place_of(r) for r in yaml.safe_load_all(ran.stdout) if r}
    for place in sorted(theirs ^ {cluster_agreement.place_of(r) for r in resources}):
        yield f"kustomize and this check disagree on {place}"


def _kustomizes() -> Iterator[list[str]]:
    yield ["kustomize", "build"]
    yield ["kubectl", "kustomize"]


def main() -> int:
    found = list(freshness_faults())
    for directory in BUILDS:
        resources = built(directory)
        checks: list[Callable[[list[Resource]], Iterator[str]]] = [
            schema_faults,
            lambda them, where=directory: kustomize_faults(where, them),  # type: ignore[misc]
            cluster_agreement.faults,
        ]
        found += [fault for check in checks for fault in check(resources)]
    if found:
        print("\n".join(dict.fromkeys(found)))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
