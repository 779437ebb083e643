"""docs/new-channel.md is done as it is written, in a shell, against the API as a process."""

import asyncio
import json
import os
import re
import shutil
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from ingest_material.process import ServiceProcess, api_process
from ingest_material.world import World

GUIDE = (Path(__file__).parents[4] / "docs" / "new-channel.md").read_text("utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)\n```", GUIDE, re.DOTALL)
STARTED_BY = "make run"
NOBODY_THERE = "amqp://guest:guest@127.0.0.1:1/"
LACKING = [tool for tool in ("bash", "curl", "openssl", "jq") if shutil.which(tool) is None]
MARK = "--- what the next block says ---"


async def shell(script: str, folder: Path, environment: Mapping[str, str]) -> str:
    """Run a script; return what it wrote. Its first command that fails ends it."""
    process = await asyncio.create_subprocess_exec(
        "bash",
        "-euo",
        "pipefail",
        "-c",
        script,
        cwd=folder,
        env={"PATH": os.environ["PATH"], **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    written, complaint = await process.communicate()
    assert process.returncode == 0, written.decode() + complaint.decode()
    return written.decode()


@pytest.fixture
async def told(tmp_path: Path) -> Mapping[str, str]:
    """Return the variables that the page has services started with."""
    first = BLOCKS[: BLOCKS.index(STARTED_BY)]
    exported = await shell("\n".join((*first, "env -0")), tmp_path, {})
    pairs = (entry.split("=", 1) for entry in exported.split("\0") if entry)
    return {name: value for name, value in pairs if "STALL" in name or name == "CHANNELS"}


@pytest.fixture
async def process(
    told: Mapping[str, str], database_url: str, tmp_path: Path
) -> AsyncIterator[ServiceProcess]:
    environment = {"DATABASE_URL": database_url, "AMQP_URL": NOBODY_THERE, **told}
    async with api_process(tmp_path / "output", environment) as process:
        yield process


@pytest.mark.skipif(bool(LACKING), reason=f"not on this machine: {', '.join(LACKING)}")
async def test_a_channel_that_nobody_knew_is_connected_as_the_page_says(
    world: World, process: ServiceProcess, told: Mapping[str, str], tmp_path: Path
) -> None:
    (tmp_path / ".local").mkdir()
    address = f"INGEST_URL=http://127.0.0.1:{process.port}\nSLUICE_API_KEY=mapper\n"
    (tmp_path / ".local" / "env").write_text(address)
    rest = BLOCKS[BLOCKS.index(STARTED_BY) + 1 :]
    said = await shell(f"\necho '{MARK}'\n".join(rest), tmp_path, told)
    pushed, waits, _, trial, again, active, _, replayed, repeated, orders = (
        part.strip() for part in said.split(MARK)
    )
    assert (pushed, repeated) == ("ok", "okok")
    reason = json.loads(waits)
    assert reason["code"] == "unreadable_payload"
    assert reason["message"] == "There is no mapping for this channel and shop."
    assert json.loads(trial)["reasons"] == json.loads(again) == []
    assert json.loads(trial)["order"]["amounts"]["payable_minor"] == 4580
    first = json.loads(replayed)
    assert (first["status"], first["channel_order_no"]) == ("accepted", "ST-1001")
    assert [json.loads(line) for line in orders.splitlines()] == [
        ["ST-1001", "received", 4580],
        ["ST-1002", "received", 4580],
    ]
    await see_what_is_kept(world, json.loads(active)["mapping_id"])
    for secret in (told["WEBHOOK_SECRET_STALL"], "李四", "13900139000"):
        assert secret not in process.written


async def see_what_is_kept(world: World, mapping_id: str) -> None:
    """Both orders whole, once each, and the placeholder of the first closed."""
    assert await world.announced() == ["order.received.v1"] * 2
    kept = await world.orders()
    assert sorted(order.state for order in kept) == ["discarded", "received", "received"]
    received = [order.document for order in kept if order.state == "received"]
    assert {document["customer"]["phone"] for document in received} == {"+8613900139000"}
    assert sorted(p["reference"] for d in received for p in d["payments"]) == ["P-77", "P-78"]
    receipts = await world.receipts()
    assert [one.mapping_id and str(one.mapping_id) for one in receipts] == [
        None,
        mapping_id,
        mapping_id,
    ]
    assert {one.topic for one in receipts} == {"order.paid"}


@pytest.mark.usefixtures("world")
async def test_a_measurement_names_what_is_configured_and_nothing_a_caller_made_up(
    process: ServiceProcess, told: Mapping[str, str], tmp_path: Path
) -> None:
    (tmp_path / ".local").mkdir()
    address = f"INGEST_URL=http://127.0.0.1:{process.port}\nSLUICE_API_KEY=writer\n"
    (tmp_path / ".local" / "env").write_text(address)
    await shell(BLOCKS[BLOCKS.index(STARTED_BY) + 1], tmp_path, told)
    async with process.client() as client:
        assert (await client.post("/v1/webhooks/booth/demo", content=b"{}")).status_code == 404
        shown = (await client.get("/metrics")).text
    assert 'channel="stall"' in shown
    assert "booth" not in shown
