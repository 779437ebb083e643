"""The API as a process of its own on a real socket, with what it writes."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from ingest_material.world import as_
from support.waiting import until


@dataclass
class ServiceProcess:
    port: int
    output: Path

    @property
    def written(self) -> str:
        """Everything on standard output and standard error so far."""
        return self.output.read_text()

    def client(self, key: str = "writer") -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", headers=as_(key))

    async def send(self, raw: bytes) -> bytes:
        """Write bytes to a connection of their own; return all that comes back until its end."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(raw)
            return await reader.read()
        finally:
            writer.close()


@asynccontextmanager
async def api_process(
    output: Path, environment: Mapping[str, str]
) -> AsyncGenerator[ServiceProcess]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    running = ServiceProcess(port, output)
    with output.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "ingest",
            "api",
            stdout=file,
            stderr=file,
            env={**os.environ, **environment, "PORT": str(port)},
        )

    async def ready() -> bool:
        assert process.returncode is None, running.written
        try:
            async with running.client() as client:
                return (await client.get("/readyz")).status_code == 200
        except httpx.TransportError:
            return False

    try:
        await until(ready)
        yield running
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()
