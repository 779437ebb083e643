"""What the stack tells Prometheus and Alertmanager."""

import json
from pathlib import Path

import pytest

from stack import Process, StackError
from stack.alertmanager import filled_in
from stack.home import Home
from stack.prometheus import shortened, write_targets


def test_everything_that_runs_is_scraped_under_the_stack_s_name_for_it(tmp_path: Path) -> None:
    running = [
        Process(name="risk-api", port=1),
        Process(name="risk-worker-2", port=2),
        Process(name="rabbitmq", port=3),
        Process(name="postgres", port=4),
        Process(name="ingest-worker-1"),
    ]
    write_targets(Home(tmp_path), running, "http://127.0.0.1:5/metrics")
    found = {
        path.stem: [(g["targets"], g["labels"]["instance"]) for g in json.loads(path.read_text())]
        for path in (tmp_path / "prometheus").glob("*.json")
    }
    assert found == {
        "api": [(["127.0.0.1:1"], "risk-api")],
        "worker": [(["127.0.0.1:2"], "risk-worker-2")],
        "rabbitmq": [(["127.0.0.1:5"], "rabbitmq")],
        "alertmanager": [],
    }


def test_alerts_wait_no_longer_than_told() -> None:
    rules = "        for: 5m\n        keep_firing_for: 3s\n        expr: x[5m] > 1\n"
    assert shortened(rules, "5s") == (
        "        for: 5s\n        keep_firing_for: 3s\n        expr: x[5m] > 1\n"
    )
    with pytest.raises(StackError, match="5x"):
        shortened(rules, "5x")


def test_a_receiver_without_an_address_is_left_out() -> None:
    assert "webhook_configs" not in filled_in({})
    text = filled_in({"ALERT_WEBHOOK_URL": "http://pager.example/?a=b&c|d"})
    assert '- url: "http://pager.example/?a=b&c|d"' in text
    assert "email_configs" not in text
    with pytest.raises(StackError, match="ALERT_WEBHOOK_URL"):
        filled_in({"ALERT_WEBHOOK_URL": 'http://pager.example/"'})
