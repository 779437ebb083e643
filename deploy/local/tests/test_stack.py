"""The stack as its users meet it: up, hurt in every way, up again, down."""

import json
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import psutil
import pytest

from stack import Process, Service, Stack, StackError, identity
from stack import state as states
from stack.home import Home
from stack.ports import Ports

STANDIN = (sys.executable, str(Path(__file__).with_name("standin.py")))
DEMO = Service(
    name="demo",
    api_port=18_101,
    api=(*STANDIN, "serve"),
    worker=(*STANDIN, "serve"),
    prepare=(*STANDIN, "accept-key"),
)
BROKEN = Service(
    name="broken",
    api_port=18_102,
    api=(*STANDIN, "serve"),
    worker=(*STANDIN, "serve"),
    prepare=(*STANDIN, "fail"),
)
READY_SECONDS = 60


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    os.environ.pop("DATABASE_URL", None)
    os.environ.pop("AMQP_URL", None)
    # Deep and closed to others, as a home directory may be.
    home = tmp_path_factory.mktemp("a home with a space") / "x" / ".local"
    stack = Stack(home, (DEMO,), environment={"CHECK_ENDPOINTS": "{}"})
    stack.up(workers={"demo": 2})
    yield stack
    stack.down(wipe=True)


async def answer_of_database(stack: Stack) -> object:
    connection = await asyncpg.connect(stack.env()["DATABASE_URL"])
    try:
        return await connection.fetchval("SELECT current_database()")
    finally:
        await connection.close()


def first_frame_of_broker(stack: Stack) -> bytes:
    port = urlsplit(stack.env()["AMQP_URL"]).port
    with socket.create_connection(("127.0.0.1", port or 0), timeout=5) as connection:
        connection.sendall(b"AMQP\x00\x00\x09\x01")
        return connection.recv(3)


def pids(stack: Stack) -> dict[str, int]:
    return {name: entry.pid for name, entry in stack.processes().items() if entry.pid}


async def test_database_and_broker_answer(stack: Stack) -> None:
    assert await answer_of_database(stack) == "sluice"
    assert first_frame_of_broker(stack) == b"\x01\x00\x00"


def test_a_second_up_changes_nothing(stack: Stack) -> None:
    before = pids(stack)
    assert not stack.up()
    assert pids(stack) == before


def test_services_get_their_environment_and_the_key(stack: Stack) -> None:
    env = stack.env()
    seen = json.loads((stack.home.path / "demo-worker-2.seen.json").read_text())
    assert seen["DATABASE_URL"] == env["DATABASE_URL"]
    assert seen["AMQP_URL"] == env["AMQP_URL"]
    assert seen["INSTANCE"] == "demo-worker-2"
    assert seen["CHECK_ENDPOINTS"] == "{}"
    assert int(seen["PORT"]) == stack.processes()["demo-worker-2"].port
    assert env["DEMO_URL"].endswith(f":{stack.processes()['demo-api'].port}")
    assert (stack.home.path / "key.seen").read_text() == env["SLUICE_API_KEY"]


def texts(found: Any) -> Iterator[str]:
    if isinstance(found, dict):
        for inner in found.values():
            yield from texts(inner)
    else:
        yield str(found)


def test_no_command_line_shows_a_secret(stack: Stack) -> None:
    secrets = list(texts(json.loads(stack.home.secrets.read_text())))
    assert len(secrets) > 10
    commands = [" ".join(psutil.Process(pid).cmdline()) for pid in pids(stack).values()]
    assert not [command for command in commands for secret in secrets if secret in command]


def test_only_the_owner_reads_the_secrets(stack: Stack) -> None:
    home = stack.home
    cookie = home.rabbitmq / ".erlang.cookie"
    for file in (home.secrets, home.env, home.plan, home.rabbitmq / "rabbitmq.conf", cookie):
        assert file.stat().st_mode & 0o077 == 0


def test_workers_are_added_and_taken_away(stack: Stack) -> None:
    stack.scale("demo", 3)
    third = pids(stack)["demo-worker-3"]
    stack.scale("demo", 1)
    assert sorted(n for n in stack.processes() if n.startswith("demo-")) == [
        "demo-api",
        "demo-worker-1",
    ]
    assert not psutil.pid_exists(third)
    with pytest.raises(StackError, match="nobody"):
        stack.scale("nobody", 1)


async def test_what_is_killed_comes_back_by_itself(stack: Stack) -> None:
    before = pids(stack)
    for name in ("postgres", "rabbitmq", "epmd", "demo-worker-1"):
        stack.kill(name)
    stack.wait_ready(READY_SECONDS)
    after = pids(stack)
    assert await answer_of_database(stack) == "sluice"
    assert first_frame_of_broker(stack) == b"\x01\x00\x00"
    assert after["postgres"] != before["postgres"]
    assert after["rabbitmq"] != before["rabbitmq"]
    assert after["demo-api"] == before["demo-api"]
    assert stack.processes()["postgres"].restarts == 1


def test_a_service_ends_with_a_killed_supervisor(stack: Stack) -> None:
    worker = psutil.Process(pids(stack)["demo-worker-1"])
    stack.kill("supervisor")
    if sys.platform == "linux":
        assert not identity.await_end([worker], 10)
    assert not stack.is_ready()


async def test_up_cleans_up_after_a_killed_supervisor(stack: Stack) -> None:
    before = pids(stack)
    assert stack.up()
    assert not before.keys() & {n for n, pid in pids(stack).items() if before.get(n) == pid}
    assert await answer_of_database(stack) == "sluice"


async def test_up_works_after_everything_was_killed(stack: Stack) -> None:
    before = pids(stack)
    for name in ("supervisor", *before):
        if psutil.pid_exists(before.get(name, 1)):
            try:
                stack.kill(name)
            except StackError:
                # It followed the supervisor before we came to it.
                assert name.startswith("demo-")
    assert stack.up()
    assert await answer_of_database(stack) == "sluice"
    assert first_frame_of_broker(stack) == b"\x01\x00\x00"


def test_a_reused_pid_is_never_signalled(tmp_path: Path) -> None:
    other = Stack(tmp_path)
    innocent = Process(name="innocent", pid=os.getpid(), create_time=1.0)
    states.write(other.home, states.State(processes={"innocent": innocent}))
    with pytest.raises(StackError, match="innocent is not running"):
        other.kill("innocent")


def test_a_taken_port_is_avoided_and_a_chosen_one_kept(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        chosen = Ports(home).claim("demo-api", default=taken)
        assert chosen != taken
    assert Ports(home).claim("demo-api", default=taken) == chosen


def test_a_failing_migration_is_told_and_the_rest_stays(stack: Stack) -> None:
    before = pids(stack)
    with pytest.raises(StackError, match=r"broken preparation failed.*\n.*wrong floor"):
        Stack(stack.home.path, (BROKEN,)).up()
    assert pids(stack) == before


def test_down_leaves_no_process(stack: Stack) -> None:
    everything = [psutil.Process(pid) for pid in pids(stack).values()]
    everything += [child for process in everything for child in process.children(recursive=True)]
    assert stack.down()
    assert not identity.await_end(everything, 10)
    assert not stack.is_running()
    assert not stack.down()
