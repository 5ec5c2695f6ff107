"""A daemon's registry beside the fake API server, in one loop: hours of a preview in a moment."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devenv.daemon import clusters
from devenv.daemon.host import Folders
from devenv.daemon.registry import Registry
from devenv.daemon.verbs import VERBS
from devenv.daemon.verbs.clusters import clusters_file
from devenv.daemon.verbs.context import Context
from devenv.daemon.visits import Visits
from devenv.runtimes.docker.runtime import DockerRuntime
from devenv.runtimes.kubernetes import names
from devenv.runtimes.kubernetes.kubeconfig import pin
from devenv.runtimes.kubernetes.runtime import KubernetesRuntime
from devenv.runtimes.process.runtime import ProcessRuntime
from tests.fakes import clock
from tests.fakes.apiserver import CONTEXT, ApiServer

WITHIN = 600.0
"""Seconds of the loop's clock, which may be hurried."""
TWO = "services: {web: {image: shop/web:1}, db: {image: shop/db:1}}"
READY = {"web": "ready", "db": "ready"}
Document = dict[str, Any]


@dataclass
class Previewed:
    """``fake`` is the cluster; what is asked of the daemon is asked as its clients do."""

    fake: ApiServer
    context: Context
    checkout: Path

    @property
    def live(self) -> Any:
        (live,) = self.context.registry
        return live

    async def ask(self, method: str, **params: Any) -> Document:
        answer = await VERBS[method](self.context, {**self._client(), **params})
        return answer.result

    async def up(self) -> None:
        """Ask for it, and wait until it has settled."""
        await self.ask("preview.up")
        await self.until(lambda: self.live.board.newest.settled)

    def hand_over(self) -> None:
        """Let another daemon be the one that was asked for it last."""
        key = ("namespaces", "", self.namespace)
        made = self.fake.store.objects[key]
        annotations = {**made["metadata"]["annotations"], names.HOLDER: "another"}
        told = {**made["metadata"], "annotations": annotations}
        self.fake.store.put(key, {**made, "metadata": told})

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a round after which it holds."""
        async with asyncio.timeout(WITHIN):
            while not condition():
                board = self.live.board
                await board.newer_than(board.newest.revision, 1.0)

    async def notice(self) -> str:
        """What is told beside the services."""
        found: str = (await self.ask("status", target={"environment": self.live.id}))["notice"]
        return found

    @property
    def told(self) -> list[str]:
        """The notes so far."""
        return [event.text for _, event in self.live.journal.newer_than(0, 1000)]

    def hurried(self) -> AbstractContextManager[None]:
        """Let time pass; for what asks nobody but the cluster."""
        loop = asyncio.get_running_loop()
        assert isinstance(loop, clock.Loop)
        return loop.hurried()

    @property
    def words(self) -> str:
        """Why the services are as they are."""
        services = self.live.board.newest.snapshot.services
        return " ".join(one.reason for one in services if one.reason)

    @property
    def states(self) -> dict[str, str]:
        return {one.name: str(one.state) for one in self.live.board.newest.snapshot.services}

    @property
    def namespaces(self) -> list[str]:
        return [key[2] for key in self.fake.store.objects if key[0] == "namespaces"]

    @property
    def state(self) -> Path:
        """The folder of what is kept of it here."""
        folders: Folders = self.context.registry.folders
        return folders.environment(self.live.id)

    @property
    def namespace(self) -> str:
        (found,) = self.namespaces
        return found

    @property
    def changes(self) -> int:
        """How often an object was changed so far, other than the namespace."""
        return sum(one.plural != "namespaces" for one in self.fake.store.changes)

    def _client(self) -> Document:
        folder = str(self.checkout)
        environment = {"PATH": os.environ["PATH"], "HOME": folder}
        return {
            "target": {"directory": folder},
            "client": {"directory": folder, "umask": 0o022, "environment": environment},
        }


def on(base: Path, test: Callable[[Previewed], Awaitable[None]]) -> None:
    """Run a test with a repository that has two services; $HOME and the like must be its own."""

    checkout = base / "checkout"
    checkout.mkdir()
    (checkout / "compose.yaml").write_text(TWO)
    for words in (("init", "-q", "-b", "main"), ("config", "user.email", "me@example.com")):
        subprocess.run(("git", *words), cwd=checkout, check=True)

    async def inside() -> None:
        async with _previewed(base, checkout) as world:
            await test(world)

    clock.run(inside())


@asynccontextmanager
async def _previewed(base: Path, checkout: Path) -> AsyncIterator[Previewed]:
    fake = ApiServer()
    async with fake.serving():
        cluster = pin("fake", CONTEXT, str(fake.kubeconfig(base)))
        clusters.write(clusters_file(), {"fake": cluster})
        processes = ProcessRuntime(runtime_folder=str(base / "run"), log_folder=str)
        docker = DockerRuntime(records=str)
        kubernetes = KubernetesRuntime(docker.supply.sources, "here")
        registry = Registry(Folders(base / "state"), processes, docker, kubernetes)
        visits = Visits(registry.host)
        context = Context(registry, 0.0, asyncio.Event(), visits)
        await registry.open()
        try:
            yield Previewed(fake, context, checkout)
        finally:
            visits.close()
            registry.close()
            await kubernetes.close()
            docker.close()
            processes.close()
