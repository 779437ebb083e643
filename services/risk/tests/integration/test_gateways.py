"""Outside parties as they are: over HTTP, and Python functions in a process that can be ended."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from common.expression import Field, Type
from risk.domain.ruleset import Source
from risk.gateways import plugin_process
from risk.gateways.answering import Unreachable
from risk.gateways.http_endpoint import ANSWER_BYTES_MAX, Endpoint, HttpEndpoints
from risk.gateways.parties import Parties
from risk.gateways.plugin_process import PluginProcesses
from support.outside_party import OutsideParty, outside_party
from support.waiting import until_true

PLUGINS = """
    import os, threading, time

    def answers(features, parameters):
        return {"score": features["order.payable_minor"] + parameters.get("more", 0),
                "process": os.getpid()}

    def raises(features, parameters):
        raise ValueError("with personal data: " + str(features))

    def leaves(features, parameters):
        os._exit(3)

    def says_no_object(features, parameters):
        return [1]

    def says_what_cannot_be_sent(features, parameters):
        return {"score": threading.Lock()}

    def never_returns(features, parameters):
        with open(parameters["says_so_in"], "w") as file:
            file.write(str(os.getpid()))
        while True:
            time.sleep(0.01)
"""
NAMES = (
    "answers",
    "raises",
    "leaves",
    "says_no_object",
    "says_what_cannot_be_sent",
    "never_returns",
)
PATIENT_SECONDS = 120.0


def source(
    target: str,
    kind: str = "plugin",
    timeout_seconds: float = PATIENT_SECONDS,
    **parameters: object,
) -> Source:
    return Source(
        kind=kind,
        target=target,
        sends=("order.payable_minor",),
        parameters=parameters,
        returns=(Field("result.score", Type.INT),),
        timeout_seconds=timeout_seconds,
        concurrency=4,
        cache_seconds=0,
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Install plug-ins as a package would be: a module, and entry points beside it."""
    place: Path = tmp_path_factory.mktemp("plugins")
    (place / "odd_checks.py").write_text(dedent(PLUGINS))
    about = place / "odd_checks-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: odd-checks\nVersion: 1.0\n")
    points = "\n".join(f"{name} = odd_checks:{name}" for name in NAMES)
    (about / "entry_points.txt").write_text(f"[{plugin_process.GROUP}]\n{points}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(place))
        plugin_process.installed.cache_clear()
        yield place
    plugin_process.installed.cache_clear()


@pytest.fixture(scope="module")
async def plugins(installed: Path) -> AsyncIterator[PluginProcesses]:
    assert installed is not None
    processes = PluginProcesses(1)
    yield processes
    await processes.close()


@pytest.fixture
async def party() -> AsyncIterator[OutsideParty]:
    async with outside_party() as party:
        yield party


@pytest.fixture
async def endpoints(party: OutsideParty) -> AsyncIterator[HttpEndpoints]:
    found = HttpEndpoints({"score": Endpoint(f"{party.url}/score", "t0k3n")})
    yield found
    await found.close()


QUESTION: Mapping[str, object] = {"order.payable_minor": 5}


async def test_a_plugin_is_told_the_features_and_its_parameters(plugins: PluginProcesses) -> None:
    answer = await plugins.ask(source("answers", more=2), QUESTION)
    assert answer["score"] == 7


async def test_a_plugin_runs_in_a_process_of_its_own(plugins: PluginProcesses) -> None:
    answer = await plugins.ask(source("answers"), QUESTION)
    assert answer["process"] != os.getpid()


@pytest.mark.parametrize("name", ["raises", "leaves", "says_no_object", "says_what_cannot_be_sent"])
async def test_whatever_a_plugin_does_wrong_is_no_answer_and_the_next_call_goes_on(
    plugins: PluginProcesses, name: str
) -> None:
    with pytest.raises(Unreachable) as failure:
        await plugins.ask(source(name), QUESTION)
    assert "payable" not in str(failure.value)
    assert (await plugins.ask(source("answers"), QUESTION))["score"] == 5


async def test_a_plugin_that_never_returns_is_ended_at_its_time_limit(
    plugins: PluginProcesses, tmp_path: Path
) -> None:
    note = tmp_path / "process"
    wanted = source("never_returns", timeout_seconds=1.0, says_so_in=str(note))
    with pytest.raises(Unreachable, match="time_limit"):
        await plugins.ask(wanted, QUESTION)
    assert (await plugins.ask(source("answers"), QUESTION))["score"] == 5
    if note.exists():  # it had begun
        await until_true(lambda: not Path(f"/proc/{note.read_text()}").exists())


async def test_who_gives_up_on_a_plugin_leaves_its_process_to_its_limit(
    plugins: PluginProcesses, tmp_path: Path
) -> None:
    note = tmp_path / "process"
    wanted = source("never_returns", timeout_seconds=3.0, says_so_in=str(note))
    async with asyncio.TaskGroup() as tasks:
        given_up = tasks.create_task(plugins.ask(wanted, QUESTION))
        await until_true(note.exists)
        given_up.cancel()
    # There is one process: this is answered after the other was ended.
    assert (await plugins.ask(source("answers"), QUESTION))["score"] == 5


async def test_calls_wait_for_a_free_process(plugins: PluginProcesses) -> None:
    asked = [plugins.ask(source("answers", more=i), QUESTION) for i in range(5)]
    assert [answer["score"] for answer in await asyncio.gather(*asked)] == [5, 6, 7, 8, 9]


async def test_a_plugin_that_is_not_installed_is_no_answer(plugins: PluginProcesses) -> None:
    with pytest.raises(Unreachable, match="plugin_not_installed"):
        await plugins.ask(source("unheard-of"), QUESTION)


@pytest.mark.usefixtures("installed")
async def test_processes_end_with_the_worker() -> None:
    processes = PluginProcesses(1)
    answer = await processes.ask(source("answers"), QUESTION)
    process = Path(f"/proc/{answer['process']}")
    await processes.close()
    await until_true(lambda: not process.exists())


async def test_what_was_never_used_is_closed_too() -> None:
    await PluginProcesses(1).close()
    await HttpEndpoints({}).close()


async def test_an_endpoint_is_asked_with_its_token_and_nothing_else(
    party: OutsideParty, endpoints: HttpEndpoints
) -> None:
    party.door("score").answers(score=3)
    answer = await endpoints.ask(source("score", "http", depth=2), QUESTION)
    assert answer == {"score": 3}
    assert party.door("score").asked == [{"features": QUESTION, "parameters": {"depth": 2}}]
    assert party.door("score").tokens == ["Bearer t0k3n"]


async def test_a_token_is_not_shown() -> None:
    assert "t0k3n" not in repr(Endpoint("http://127.0.0.1/", "t0k3n"))


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (503, b"{}", "status_503"),
        (204, b"", "status_204"),
        (307, b"{}", "status_307"),
        (200, b"no", "answer_is_no_json"),
        (200, b"{" * 50_000, "answer_is_no_json"),
        (200, b"[" * 50_000, "answer_is_no_json"),
        (200, b'"text"', "answer_is_no_object"),
        (200, b"null", "answer_is_no_object"),
        (200, b'"' + b"x" * ANSWER_BYTES_MAX + b'"', "answer_too_large"),
    ],
)
async def test_what_cannot_be_used_is_no_answer(
    party: OutsideParty, endpoints: HttpEndpoints, status: int, body: bytes, why: str
) -> None:
    party.door("score").says(status, body)
    with pytest.raises(Unreachable, match=why):
        await endpoints.ask(source("score", "http"), QUESTION)


async def test_an_endpoint_that_never_answers_is_given_up_at_its_time_limit(
    party: OutsideParty, endpoints: HttpEndpoints
) -> None:
    party.door("score").never_answers()
    with pytest.raises(Unreachable, match="Timeout"):
        await endpoints.ask(source("score", "http", timeout_seconds=0.05), QUESTION)


async def test_calls_that_are_given_up_leave_no_connection_behind(
    party: OutsideParty, endpoints: HttpEndpoints
) -> None:
    door = party.door("score")
    door.never_answers()
    calls = [
        asyncio.ensure_future(endpoints.ask(source("score", "http"), QUESTION)) for _ in range(50)
    ]
    await until_true(lambda: door.calls == 50)
    for call in calls:
        call.cancel()
    ended = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(each) for each in ended} == {asyncio.CancelledError}
    await until_true(lambda: not party.connections)
    door.answers(score=1)
    assert await endpoints.ask(source("score", "http"), QUESTION) == {"score": 1}


async def test_a_kind_of_check_that_this_version_does_not_know_is_no_answer() -> None:
    with pytest.raises(Unreachable, match="kind_unknown"):
        await Parties({}).ask(source("x", "telepathy"), QUESTION)
