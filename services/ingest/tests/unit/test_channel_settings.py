"""The setting CHANNELS: what is wrong with it is named, and never shown."""

import json
from typing import Any

import pytest

from ingest.channels.registry import CHANNELS, with_configured
from ingest.settings import Settings

HMAC = {"scheme": "hmac", "header": "X-Signature"}
HIDDEN = "hush-hush"


def settings(monkeypatch: pytest.MonkeyPatch, channels: Any) -> Settings:
    monkeypatch.setenv("CHANNELS", json.dumps(channels))
    return Settings()


def test_without_any_there_are_those_that_come_with_sluice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHANNELS", raising=False)
    assert Settings().channels == {}
    assert with_configured([]) == CHANNELS


def test_what_is_configured_stands_beside_what_is_built_in(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(monkeypatch, {"stall": {"signature": HMAC}, "b2": {"signature": HMAC}})
    channels = with_configured(one.channel(name) for name, one in found.channels.items())
    assert set(channels) == {*CHANNELS, "stall", "b2"}
    assert [channels[name].name for name in ("stall", "b2")] == ["stall", "b2"]
    assert all(channels[name] is CHANNELS[name] for name in CHANNELS)


@pytest.mark.parametrize("name", CHANNELS)
def test_what_comes_with_sluice_cannot_be_configured_anew(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with pytest.raises(ValueError, match=f"{name}: comes with Sluice"):
        settings(monkeypatch, {name: {"signature": HMAC}})


@pytest.mark.parametrize(
    "name", ["", "Stall", "a/b", "a b", "1a", "a-b", "é", "x" * 41, "other", "../x"]
)
def test_a_name_is_one_that_fits_everywhere(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with pytest.raises(ValueError, match="is no name"):
        settings(monkeypatch, {name: {"signature": HMAC}})


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("signature", {}),
        ("signature", {"signature": HIDDEN}),
        ("signature", {"signature": {"scheme": HIDDEN}}),
        ("signature", {"signature": {"header": HIDDEN}}),
        ("signature.hmac.header", {"signature": {"scheme": "hmac"}}),
        ("signature.hmac.header", {"signature": HMAC | {"header": f"{HIDDEN}\n"}}),
        ("signature.hmac.secret", {"signature": HMAC | {"secret": HIDDEN}}),
        ("signature.hmac.algorithm", {"signature": HMAC | {"algorithm": HIDDEN}}),
        ("signature.hmac.encoding", {"signature": HMAC | {"encoding": HIDDEN}}),
        ("signature.hmac", {"signature": HMAC | {"signed": HIDDEN}}),
        ("signature.hmac", {"signature": HMAC | {"signed": f"{{{HIDDEN}}}{{body}}"}}),
        ("signature.hmac", {"signature": HMAC | {"signed": "{body}{body}"}}),
        ("signature.hmac", {"signature": HMAC | {"signed": "{timestamp}.{body}"}}),
        ("signature.hmac", {"signature": HMAC | {"timestamp": {"header": HIDDEN}}}),
        (
            "signature.hmac.timestamp.tolerance_seconds",
            {
                "signature": HMAC
                | {
                    "signed": "{timestamp}{body}",
                    "timestamp": {"header": "T", "tolerance_seconds": 0},
                }
            },
        ),
        (
            "signature.stripe.tolerance_seconds",
            {"signature": {"scheme": "stripe", "tolerance_seconds": HIDDEN}},
        ),
        ("signature.token", {"signature": {"scheme": "token"}}),
        ("signature.token", {"signature": {"scheme": "token", "header": "A", "query": HIDDEN}}),
        ("signature.token", {"signature": {"scheme": "token", "prefix": HIDDEN, "query": "a"}}),
        ("signature.basic.password", {"signature": {"scheme": "basic", "password": HIDDEN}}),
        ("topic", {"signature": HMAC, "topic": {}}),
        ("topic", {"signature": HMAC, "topic": {"header": "A", "value": HIDDEN}}),
        ("topic.path", {"signature": HMAC, "topic": {"path": f"{HIDDEN}[]"}}),
        ("delivery_id", {"signature": HMAC, "delivery_id": {"value": HIDDEN}}),
        ("payload", {"signature": HMAC, "payload": f"$.{HIDDEN}"}),
        ("payload", {"signature": HMAC, "payload": f"{HIDDEN}..x"}),
        ("answer.status", {"signature": HMAC, "answer": {"status": 500}}),
        ("answer.media_type", {"signature": HMAC, "answer": {"media_type": f"{HIDDEN}\r\nx"}}),
        ("challenge", {"signature": HMAC, "challenge": {"token": HIDDEN}}),
        ("challenge", {"signature": HMAC, "challenge": {"query": "a", "path": HIDDEN}}),
        ("challenge.token", {"signature": HMAC, "challenge": {"query": "a", "token": ""}}),
        ("colour", {"signature": HMAC, "colour": HIDDEN}),
        ("it", HIDDEN),
        ("it", [HIDDEN]),
    ],
)
def test_what_is_wrong_is_named_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, field: str, fields: Any
) -> None:
    with pytest.raises(ValueError, match=f"stall: {field}: ") as caught:
        settings(monkeypatch, {"stall": fields})
    assert HIDDEN not in str(caught.value)


@pytest.mark.parametrize("given", [[], "x", 5, [HIDDEN]])
def test_it_is_an_object_by_channel(monkeypatch: pytest.MonkeyPatch, given: Any) -> None:
    with pytest.raises(ValueError, match="must be an object by channel") as caught:
        settings(monkeypatch, given)
    assert HIDDEN not in str(caught.value)
