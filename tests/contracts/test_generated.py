"""docs/generated says what the code says, and its documents hold together."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate
from render_docs import GENERATED, broken_contracts, files
from rendering.services import NAMES

from common.http.problems import MEDIA_TYPE
from common.life_cycle import TRANSITIONS, State


@pytest.fixture(scope="module")
def fresh() -> dict[str, str]:
    return dict(files())


def document(fresh: dict[str, str], name: str) -> Any:
    return json.loads(fresh[name])


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def is_there(whole: Any, reference: str) -> bool:
    for part in reference.removeprefix("#/").split("/"):
        if not isinstance(whole, dict) or part not in whole:
            return False
        whole = whole[part]
    return True


def test_what_is_committed_is_what_the_code_says(fresh: dict[str, str]) -> None:
    committed = {
        path.relative_to(GENERATED).as_posix(): path.read_text("utf-8")
        for path in GENERATED.rglob("*")
        if path.is_file()
    }
    assert committed.keys() == fresh.keys(), "run `make docs`"
    stale = [name for name, text in fresh.items() if committed[name] != text]
    assert stale == [], "run `make docs`"


def test_no_published_event_lost_what_its_readers_rely_on() -> None:
    assert broken_contracts(GENERATED / "schemas") == []


def test_the_generator_refuses_to_write_a_breaking_change(tmp_path: Path) -> None:
    schemas = tmp_path / "schemas"
    schemas.mkdir()
    before = json.loads((GENERATED / "schemas" / "order.held.v1.json").read_text("utf-8"))
    before["properties"]["score"] = {"type": "integer"}
    (schemas / "order.held.v1.json").write_text(json.dumps(before), "utf-8")
    program = Path(__file__).parents[2] / "tools" / "render_docs.py"
    ran = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, str(program), "--into", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert "order.held.v1: event.score: is gone (removed or renamed)" in ran.stdout
    assert list(tmp_path.iterdir()) == [schemas]


@pytest.mark.parametrize("name", NAMES)
def test_asyncapi_has_the_shape_of_version_3(fresh: dict[str, str], name: str) -> None:
    whole = document(fresh, f"asyncapi/{name}.json")
    assert whole["asyncapi"] == "3.0.0"
    assert whole.keys() >= {"info", "channels", "operations"}
    assert whole["info"].keys() >= {"title", "version"}
    for channel in whole["channels"].values():
        assert channel.keys() == {"address", "messages", "bindings"}
        for message in channel["messages"].values():
            assert message["payload"]["type"] == "array"
    for operation in whole["operations"].values():
        assert operation["action"] in {"send", "receive"}
        channel = operation["channel"]["$ref"]
        assert is_there(whole, channel)
        assert all(m["$ref"].startswith(f"{channel}/messages/") for m in operation["messages"])
    assert [r for r in references(whole) if not is_there(whole, r)] == []


@pytest.mark.parametrize("name", NAMES)
def test_openapi_is_valid(fresh: dict[str, str], name: str) -> None:
    whole = document(fresh, f"openapi/{name}.json")
    validate(whole)
    assert [r for r in references(whole) if not is_there(whole, r)] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_call_under_v1_says_who_may_make_it(fresh: dict[str, str], name: str) -> None:
    paths = document(fresh, f"openapi/{name}.json")["paths"]
    calls = {f"{verb} {path}": call for path, item in paths.items() for verb, call in item.items()}
    unguarded = {
        call for call, described in calls.items() if "/v1/" in call and "security" not in described
    }
    # A webhook proves itself by its signature, and a challenge by its own.
    door = "/v1/webhooks/{channel}/{shop}"
    assert unguarded - {f"post {door}", f"get {door}"} == set()


@pytest.mark.parametrize("name", NAMES)
def test_every_refusal_is_described_as_it_is_sent(fresh: dict[str, str], name: str) -> None:
    paths = document(fresh, f"openapi/{name}.json")["paths"]
    calls = [call for item in paths.values() for call in item.values()]
    refusals = [
        answer for call in calls for status, answer in call["responses"].items() if status >= "400"
    ]
    assert refusals
    assert {kind for answer in refusals for kind in answer["content"]} == {MEDIA_TYPE}


def test_every_state_can_be_reached() -> None:
    assert {transition.target for transition in TRANSITIONS} == set(State)


def test_every_state_is_in_the_picture(fresh: dict[str, str]) -> None:
    for state in State:
        assert f"--> {state}:" in fresh["life-cycle.md"]
