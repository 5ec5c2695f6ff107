"""Commands in a pod, over a WebSocket: their streams apart, and their codes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

import aiohttp

from devenv.errors import DevenvError
from devenv.model.environment import ReplicaId
from devenv.runtimes.executing import outcome_of
from devenv.runtimes.kubernetes.cache import Object
from devenv.runtimes.kubernetes.errors import AwayError
from devenv.runtimes.kubernetes.place import Place
from devenv.runtimes.kubernetes.resources import POD, name_of
from devenv.runtimes.kubernetes.rows import is_over, is_ready
from devenv.runtimes.protocol import Command, Outcome

PROTOCOL = "v5.channel.k8s.io"
OLDER = "v4.channel.k8s.io"
"""It has no word for the end of an input."""
INPUT, STDOUT, STDERR, STATUS, SIZE = range(5)
CLOSE = 255
NOT_FOUND, NOT_RUN, KILLED = 127, 126, 137
"""Codes as shells have them: of what is not there, cannot be run, whose pod has gone under it."""
_ENDLESS = (
    f"the cluster speaks only {OLDER}, which cannot tell a command that its input has ended: "
    "this one was left, since it may wait for more"
)
_ABSENT = ("executable file not found", "no such file or directory")


def pod_of(place: Place, replica: ReplicaId) -> Object:
    """The pod to turn to: one that is ready, else one that is there. DevenvError: there is none."""
    pods = [pod for pod in place.pods(replica) if not is_over(pod)]
    pods.sort(key=is_ready, reverse=True)
    if not pods:
        raise does_not_run(replica.service)
    return pods[0]


def does_not_run(name: str) -> DevenvError:
    return DevenvError(f"{name} does not run", f"devenv preview status shows why {name} does not")


class Shell:
    r"""One open command; held as long as wanted, closed by ``aclose``.

    What is written goes to its input, ``read`` gives its output in pieces as they come. Reading
    and writing may be done by two tasks, each by one at a time. AwayError: the connection broke.
    ``refusal`` says why it could not be run, or to its end, once that is known.
    """

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self.refusal = ""
        self._code: int | None = None
        self._unsaid = b""
        """What of the refusal is still to be read."""
        self._given = False
        """Whether it was given any input."""
        self._ending: asyncio.Task[object] | None = None

    async def read(self) -> tuple[int, bytes] | None:
        """The next bytes of STDOUT or STDERR (a terminal has only STDOUT); None: it has ended."""
        while (message := await self._socket.receive()).type is aiohttp.WSMsgType.BINARY:
            channel, data = message.data[0], message.data[1:]
            if channel == STATUS:
                self._end(*ended(data))
            elif channel in {STDOUT, STDERR} and data:
                return channel, data
        if self._code is None:
            raise AwayError("the connection to the pod broke")
        said, self._unsaid = self._unsaid, b""
        return (STDERR, said) if said else None

    async def write(self, data: bytes) -> None:
        """Give input; returns when there is room for more."""
        self._given = True
        await self._send(bytes((INPUT,)) + data)

    def end_input(self) -> None:
        """Let the command find the end of its input; its output goes on.

        Where that cannot be told, a command that was given some is left, and refused.
        """
        if self._socket.protocol == PROTOCOL:
            self._ending = asyncio.create_task(self._send(bytes((CLOSE, INPUT))))
        elif self._given and self._code is None:
            self._end(NOT_RUN, _ENDLESS)
            self._ending = asyncio.create_task(self._socket.close())

    async def resize(self, columns: int, rows: int) -> None:
        size = json.dumps({"Width": columns, "Height": rows}).encode()
        await self._send(bytes((SIZE,)) + size)

    async def exit_code(self) -> int:
        """The code as a shell says it; what is still to be read is dropped."""
        while self._code is None and await self.read() is not None:
            pass
        return KILLED if self._code is None else self._code

    async def aclose(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
        await self._socket.close()

    def _end(self, code: int, refusal: str) -> None:
        self._code, self.refusal = code, refusal
        self._unsaid = f"{refusal}\n".encode() if refusal else b""

    async def _send(self, data: bytes) -> None:
        try:
            await self._socket.send_bytes(data)
        except (aiohttp.ClientError, OSError) as error:
            raise AwayError("the connection to the pod broke") from error


async def open_exec(place: Place, replica: ReplicaId, command: Command, pod: str = "") -> Shell:
    """Start a command in a pod of a service, ``pod`` or the one to turn to.

    DevenvError: it does not run, or is refused.
    """
    flags = {
        "stdin": command.takes_input,
        "stdout": True,
        "stderr": not command.tty,
        "tty": command.tty,
        "container": replica.service,
    }
    there = pod or name_of(pod_of(place, replica))
    shell = Shell(await open_socket(place, there, "exec", flags, command.words))
    await fit(shell, *([command.size] if command.size is not None else []))
    return shell


async def open_socket(
    place: Place, pod: str, subresource: str, flags: Mapping[str, Any], words: tuple[str, ...] = ()
) -> aiohttp.ClientWebSocketResponse:
    """The connection of an exec or attach. DevenvError: it is refused, or spoken otherwise."""
    path = POD.path(place.need(), pod, subresource)
    query = [(key, str(value).lower()) for key, value in flags.items()]
    query += [("command", word) for word in words]
    socket = await place.server.connection.socket(path, query, PROTOCOL, OLDER)
    if socket.protocol not in {PROTOCOL, OLDER}:
        await socket.close()
        raise DevenvError(
            f"the server, or what is before it, speaks neither {PROTOCOL} nor {OLDER}"
        )
    return socket


async def fit(shell: Shell, *sizes: tuple[int, int]) -> None:
    """Tell it sizes (columns and rows), one after the other; it is closed where that fails."""
    async with AsyncExitStack() as stack:
        stack.push_async_callback(shell.aclose)
        for columns, rows in sizes:
            await shell.resize(columns, rows)
        stack.pop_all()


async def execute(place: Place, replica: ReplicaId, command: Command) -> Outcome:
    """Run a command to its end, without input; only the beginning of its output is kept."""
    return await outcome_of(await open_exec(place, replica, command))


def ended(status: bytes) -> tuple[int, str]:
    """The code in a Status, and why the command could not be run at all."""
    found = json.loads(status)
    if found.get("status") == "Success":
        return 0, ""
    for cause in (found.get("details") or {}).get("causes") or ():
        if cause.get("reason") == "ExitCode":
            return int(cause["message"]), ""
    why = str(found.get("message") or found.get("reason") or "no reason given")
    return NOT_FOUND if any(words in why for words in _ABSENT) else NOT_RUN, why
