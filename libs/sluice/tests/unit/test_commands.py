"""The command as a person calls it: what it is told, what it says, and its exit status."""

import io
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console

from sluice import recovering, report
from sluice.cli import CANNOT_TELL, main
from sluice.domain.money import decimal
from sluice.failure import CannotTell, Misused
from sluice.recovering import Order, recover
from sluice.settings import KEY, SERVICES, settings
from sluice.verifying import Wish, verify

COMPLETE = "\n".join(
    ["# a comment", *(f"{name.upper()}_URL=http://{name}:1/" for name in SERVICES), f"{KEY}=secret"]
)


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither the environment nor the folder tells of any stack."""
    for name in (*(f"{name.upper()}_URL" for name in SERVICES), KEY):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


# --- addresses and key


def test_addresses_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text(COMPLETE)
    found = settings(file)
    assert found.urls["risk"] == "http://risk:1"
    assert found.key == "secret"
    assert "secret" not in repr(found)


def test_without_a_file_they_come_from_the_environment_and_else_from_the_local_stack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "env").write_text(COMPLETE)
    assert settings(None).urls["ingest"] == "http://ingest:1"
    for name in SERVICES:
        monkeypatch.setenv(f"{name.upper()}_URL", f"http://other-{name}")
    monkeypatch.setenv(KEY, "another")
    assert settings(None).urls["ingest"] == "http://other-ingest"


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misused, match=r"environment does not say INGEST_URL, .*SLUICE_API_KEY"):
        settings(None)
    file = tmp_path / "env"
    file.write_text(COMPLETE.replace("RISK_URL", "RISQUE_URL"))
    with pytest.raises(Misused, match="does not say RISK_URL; "):
        settings(file)
    with pytest.raises(Misused, match="cannot be read: No such file"):
        settings(tmp_path / "nothing")


def test_a_command_that_cannot_tell_says_so_and_ends_with_two(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["verify"]) == CANNOT_TELL
    assert capsys.readouterr().err.startswith("sluice: the environment does not say")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["prove"],
        ["verify", "--grace", "-1"],
        ["verify", "--grace", "nan"],
        ["verify", "--grace", "soon"],
        ["verify", "--since", "yesterday"],
        ["recover"],
        ["recover", "shipping"],
        ["recover", "risk", "--order", "random"],
        ["recover", "risk", "--stop", "--status"],
    ],
)
def test_a_wrong_call_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(arguments)
    assert refused.value.code == CANNOT_TELL
    assert "usage: sluice" in capsys.readouterr().err


# --- the report


def _console() -> Console:
    return Console(file=io.StringIO(), width=120)


def _written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


async def test_the_report_has_counts_money_balances_and_a_line_for_each_exception(
    world: Any,
) -> None:
    wish = Wish(pause_seconds=0)
    lost = [world.approve(number, minor=1_234_56) for number in range(3)][1]
    del world.accounts["reconciliation"][lost]
    verdict = await verify(world.services(), wish, lambda _done, _total: None)
    console = _console()
    report.show(console, verdict, wish)
    text = _written(console)
    assert "accepted by intake" in text
    assert "3,703.68" in text
    assert "✓ accepted = risk" in text
    assert "✓ reserved stock = open orders (0 pieces)" in text
    lines = [line for line in text.splitlines() if line.startswith(lost)]
    assert [line.partition(": stuck")[0] for line in lines] == [f"{lost}  reconciliation"] * 2
    assert "2 exceptions. 0 orders in progress" in text


async def test_the_report_for_programs_says_the_same(world: Any) -> None:
    wish = Wish(pause_seconds=0)
    lost = [world.approve(number) for number in range(3)][1]
    world.accounts["risk"][lost]["amount_minor"] = 1
    verdict = await verify(world.services(), wish, lambda _done, _total: None)
    whole = json.loads(report.as_json(verdict, wish))
    assert whole["clean"] is False
    assert whole["findings"] == [
        {"order_id": lost, "stage": "risk", "text": "amount 1 instead of 4080"}
    ]
    broken = [balance for balance in whole["balances"] if not balance["holds"]]
    assert [balance["what"] for balance in broken] == ["accepted = risk"]
    accepted = {"section": "intake", "stage": "accepted", "orders": 3}
    assert whole["totals"][0] == accepted | {"money_minor": {"CNY": 3 * 4080}}


def test_amounts_have_the_decimals_of_their_currency() -> None:
    assert decimal(123_456, "CNY") == "1,234.56"
    assert decimal(123_456, "JPY") == "123,456"
    assert decimal(123_456, "XOF") == "123,456"
    assert decimal(123_456, "IQD") == "123.456"
    assert decimal(123_456, "CLF") == "12.3456"
    assert decimal(-5, "USD") == "-0.05"


# --- recoveries


def _view(state: str = "on", **changes: Any) -> dict[str, Any]:
    view = {
        "state": state,
        "order": "newest-first",
        "today_first": True,
        "started_by": "anna",
        "started_at": "2026-11-23T09:00:00Z",
        "reason": "incident",
        "waiting": 9_000,
        "moved": 12_000,
        "settled": 3_000,
        "rate_per_second": 450.0,
        "eta_seconds": 20.0,
    }
    return view | changes


def _asked(**changes: Any) -> Order:
    given: dict[str, Any] = {
        "service": "risk",
        "order": "newest-first",
        "today_first": True,
        "reason": "incident",
        "stop": False,
        "status": False,
        "follow": False,
    }
    return Order(**given | changes)


def _answers(world: Any, *views: dict[str, Any]) -> None:
    answers = [httpx.Response(200, json=view) for view in views]
    world.instead["risk"] = [lambda _, each=each: each for each in answers]


async def test_a_recovery_is_begun_as_asked_and_told(world: Any) -> None:
    _answers(world, _view())
    console = _console()
    await recover(world.services(), _asked(order="oldest-first", today_first=False), console)
    (request,) = world.asked
    assert (request.method, request.url.path) == ("PUT", "/v1/recovery")
    asked = {"order": "oldest-first", "today_first": False, "reason": "incident"}
    assert json.loads(request.content) == asked
    assert _written(console) == (
        "risk: recovery is on (newest-first, today first). 3,000 settled, 9,000 waiting,"
        " 450 a second, about 20 s left. By anna, since 2026-11-23T09:00:00Z: incident\n"
    )


@pytest.mark.parametrize(("wish", "method"), [("status", "GET"), ("stop", "DELETE")])
async def test_a_recovery_is_looked_at_and_ended(world: Any, wish: str, method: str) -> None:
    _answers(world, _view("finishing", eta_seconds=None))
    console = _console()
    await recover(world.services(), _asked(**{wish: True}), console)
    assert [request.method for request in world.asked] == [method]
    assert "is finishing" in _written(console)


async def test_following_ends_with_the_recovery(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovering, "LOOK_SECONDS", 0.0)
    over = _view("off", waiting=0, settled=12_000, eta_seconds=None)
    for terminal in (False, True):
        world.asked.clear()
        _answers(world, _view(), _view(waiting=10, eta_seconds=4_000), _view("finishing"), over)
        console = Console(file=io.StringIO(), width=120, force_terminal=terminal)
        await recover(world.services(), _asked(status=True, follow=True), console)
        assert len(world.asked) == 4
        assert "risk: no recovery is on." in _written(console)


async def test_a_service_without_recoveries_is_told_from_one_that_is_away(world: Any) -> None:
    world.instead["ingest"] = [lambda _: httpx.Response(404)]
    with pytest.raises(Misused, match="ingest has no recovery"):
        await recover(world.services(), _asked(service="ingest", status=True), _console())
    problem = {"detail": "This key has not the scope risk:write."}
    world.instead["risk"] = [lambda _: httpx.Response(403, json=problem)]
    with pytest.raises(CannotTell, match="risk refuses: 403 This key has not the scope"):
        await recover(world.services(), _asked(), _console())
