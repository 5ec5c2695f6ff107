"""What a kubelet does of an exec: commands of pods are processes here, in a folder for each."""

from __future__ import annotations

import asyncio
import json
import os
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

from devenv.runtimes.kubernetes.objects.supervisor import RENEW
from tests.fakes.store import Object

V5 = "v5.channel.k8s.io"
INPUT, STDOUT, STDERR, STATUS = range(4)
CLOSE = 255


class Kubelet:
    """``root`` has the files of each container, by its id; a relative path of a command is there.

    ``protocols`` are those that it speaks; ``renewed``: the containers whose program was asked to
    begin anew; ``lacking``: a program that no image has.
    """

    def __init__(self) -> None:
        self.root = Path("/nowhere")
        self.protocols = (V5,)
        self.lacking = ""
        self.renewed: list[str] = []
        self._sockets: set[web.WebSocketResponse] = set()

    def cut(self) -> None:
        """End the streams of all commands, as a connection does that breaks."""
        for socket in self._sockets:
            assert socket._req is not None
            assert socket._req.transport is not None
            socket._req.transport.abort()

    async def run(self, request: web.Request, pod: Object) -> web.WebSocketResponse:
        """Run the command that a request asks for, to its end or that of the connection."""
        socket = web.WebSocketResponse(protocols=self.protocols)
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
        if message.data[0] == CLOSE:
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
