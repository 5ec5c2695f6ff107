"""Commands within containers, and what containers use."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from devenv.errors import DevenvError
from devenv.runtimes.docker.frames import HEADER
from devenv.runtimes.docker.place import Place
from devenv.runtimes.docker.rows import Row
from devenv.runtimes.docker.stream import request
from devenv.runtimes.protocol import Outcome, Sample

MAX_OUTPUT = 4096
API = "/v1.41"


async def execute(place: Place, row: Row, command: tuple[str, ...], **options: object) -> Outcome:
    """Run a command to its end. ``options`` are those of the engine's exec, in its own names."""
    body = {"AttachStdout": True, "AttachStderr": True, "Cmd": list(command), **options}
    made = await _post(place, f"{API}/containers/{row.container}/exec", body)
    number = made["Id"]
    output = await _output(place, number)
    connection = place.engine.connection
    ended = await connection.call(lambda client: client.exec_inspect(number))
    return Outcome(ended.get("ExitCode"), output.decode("utf-8", "replace").strip())


async def _post(place: Place, path: str, body: dict[str, Any]) -> dict[str, Any]:
    address = place.engine.connection.address
    async with request(address, "POST", path, body=json.dumps(body).encode()) as (reader, _):
        found: dict[str, Any] = json.loads(await reader.read())
        return found


async def _output(place: Place, number: str) -> bytes:
    """Start what was made and read all that it says; only the beginning is kept."""
    address = place.engine.connection.address
    body = json.dumps({"Detach": False, "Tty": False}).encode()
    kept = b""
    async with request(address, "POST", f"{API}/exec/{number}/start", body=body) as (reader, _):
        while True:
            try:
                _, length = HEADER.unpack(await reader.readexactly(HEADER.size))
                data = await reader.readexactly(length)
            except asyncio.IncompleteReadError:
                return kept
            kept += data[: MAX_OUTPUT - len(kept)]


async def sample(place: Place, row: Row) -> Sample | None:
    """What a container uses now; None: it has just ended, or the engine is away."""
    try:
        found = await place.engine.connection.call(
            lambda client: client.stats(row.container, stream=False, one_shot=True)
        )
    except DevenvError:
        return None
    cpu = (found.get("cpu_stats") or {}).get("cpu_usage") or {}
    memory = found.get("memory_stats") or {}
    details = memory.get("stats") or {}
    cached = details.get("total_inactive_file", details.get("inactive_file", 0))
    used = max(0, int(memory.get("usage") or 0) - int(cached))
    return Sample(int(cpu.get("total_usage") or 0) / 1e9, used)
