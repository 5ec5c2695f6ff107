"""The client of an event loop over real sockets."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from devenv.api.asynchronous import AsyncClient
from devenv.api.codec import RemoteError
from devenv.api.connection import LostError, NoDaemonError
from devenv.errors import DevenvError
from tests.api.daemon import Drop, WithDescriptors, private_environ, stand_in

TARGET = {"target": {"directory": "/"}}


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return private_environ(tmp_path)


def test_two_requests_do_not_wait_for_each_other(environ: dict[str, str]) -> None:
    asked = threading.Event()

    def watch(params: dict[str, Any]) -> dict[str, Any]:
        assert asked.wait(10)
        return {"revision": 2}

    def stop(params: dict[str, Any]) -> dict[str, Any]:
        asked.set()
        return {"revision": 1}

    async def both(client: AsyncClient) -> list[dict[str, Any]]:
        return list(await asyncio.gather(client.call("watch", TARGET), client.call("stop", TARGET)))

    with stand_in(environ, watch=watch, stop=stop):
        client = AsyncClient(environ)
        assert asyncio.run(both(client)) == [{"revision": 2}, {"revision": 1}]
        client.close()


def test_descriptors_come_with_an_answer(environ: dict[str, str], tmp_path: Path) -> None:
    folders = [os.open(tmp_path, os.O_RDONLY) for _ in range(300)]
    answer = WithDescriptors({"folders": []}, tuple(folders))

    async def ask(client: AsyncClient) -> list[int]:
        return (await client.call_for_descriptors("logs", TARGET))[1]

    with stand_in(environ, logs=answer):
        client = AsyncClient(environ)
        found = asyncio.run(ask(client))
        assert len(found) == 300
        assert all(os.path.samestat(os.fstat(one), os.stat(tmp_path)) for one in found)
        for one in found:
            os.close(one)
        client.close()


def test_a_request_that_is_called_off_leaves_no_answer_for_the_next(
    environ: dict[str, str],
) -> None:
    held = threading.Event()

    def watch(params: dict[str, Any]) -> dict[str, Any]:
        held.wait(10)
        return {"revision": 7}

    async def ask(client: AsyncClient) -> dict[str, Any]:
        with pytest.raises(DevenvError, match="did not answer to watch"):
            await client.call("watch", TARGET, within=0.05)
        answer = await client.call("status", TARGET)
        held.set()
        return answer

    with stand_in(environ, watch=watch, status={"revision": 1}):
        client = AsyncClient(environ)
        assert asyncio.run(ask(client)) == {"revision": 1}
        client.close()


def test_a_daemon_that_goes_away_is_told_and_found_again(environ: dict[str, str]) -> None:
    def drop(params: dict[str, Any]) -> None:
        raise Drop

    async def ask(client: AsyncClient) -> None:
        with pytest.raises(LostError):
            await client.call("status", TARGET)
        with pytest.raises(RemoteError):
            await client.call("watch", TARGET)

    async def ask_nobody(client: AsyncClient) -> None:
        with pytest.raises(NoDaemonError):
            await client.call("status", TARGET)

    client = AsyncClient(environ)
    with stand_in(environ, status=drop):
        asyncio.run(ask(client))
        client.close()
    asyncio.run(ask_nobody(client))
    client.close()
