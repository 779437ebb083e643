"""Check alerts: that each is explained, tested at its edges and routed by files that hold."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
PROMETHEUS = ROOT / "deploy" / "prometheus"
ALERTMANAGER = ROOT / "deploy" / "alertmanager"
RUNBOOKS = {"runbook": "docs/runbook.md", "runbook_zh": "docs/runbook.zh-CN.md"}
EVERYTHING_SET = {
    "ALERT_WEBHOOK_URL": "http://pager.example/?a=b&c|d",
    "ALERT_HEARTBEAT_URL": "http://heartbeat.example/",
    "ALERT_EMAIL_TO": "oncall@shop.example",
    "TEMPLATES": str(ALERTMANAGER),
}

Mapped = Mapping[str, Any]


def faults() -> Iterator[str]:
    files = sorted(path for path in PROMETHEUS.glob("*.yml") if path.name != "prometheus.yml")
    listed = _read(PROMETHEUS / "prometheus.yml")["rule_files"]
    if sorted(listed) != [path.name for path in files]:
        yield "prometheus.yml: rule_files are not the rule files that are there"
    alerts = [rule for path in files for rule in _rules(path) if "alert" in rule]
    yield from _runbook_faults(alerts)
    yield from _test_faults({rule["alert"] for rule in alerts})
    yield from _route_faults({rule["alert"] for rule in alerts})
    yield from _program_faults()


def _rules(path: Path) -> Iterator[Mapped]:
    for group in _read(path)["groups"]:
        yield from group["rules"]


def _runbook_faults(alerts: list[Mapped]) -> Iterator[str]:
    """Every alert must lead to a part of the runbook that is there, in both languages."""
    english = (ROOT / RUNBOOKS["runbook"]).read_text("utf-8")
    headings = re.findall(r"^## (.+)$", english, re.MULTILINE)
    anchors = [re.sub(r"[^\w-]", "", h.lower().replace(" ", "-")) for h in headings]
    chinese = (ROOT / RUNBOOKS["runbook_zh"]).read_text("utf-8")
    if re.findall(r'^<a id="([\w-]+)"></a>\n\n## ', chinese, re.MULTILINE) != anchors:
        yield "docs/runbook.zh-CN.md has not the parts of docs/runbook.md, in their order"
    for rule in alerts:
        name, notes = rule["alert"], rule["annotations"]
        if rule["labels"].get("severity") not in {"page", "warn", "none"}:
            yield f"{name} has no severity"
        for note, document in RUNBOOKS.items():
            place, _, anchor = notes.get(note, "#").partition("#")
            # A translation may be missing; a link that is there may not be wrong.
            if (note == "runbook" or note in notes) and (
                place != document or anchor not in anchors
            ):
                yield f"{name} leads to no part of {document}"
        for document in (english, chinese):
            if not re.search(rf"^\*[^*\n]*\b{name}\b", document, re.MULTILINE):
                yield f"{name} is named in no part of the runbook"


def _test_faults(alerts: set[str]) -> Iterator[str]:
    """Every alert must be seen firing by a test, and silent by another."""
    firing: set[str] = set()
    silent: set[str] = {"Watching"}
    for path in sorted((PROMETHEUS / "tests").glob("*.yml")):
        for test in _read(path)["tests"]:
            for case in test.get("promql_expr_test", ()):
                if asked := re.fullmatch(r'ALERTS\{alertname="(\w+)"\}', case["expr"]):
                    fires = 'alertstate="firing"' in str(case["exp_samples"])
                    (firing if fires else silent).add(asked[1])
            for case in test.get("alert_rule_test", ()):
                (firing if case.get("exp_alerts") else silent).add(case["alertname"])
    for name in sorted(alerts - firing):
        yield f"no test of deploy/prometheus/tests sees {name} fire"
    for name in sorted(alerts - silent):
        yield f"no test of deploy/prometheus/tests sees {name} silent"


def _route_faults(alerts: set[str]) -> Iterator[str]:
    text = (ALERTMANAGER / "alertmanager.yml").read_text("utf-8")
    for names in re.findall(r'alertname =~? "([\w|]+)"', text):
        for name in sorted(set(names.split("|")) - alerts):
            yield f"alertmanager.yml speaks of {name}, which is no alert"


def _program_faults() -> Iterator[str]:
    yield from _said_by("promtool", "check", "config", str(PROMETHEUS / "prometheus.yml"))
    tests = sorted(str(path) for path in (PROMETHEUS / "tests").glob("*.yml"))
    yield from _said_by("promtool", "test", "rules", *tests)
    for settings in ({}, EVERYTHING_SET):
        text = _filled_in(settings)
        yield from _said_by("amtool", "check-config", "/dev/stdin", text=text)


def _filled_in(settings: Mapping[str, str]) -> str:
    command = ["awk", "-f", str(ALERTMANAGER / "fill.awk"), str(ALERTMANAGER / "alertmanager.yml")]
    return subprocess.run(  # noqa: S603 - constants
        command,
        env={"PATH": "/usr/bin:/bin", **settings},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def _said_by(name: str, *arguments: str, text: str = "") -> Iterator[str]:
    program = shutil.which(name)
    if program is None:
        print(f"{name} is not installed: {' '.join(arguments[:2])} is left out")
        return
    checked = subprocess.run(  # noqa: S603 - constants
        [program, *arguments], input=text, capture_output=True, text=True, check=False
    )
    if checked.returncode:
        yield f"{name} {' '.join(arguments[:2])}: {checked.stdout}{checked.stderr}"


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))
