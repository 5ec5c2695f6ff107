"""Connections with what a pod itself runs: its size, its end, and what cannot be attached to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from devenv.errors import DevenvError
from devenv.model.environment import ReplicaId
from devenv.model.preview import Preview
from devenv.runtimes.kubernetes import homes, names
from devenv.runtimes.kubernetes.attaching import Attached, attach
from devenv.runtimes.kubernetes.errors import AwayError
from devenv.runtimes.kubernetes.executing import OLDER
from devenv.runtimes.kubernetes.kubeconfig import pin
from devenv.runtimes.kubernetes.pace import Pace
from devenv.runtimes.kubernetes.place import Place
from devenv.runtimes.kubernetes.server import Server
from tests.fakes.apiserver import CONTEXT, ApiServer

NAME = "shop-main-1f3c9a2b"
WEB = ReplicaId("web")
WITHIN = 20.0
INPUT = {"stdin": True}
TERMINAL = {"stdin": True, "tty": True}


@dataclass
class Shop:
    """A preview with one service."""

    fake: ApiServer
    place: Place
    folder: Path

    async def has(self, container: dict[str, Any]) -> None:
        """Let its service have this container, and wait until it is known."""
        labels = names.labels(NAME, "web")
        spec = {"containers": [{"name": "web", **container}]}
        made = {
            "kind": "Deployment",
            "metadata": {"labels": labels},
            "spec": {"template": {"metadata": {"labels": labels}, "spec": spec}},
        }
        self.fake.store.put(("deployments", NAME, "web"), made)
        self.fake.controllers.settle(("deployments", NAME, "web"))
        assert await self.place.server.cache.until(lambda: bool(self.place.pods(WEB)), WITHIN)

    async def attached(self) -> Attached:
        return await attach(self.place, WEB, (100, 30))


@asynccontextmanager
async def _shop(base: Path) -> AsyncIterator[Shop]:
    fake = ApiServer()
    async with fake.serving():
        cluster = pin("fake", CONTEXT, str(fake.kubeconfig(base)))
        preview = Preview(cluster, NAME, "shop", "main", "me", 60.0, b"")
        fake.store.put(("namespaces", "", NAME), dict(homes.home_of(preview)))
        server = Server(cluster, lambda _: None, Pace())
        await server.open()
        try:
            yield Shop(fake, Place(preview, server), base)
        finally:
            await server.close()


def on(base: Path, test: Callable[[Shop], Awaitable[None]]) -> None:
    async def inside() -> None:
        async with _shop(base) as shop, asyncio.timeout(WITHIN):
            await test(shop)

    asyncio.run(inside())


async def hears(far: Attached, wanted: bytes) -> None:
    heard = b""
    while wanted not in heard:
        piece = await far.read()
        assert piece is not None, heard
        heard += piece[1]


def test_a_terminal_has_the_size_of_who_is_attached(tmp_path: Path) -> None:
    async def test(shop: Shop) -> None:
        await shop.has(TERMINAL)
        async with aclosing(await shop.attached()) as far:
            await far.resize(120, 40)
            await far.write(b"hello\n")
            await hears(far, b"hello")
        assert shop.fake.kubelet.sizes == [(100, 29), (100, 30), (120, 40)]

    on(tmp_path, test)


def test_what_has_no_terminal_is_told_no_size(tmp_path: Path) -> None:
    async def test(shop: Shop) -> None:
        await shop.has(INPUT)
        async with aclosing(await shop.attached()) as far:
            await far.resize(120, 40)
            await far.write(b"hello\n")
            await hears(far, b"hello")
        assert shop.fake.kubelet.sizes == []

    on(tmp_path, test)


def test_an_older_protocol_will_do(tmp_path: Path) -> None:
    async def test(shop: Shop) -> None:
        await shop.has(INPUT)
        shop.fake.kubelet.protocols = (OLDER,)
        async with aclosing(await shop.attached()) as far:
            await far.write(b"hello\n")
            await hears(far, b"hello")

    on(tmp_path, test)


def test_the_end_of_ones_input_is_not_the_end_of_its_input(tmp_path: Path) -> None:
    async def test(shop: Shop) -> None:
        await shop.has(INPUT)
        async with aclosing(await shop.attached()) as first:
            first.end_input()
            await first.write(b"one\n")
            await hears(first, b"one")
        async with aclosing(await shop.attached()) as second:
            await second.write(b"two\n")
            await hears(second, b"two")

    on(tmp_path, test)


def test_the_code_is_that_of_the_container_that_was_attached_to(tmp_path: Path) -> None:
    async def test(shop: Shop) -> None:
        shop.fake.kubelet.program = ("sh", "-c", "read code; exit $code")
        await shop.has(INPUT)
        for code in (3, 0):
            async with aclosing(await shop.attached()) as far:
                await far.write(f"{code}\n".encode())
                assert await far.exit_code() == code

    on(tmp_path, test)


def test_a_connection_that_breaks_is_no_end(tmp_path: Path) -> None:
    async def test(shop: Shop) -> None:
        await shop.has(INPUT)
        async with aclosing(await shop.attached()) as far:
            await far.write(b"hello\n")
            await hears(far, b"hello")
            shop.fake.kubelet.cut()
            with pytest.raises(AwayError, match="broke"):
                await far.exit_code()

    on(tmp_path, test)


def test_what_takes_no_input_is_refused_with_what_to_write(tmp_path: Path) -> None:
    async def test(shop: Shop) -> None:
        await shop.has({})
        with pytest.raises(DevenvError, match="no terminal and takes no input") as error:
            await shop.attached()
        assert "stdin_open: true" in error.value.hint

    on(tmp_path, test)


def test_what_does_not_run_yet_is_refused(tmp_path: Path) -> None:
    async def test(shop: Shop) -> None:
        with pytest.raises(DevenvError, match="web does not run"):
            await shop.attached()
        shop.fake.controllers.waiting = {"reason": "ContainerCreating"}
        await shop.has(INPUT)
        with pytest.raises(DevenvError, match="web does not run"):
            await shop.attached()

    on(tmp_path, test)


def test_what_breaks_at_once_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Attached] = []

    async def resize(attached: Attached, columns: int, rows: int) -> None:
        opened.append(attached)
        raise AwayError("the connection to the pod broke")

    monkeypatch.setattr(Attached, "resize", resize)

    async def test(shop: Shop) -> None:
        await shop.has(TERMINAL)
        with pytest.raises(AwayError, match="broke"):
            await shop.attached()
        assert [one._socket.closed for one in opened] == [True]

    on(tmp_path, test)
