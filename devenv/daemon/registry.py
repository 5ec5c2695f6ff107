"""All environments of this user: found by checkout or id, taken up again after a restart."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Coroutine, Iterable, Iterator, Mapping
from dataclasses import replace

from devenv.api.build import build
from devenv.daemon import store
from devenv.daemon.absence import take_down_deleted
from devenv.daemon.branches import take_down_gone
from devenv.daemon.desired import Home
from devenv.daemon.environment import LiveEnvironment
from devenv.daemon.expiry import take_down_expired
from devenv.daemon.host import Folders, Host, Taken
from devenv.daemon.intent import Intent
from devenv.daemon.parser import Parser
from devenv.daemon.profiles import Profiles
from devenv.daemon.returning import Returning, unless_changed, unwanted
from devenv.daemon.watching import Watching
from devenv.errors import DevenvError
from devenv.model.environment import EnvironmentId
from devenv.model.preview import Preview
from devenv.profile.checkout import Checkout, find_checkout
from devenv.runtimes.docker.runtime import DockerRuntime
from devenv.runtimes.kubernetes.runtime import KubernetesRuntime
from devenv.runtimes.process.runtime import ProcessRuntime
from devenv.runtimes.protocol import Runtime

FIRST_LOOK = 0.25
"""Seconds that the probes of what is taken up again have for their first answer."""


class Registry:
    """The environments that this daemon knows, each with a running loop."""

    def __init__(
        self,
        folders: Folders,
        processes: ProcessRuntime,
        docker: DockerRuntime,
        kubernetes: KubernetesRuntime,
    ) -> None:
        key = store.user_key(folders.key)
        home = Home(key, build(), lambda name, service: str(folders.data(name, service)))
        self.parser = Parser()
        self.profiles = Profiles(self.parser)
        self.folders = folders
        watching = Watching(str(folders.cookies))
        self.host = Host(
            processes, docker, kubernetes, home, folders, taken=self._taken, watching=watching
        )
        self._returning = Returning(self.host, self.parser, self.profiles)
        self._live: dict[EnvironmentId, LiveEnvironment] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Take up again what was running; follow what the runtimes see."""
        held = await self.host.processes.adopt()
        for environment in self.folders.known():
            kept = self._returning.kept(environment)
            if kept is not None:
                self._add(await self._returning.intent(kept, held.get(environment)))
        for environment in held.keys() - self._live.keys():
            self._add(unwanted(environment))
        for runtime in self.host.runtimes.values():
            self._spawn(self._follow(runtime))
        self._spawn(take_down_deleted(self))
        self._spawn(take_down_gone(self, self.host.kubernetes))
        self._spawn(take_down_expired(self, self.host.kubernetes))
        self._spawn(self._take_up_late())
        await asyncio.gather(*(live.first_look(FIRST_LOOK) for live in self))

    def close(self) -> None:
        self.parser.close()
        for task in self._tasks:
            task.cancel()
        self.host.watching.close()

    def warm(self) -> None:
        """Have ready what the next ``up`` needs: a parser, and a keeper."""
        self.parser.warm()
        self.host.processes.warm()

    def __iter__(self) -> Iterator[LiveEnvironment]:
        return iter(list(self._live.values()))

    def find(self, target: Mapping[str, object]) -> tuple[LiveEnvironment, Checkout]:
        """Find the environment of a target, and its checkout as it is now."""
        named = target.get("environment")
        if named:
            live = self._named(str(named))
            return live, live.board.newest.intent.checkout
        files = target.get("files") or []
        assert isinstance(files, list)
        checkout = _known_as(self, find_checkout(str(target["directory"]), tuple(files)))
        return self._live.get(checkout.id) or self._add(Intent(checkout)), checkout

    def preview(self, checkout: Checkout, preview: Preview) -> LiveEnvironment:
        """The environment of a preview, which may be new."""
        return self._live.get(checkout.id) or self._add(Intent(checkout, preview=preview))

    def forget(self, live: LiveEnvironment) -> None:
        """Remove everything that an environment which is down left on disk."""
        if not live.board.newest.gone:
            raise DevenvError(f"{live.id} is up", "take it down first: devenv down")
        del self._live[live.id]
        self.folders.remove(live.id)

    def _named(self, name: str) -> LiveEnvironment:
        exact = self._live.get(EnvironmentId(name))
        found = [exact] if exact else [live for live in self if _is_called(live, name)]
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(live.id for live in found)
            raise DevenvError(f"more than one environment is called {name}: {ids}")
        raise DevenvError(f"there is no environment {name}", "devenv list shows all of them")

    async def _take_up_late(self) -> None:
        """Take up what a keeper holds that was silent at first, unless it has changed since."""
        async for environment, held in self.host.processes.links.late():
            live, kept = self._live.get(environment), self._returning.kept(environment)
            if live is not None and kept is not None:
                restored = await self._returning.intent(kept, held)
                await live.change(unless_changed(restored))
            elif live is None and held is not None:
                self._add(unwanted(environment))

    def _taken(self, environment: EnvironmentId) -> Taken:
        others = [live.intent for live in self if live.id != environment and live.intent.is_up]
        return Taken(
            {port: _has(one) for one in others for port in one.wishes.claims.values()},
            {name: _has(one) for one in others for name in one.wishes.names.values()},
        )

    def _add(self, intent: Intent) -> LiveEnvironment:
        live = LiveEnvironment(intent, self.host)
        self._live[live.id] = live
        self._spawn(self._keep_running(live))
        return live

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _keep_running(self, live: LiveEnvironment) -> None:
        """A bug in one round costs that round, not the environment."""
        while True:
            running = asyncio.create_task(live.run())
            try:
                await asyncio.wait([running])
            finally:
                running.cancel()
            logging.error("the loop of %s failed", live.id, exc_info=running.exception())
            live.fail_pending()
            await asyncio.sleep(1.0)

    async def _follow(self, runtime: Runtime) -> None:
        async for environment in runtime.changes():
            live = self._live.get(environment)
            if live is not None:
                live.wake()


def _has(intent: Intent) -> str:
    return f"{intent.checkout.id} has it"


def _is_called(live: LiveEnvironment, name: str) -> bool:
    intent = live.board.newest.intent
    checkout = intent.checkout
    return checkout.id.startswith(name) or name in {checkout.name, intent.environment.name}


def _known_as(live_ones: Iterable[LiveEnvironment], checkout: Checkout) -> Checkout:
    """A checkout that was moved keeps its id: the same folder, and nothing at its old place."""
    known = [live for live in live_ones if live.board.newest.intent.preview is None]
    if any(live.id == checkout.id for live in known):
        return checkout
    for live in known:
        old = live.board.newest.intent.checkout
        same = (old.device, old.inode) == (checkout.device, checkout.inode)
        if same and old.root != checkout.root and not os.path.lexists(old.root):
            live.journal.note("", f"the checkout was moved from {old.root} to {checkout.root}")
            return replace(checkout, id=old.id)
    return checkout
