"""Those who attach see the terminal, type into it and resize it; none of them can block it."""

from __future__ import annotations

import asyncio
import socket

import pytest

from devenv.errors import DevenvError
from devenv.model.environment import ReplicaId
from devenv.model.service import Process
from tests.runtimes.processes import HERE, Ground, on_ground

WEB = ReplicaId("web")
INPUT, OUTPUT, RESIZE, END = 0, 1, 3, 4


class Viewer:
    """One end of an attached socket, in frames."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.sock = sock
        self.seen = b""
        self.status = ""
        self._buffer = b""

    async def send(self, channel: int, data: bytes) -> None:
        frame = (len(data) + 1).to_bytes(4, "big") + bytes((channel,)) + data
        await asyncio.get_running_loop().sock_sendall(self.sock, frame)

    async def sees(self, text: bytes) -> None:
        async with asyncio.timeout(10):
            while text not in self.seen:
                assert await self.receive(), f"the end came after {self.seen!r}"

    async def end(self) -> str:
        async with asyncio.timeout(10):
            while await self.receive():
                pass
        return self.status

    async def receive(self) -> bool:
        data = await asyncio.get_running_loop().sock_recv(self.sock, 65536)
        self._buffer += data
        while len(self._buffer) >= 4 + (length := int.from_bytes(self._buffer[:4], "big")) > 4:
            channel, content = self._buffer[4], self._buffer[5 : 4 + length]
            self._buffer = self._buffer[4 + length :]
            if channel == OUTPUT:
                self.seen += content
            elif channel == END:
                self.status = content.decode()
        return bool(data)


async def view(here: Ground) -> Viewer:
    return Viewer(await here.runtime.attach(HERE, WEB, columns=100, rows=30))


def terminal(here: Ground) -> Process:
    return Process((), str(here.base), tty=True)


@on_ground
async def test_what_is_typed_arrives_and_the_end_is_told(here: Ground) -> None:
    script = "echo ready; read a; echo got $a; exit 3"
    await here.start("web", "sh", "-c", script, like=terminal(here))
    viewer = await view(here)
    await viewer.sees(b"ready")
    await viewer.send(INPUT, b"hello\n")
    await viewer.sees(b"got hello")
    assert await viewer.end() == "3"
    viewer.sock.close()


@on_ground
async def test_the_size_is_the_viewers(here: Ground) -> None:
    script = "trap 'stty size' WINCH; echo ready; while :; do sleep 0.01; done"
    await here.start("web", "sh", "-c", script, like=terminal(here))
    await here.says("web", "ready")
    viewer = await view(here)
    await viewer.sees(b"30 100")
    await viewer.send(RESIZE, (120).to_bytes(2, "big") + (40).to_bytes(2, "big"))
    await viewer.sees(b"40 120")
    viewer.sock.close()


@on_ground
async def test_a_late_one_sees_what_was_shown_last(here: Ground) -> None:
    await here.start("web", "sh", "-c", "echo before; exec sleep TOKEN", like=terminal(here))
    await here.says("web", "before")
    first, second = await view(here), await view(here)
    await first.sees(b"before")
    await second.sees(b"before")
    first.sock.close()
    second.sock.close()


@on_ground
async def test_one_who_does_not_read_blocks_nobody(here: Ground) -> None:
    await here.start("web", "sh", "-c", "read go; seq 3000000; echo end", like=terminal(here))
    idle, viewer = await view(here), await view(here)
    await viewer.send(INPUT, b"\n")
    await viewer.sees(b"end")
    assert await viewer.end() == "0"
    idle.sock.close()
    viewer.sock.close()


@on_ground
async def test_standard_input_stays_open_for_those_who_attach(here: Ground) -> None:
    await here.start("web", "cat", like=Process((), str(here.base), stdin=True))
    for word in (b"one\n", b"two\n"):
        viewer = await view(here)
        await viewer.send(INPUT, word)
        await viewer.sees(word)
        viewer.sock.close()
    assert (await here.unit("web")).exit is None


@on_ground
async def test_a_large_input_arrives_whole(here: Ground) -> None:
    script = "sleep 0.1; head -c 500000 | wc -c"
    await here.start("web", "sh", "-c", script, like=Process((), str(here.base), stdin=True))
    viewer = await view(here)
    await viewer.send(INPUT, b"x" * 500_000)
    await viewer.sees(b"500000")
    viewer.sock.close()


@on_ground
async def test_nobody_attaches_to_what_does_not_run(here: Ground) -> None:
    await here.start("web", "true")
    await here.ended("web")
    with pytest.raises(DevenvError, match="web does not run"):
        await view(here)
