"""Commands within containers, and what containers use."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from devenv.errors import DevenvError
from devenv.runtimes.docker.connection import RefusedError
from devenv.runtimes.docker.duplex import NO_DETACHING, Duplex, Target
from devenv.runtimes.docker.place import Place
from devenv.runtimes.docker.rows import Row
from devenv.runtimes.docker.stream import hijack, request
from devenv.runtimes.docker.usage import usage
from devenv.runtimes.executing import outcome_of
from devenv.runtimes.protocol import Command, Outcome, Sample

FIRST_PAUSE, LONGEST_PAUSE = 0.005, 0.25
KILLED = 137
"""The code of a command whose container has ended under it."""


async def open_exec(place: Place, row: Row, command: Command) -> Duplex:
    """Start a command in a container, and stay connected with it."""
    connection = place.engine.connection
    made = await _post(place, f"/containers/{row.container}/exec", _body(command))
    path = f"/exec/{made['Id']}"

    async def ended() -> int:
        return await _code(place, row, made["Id"])

    start: dict[str, Any] = {"Detach": False, "Tty": command.tty}
    if command.tty and command.size is not None:  # older engines are told only once it runs
        start["ConsoleSize"] = [command.size[1], command.size[0]]
    body = json.dumps(start).encode()
    streams = await hijack(connection.door, f"{path}/start", body=body)
    duplex = Duplex(streams, Target(connection.door, path, command.tty, ended))
    if command.size is not None:
        await duplex.resize(*command.size)
    return duplex


async def execute(place: Place, row: Row, command: Command) -> Outcome:
    """Run a command to its end, without input; only the beginning of its output is kept."""
    return await outcome_of(await open_exec(place, row, command))


def _body(command: Command) -> dict[str, Any]:
    return {
        "AttachStdin": command.takes_input,
        "AttachStdout": True,
        "AttachStderr": True,
        "Tty": command.tty,
        "DetachKeys": NO_DETACHING,
        "Cmd": list(command.words),
        "User": command.user,
        "Privileged": command.privileged,
        "WorkingDir": command.directory,
        "Env": [f"{name}={value}" for name, value in command.environment.items()],
    }


async def _code(place: Place, row: Row, number: str) -> int:
    """A command may close its output before it ends, so its end is looked for."""
    pause = FIRST_PAUSE
    while True:
        try:
            found = await place.engine.connection.call(lambda client: client.exec_inspect(number))
        except RefusedError as error:
            if error.status == 404:
                return KILLED
            raise
        if not found["Running"]:
            return int(found["ExitCode"] or 0)
        now = await place.engine.look_at(row.container)
        if now is None or not now.is_alive:
            return KILLED
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


async def _post(place: Place, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    address = place.engine.connection.door
    async with request(address, "POST", path, body=json.dumps(body).encode()) as (reader, _):
        found: dict[str, Any] = json.loads(await reader.read())
        return found


async def sample(place: Place, row: Row) -> Sample | None:
    """What a container uses now; None: it has just ended, or the engine is away.

    The engine is asked only for what cannot be read from here: each answer costs a call.
    """
    if place.engine.connection.address.is_local and (read := usage(row.container, row.pid)):
        return read
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
