"""Commands in a pod, over the protocol that its server speaks."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from devenv.daemon.units import Output
from devenv.errors import DevenvError
from devenv.runtimes.kubernetes import executing
from devenv.runtimes.kubernetes.connection import Connection
from devenv.runtimes.kubernetes.executing import (
    NOT_RUN,
    OLDER,
    PROTOCOL,
    STDERR,
    STDOUT,
    Shell,
    execute,
    open_exec,
)
from devenv.runtimes.kubernetes.kubeconfig import pin
from devenv.runtimes.protocol import Command
from devenv.sync.link import Link, command
from devenv.sync.mirror import Mirror, Way
from tests.lab.cluster import Cluster
from tests.runtimes.kubernetes.test_attaching import WEB, Shop, on
from tests.scenarios.test_previews_in_a_cluster import stocked
from tests.sync.test_faults import Still

__all__ = ["stocked"]

ANY = pytest.mark.parametrize("protocol", [PROTOCOL, OLDER])


async def opened(shop: Shop, *words: str) -> Shell:
    await shop.has({})
    shop.fake.kubelet.root = shop.folder
    return await open_exec(shop.place, WEB, Command(words, takes_input=True))


async def heard(shell: Shell) -> list[tuple[int, bytes]]:
    found = []
    while (piece := await shell.read()) is not None:
        found.append(piece)
    return found


@ANY
def test_a_command_has_its_streams_apart_and_its_code(tmp_path: Path, protocol: str) -> None:
    async def test(shop: Shop) -> None:
        shop.fake.kubelet.protocols = (protocol,)
        async with aclosing(await opened(shop, "sh", "-c", "read A; echo $A; exit 3")) as shell:
            await shell.write(b"hello\n")
            assert await heard(shell) == [(STDOUT, b"hello\n")]
            assert await shell.exit_code() == 3

    on(tmp_path, test)


def test_a_command_finds_the_end_of_its_input(tmp_path: Path) -> None:
    async def test(shop: Shop) -> None:
        async with aclosing(await opened(shop, "cat")) as shell:
            await shell.write(b"hello\n")
            shell.end_input()
            assert await heard(shell) == [(STDOUT, b"hello\n")]
            assert await shell.exit_code() == 0

    on(tmp_path, test)


def test_where_no_end_of_input_can_be_told_a_command_that_was_given_some_is_left(
    tmp_path: Path,
) -> None:
    async def test(shop: Shop) -> None:
        shop.fake.kubelet.protocols = (OLDER,)
        async with aclosing(await opened(shop, "cat")) as shell:
            await shell.write(b"hello\n")
            assert await shell.read() == (STDOUT, b"hello\n")
            shell.end_input()
            ((stream, said),) = await heard(shell)
            assert stream == STDERR
            assert f"speaks only {OLDER}".encode() in said
            assert await shell.exit_code() == NOT_RUN

    on(tmp_path, test)


@ANY
def test_a_command_that_is_given_nothing_runs_to_its_end(tmp_path: Path, protocol: str) -> None:
    async def test(shop: Shop) -> None:
        shop.fake.kubelet.protocols = (protocol,)
        async with aclosing(await opened(shop, "sh", "-c", "echo done; exit 3")) as shell:
            shell.end_input()
            assert await heard(shell) == [(STDOUT, b"done\n")]
            assert await shell.exit_code() == 3

    on(tmp_path, test)


def test_a_server_that_speaks_neither_is_told(tmp_path: Path) -> None:
    async def test(shop: Shop) -> None:
        await shop.has({})
        shop.fake.kubelet.protocols = ("v3.channel.k8s.io",)
        with pytest.raises(DevenvError, match=f"speaks neither {PROTOCOL} nor {OLDER}"):
            await execute(shop.place, WEB, Command(("true",)))

    on(tmp_path, test)


POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web"},
    "spec": {
        "terminationGracePeriodSeconds": 0,
        "containers": [
            {"name": "web", "image": "lab/python:3.11", "command": ["sleep", "infinity"]}
        ],
    },
}


@pytest.fixture(scope="module")
def namespace(stocked: Cluster) -> Iterator[str]:
    """One with a pod of the real cluster."""
    name = f"executing-{os.getpid()}"
    stocked.kubectl("create", "namespace", name)
    stocked.kubectl("create", "--namespace", name, "--filename", "-", stdin=json.dumps(POD))
    stocked.kubectl("wait", "--namespace", name, "--for=condition=Ready", "pod/web")
    yield name
    stocked.kubectl("delete", "namespace", name, "--wait=false")


@ANY
def test_a_real_server_speaks_both(
    stocked: Cluster,
    namespace: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    protocol: str,
) -> None:
    (tmp_path / "page").write_text("one")
    if protocol == OLDER:
        monkeypatch.setattr(executing, "PROTOCOL", "unknown.channel.k8s.io")
    connection = Connection(pin("lab", stocked.context, stocked.kubeconfig))
    place: Any = SimpleNamespace(
        need=lambda: namespace, server=SimpleNamespace(connection=connection)
    )

    async def run(*words: str) -> Shell:
        return await open_exec(place, WEB, Command(words, takes_input=True), "web")

    async def test() -> None:
        async with aclosing(await run("sh", "-c", "read A; echo $A; exit 3")) as shell:
            await shell.write(b"hello\n")
            assert await heard(shell) == [(STDOUT, b"hello\n")]
            assert await shell.exit_code() == 3
        async with aclosing(await run("cat")) as shell:
            await shell.write(b"hello\n")
            assert await shell.read() == (STDOUT, b"hello\n")
            shell.end_input()
            assert await shell.exit_code() == (0 if protocol == PROTOCOL else NOT_RUN)
        async with aclosing(await run(*command())) as shell:
            await Mirror(Still(tmp_path), Way("/srv/app")).bring(Link(Output(shell)))
        async with aclosing(await run("cat", "/srv/app/page")) as shell:
            shell.end_input()
            assert await heard(shell) == [(STDOUT, b"one")]
        while await runs_receiver():
            pass
        await connection.close()

    async def runs_receiver() -> bool:
        async with aclosing(await run("sh", "-c", "cat /proc/[0-9]*/cmdline")) as shell:
            return b"Receives files" in b"".join([data for _, data in await heard(shell)])

    asyncio.run(test())
