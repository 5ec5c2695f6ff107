"""What a kubelet does of exec and attach: what runs in pods are processes here.

Each container has a folder of its own.
"""

from __future__ import annotations

import asyncio
import json
import os
from asyncio import subprocess
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

from devenv.runtimes.kubernetes.objects.supervisor import RENEW
from tests.fakes.store import Object

V5, V4 = "v5.channel.k8s.io", "v4.channel.k8s.io"
LARGEST = 32 * 2**20
"""Bytes of a message that an API server takes."""
INPUT, STDOUT, STDERR, STATUS, SIZE = range(5)
CLOSE = 255


@dataclass
class Program:
    """What a container runs itself, and who is attached to it."""

    process: Process
    attached: set[web.WebSocketResponse] = field(default_factory=set)
    ending: asyncio.Task[None] | None = None


class Kubelet:
    """``root`` has the files of each container, by its id; a relative path of a command is there.

    ``protocols`` are those that it speaks; ``renewed``: the containers whose program was asked to
    begin anew; ``lacking``: a program that no image has. ``program`` is what each container runs,
    from when it is first attached to; ``sizes`` those that its terminal was given. ``ended`` is
    told of the pod whose container has ended, and the code.
    """

    ended: Callable[[Object, int], None]

    def __init__(self) -> None:
        self.root = Path("/nowhere")
        self.protocols = (V5,)
        self.lacking = ""
        self.renewed: list[str] = []
        self.program: tuple[str, ...] = ("cat",)
        self.sizes: list[tuple[int, int]] = []
        self._programs: dict[str, Program] = {}
        self._sockets: set[web.WebSocketResponse] = set()

    def cut(self) -> None:
        """End all that clients are joined to, as a connection does that breaks."""
        for socket in self._sockets:
            assert socket._req is not None
            assert socket._req.transport is not None
            socket._req.transport.abort()

    async def run(self, request: web.Request, pod: Object) -> web.WebSocketResponse:
        """Run the command that a request asks for, to its end or that of the connection."""
        socket = web.WebSocketResponse(protocols=self.protocols, max_msg_size=LARGEST)
        await socket.prepare(request)
        self._sockets.add(socket)
        words = request.query.getall("command")
        try:
            if words[0] == self.lacking:
                await _end(socket, _not_found(words[0]))
            elif words == list(RENEW):  # its process 1 is that of this machine
                self.renewed.append(container_of(pod))
                await _end(socket, _ended(0))
            else:
                await self._converse(socket, words, self.root / container_of(pod))
        finally:
            self._sockets.discard(socket)
        return socket

    async def attach(self, request: web.Request, pod: Object) -> web.WebSocketResponse:
        """Join a client with what a container runs, until one of them ends."""
        socket = web.WebSocketResponse(protocols=self.protocols, max_msg_size=LARGEST)
        await socket.prepare(request)
        program = await self._program(pod)
        program.attached.add(socket)
        self._sockets.add(socket)
        try:
            await self._take(socket, program)
        finally:
            program.attached.discard(socket)
            self._sockets.discard(socket)
        return socket

    async def _program(self, pod: Object) -> Program:
        container = container_of(pod)
        if container not in self._programs:
            process = await asyncio.create_subprocess_exec(
                *self.program, stdin=PIPE, stdout=PIPE, stderr=subprocess.STDOUT
            )
            program = self._programs[container] = Program(process)
            program.ending = asyncio.create_task(self._run(pod, program))
        return self._programs[container]

    async def _run(self, pod: Object, program: Program) -> None:
        assert program.process.stdout is not None
        while data := await program.process.stdout.read(65536):
            for socket in program.attached:
                await socket.send_bytes(bytes((STDOUT,)) + data)
        code = await program.process.wait()
        self.ended(pod, code)
        for socket in list(program.attached):
            await _end(socket, _ended(0))

    async def _take(self, socket: web.WebSocketResponse, program: Program) -> None:
        """Take in what one client types; the end of that is no end of the program's input."""
        stdin = program.process.stdin
        assert stdin is not None
        async for message in socket:
            if message.type is not WSMsgType.BINARY:
                break
            if message.data[0] == SIZE:
                size = json.loads(message.data[1:])
                self.sizes.append((size["Width"], size["Height"]))
            elif message.data[0] == INPUT:
                stdin.write(message.data[1:])

    async def close(self) -> None:
        """End all that containers run."""
        for program in self._programs.values():
            if program.process.returncode is None:
                program.process.kill()
            assert program.ending is not None
            await program.ending

    def _environment(self) -> dict[str, str]:
        """Where programs are found: a folder with all but the one that is lacking."""
        if not self.lacking:
            return dict(os.environ)
        programs = self.root / "programs"
        if not programs.exists():
            programs.mkdir()
            for path in Path("/usr/bin").iterdir():
                if path.name != self.lacking:
                    (programs / path.name).symlink_to(path)
        return {"PATH": str(programs)}

    async def _converse(
        self, socket: web.WebSocketResponse, words: list[str], folder: Path
    ) -> None:
        os.makedirs(folder, exist_ok=True)
        process = await asyncio.create_subprocess_exec(
            *words, cwd=folder, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=self._environment()
        )
        feeding = asyncio.create_task(_feed(socket, process))
        try:
            with suppress(ConnectionError):
                await asyncio.gather(
                    _tell(socket, STDOUT, process.stdout), _tell(socket, STDERR, process.stderr)
                )
                await _end(socket, _ended(await process.wait()))
        finally:
            feeding.cancel()
            if process.returncode is None:
                process.kill()
                await process.wait()


def container_of(pod: Object) -> str:
    """The id of a pod's container."""
    found: str = pod["status"]["containerStatuses"][0]["containerID"]
    return found


async def _feed(socket: web.WebSocketResponse, process: Process) -> None:
    assert process.stdin is not None
    async for message in socket:
        if message.type is not WSMsgType.BINARY:
            break
        if message.data[0] == CLOSE and socket.ws_protocol == V5:
            process.stdin.close()
        elif message.data[0] == INPUT:
            process.stdin.write(message.data[1:])
            await process.stdin.drain()
    process.stdin.close()


async def _tell(
    socket: web.WebSocketResponse, channel: int, stream: asyncio.StreamReader | None
) -> None:
    assert stream is not None
    while data := await stream.read(65536):
        await socket.send_bytes(bytes((channel,)) + data)


async def _end(socket: web.WebSocketResponse, status: dict[str, Any]) -> None:
    await socket.send_bytes(bytes((STATUS,)) + json.dumps(status).encode())
    await socket.close()


def _ended(code: int) -> dict[str, Any]:
    if not code:
        return {"status": "Success"}
    causes = [{"reason": "ExitCode", "message": str(code)}]
    return {"status": "Failure", "reason": "NonZeroExitCode", "details": {"causes": causes}}


def _not_found(program: str) -> dict[str, Any]:
    why = (
        'error executing command in container: OCI runtime exec failed: exec: "'
        f'{program}": executable file not found in $PATH: unknown'
    )
    return {"status": "Failure", "reason": "InternalError", "message": why, "code": 500}
