"""Connections into pods: they end with whoever has begun them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from devenv.model.environment import ReplicaId
from devenv.runtimes.kubernetes import forwarding
from devenv.runtimes.kubernetes.executing import NOT_FOUND, NOT_RUN, ended
from tests.runtimes.kubernetes.test_watching import PATIENT, Day, on

POD = {"metadata": {"name": "web-0"}, "status": {}}


def test_a_client_that_closes_ends_its_connection_into_the_pod(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forwarding, "LINGERS", 0.05)

    async def test(day: Day) -> None:
        place: Any = SimpleNamespace(
            server=day.server, need=lambda: "shop", pods=lambda replica: [POD]
        )
        over = asyncio.Event()

        async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await forwarding.forward(place, ReplicaId("web"), 80, (reader, writer))
            writer.close()
            over.set()

        async with await asyncio.start_server(join, "127.0.0.1", 0) as listening:
            port = listening.sockets[0].getsockname()[1]
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"ping")
            writer.close()
            await asyncio.wait_for(over.wait(), 10)

    on(tmp_path, PATIENT, test)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b'exec: \\"x\\": executable file not found in $PATH', NOT_FOUND),
        (b"exec /x: no such file or directory", NOT_FOUND),
        (b"exec /x: permission denied", NOT_RUN),
    ],
)
def test_what_cannot_be_run_ends_as_in_a_shell(message: bytes, code: int) -> None:
    assert ended(b'{"status": "Failure", "message": "' + message + b'"}')[0] == code
