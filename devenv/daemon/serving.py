"""The daemon at work: it listens, takes up what was running, and serves until told to leave."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path

from devenv.api import places
from devenv.daemon.host import Folders
from devenv.daemon.registry import Registry
from devenv.daemon.server import Server
from devenv.daemon.verbs.context import Context
from devenv.daemon.visits import Visits
from devenv.keeper.system import raise_file_limit
from devenv.runtimes.docker.runtime import DockerRuntime
from devenv.runtimes.docker.strays import origin_of
from devenv.runtimes.kubernetes.runtime import KubernetesRuntime
from devenv.runtimes.process.runtime import ProcessRuntime
from devenv.runtimes.process.subreaper import become_subreaper

BACKLOG = 128
WARM_AFTER = 0.1
"""Seconds that the first client has to itself, before anything is made ready for the next."""
LAST_WORDS = 2.0
"""Seconds that requests in flight may still take when the daemon leaves."""


def run(ready: int) -> None:
    """Serve until told to leave; ``ready`` is a descriptor that gets a byte, or -1."""
    become_subreaper(places.runtime_folder(os.environ))
    raise_file_limit()
    asyncio.run(_serve(ready))


def _listen(path: str) -> socket.socket:
    """Listen at ``path``, in place of a stale socket: the lock says that nobody else does."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    partial = f"{path}.{os.getpid()}"
    listening.bind(partial)
    os.chmod(partial, 0o600)
    listening.listen(BACKLOG)
    listening.setblocking(False)
    os.replace(partial, path)
    return listening


async def _serve(ready: int) -> None:
    folders = Folders(Path(places.state_folder(os.environ)))
    processes = ProcessRuntime(
        runtime_folder=places.runtime_folder(os.environ),
        log_folder=lambda environment: str(folders.logs(environment)),
    )
    origin = origin_of(str(folders.state))
    docker = DockerRuntime(
        records=lambda environment: str(folders.records(environment)), origin=origin
    )
    kubernetes = KubernetesRuntime(docker.supply.sources, origin)
    registry = Registry(folders, processes, docker, kubernetes)
    await registry.open()
    path = places.daemon_socket(os.environ)
    listening = _listen(path)
    leave = asyncio.Event()
    context = Context(registry, time.time(), leave, Visits(registry.host))
    server = Server(listening, context)
    serving = asyncio.create_task(server.serve())
    _handle_signals(leave)
    if ready >= 0:
        with suppress(BrokenPipeError):  # who has started it does not wait any more
            os.write(ready, b"1")
        os.close(ready)
    asyncio.get_running_loop().call_later(WARM_AFTER, registry.warm)
    await leave.wait()
    os.unlink(path)
    await server.finish(LAST_WORDS)
    serving.cancel()
    await context.bridges.close()
    context.visits.close()
    registry.close()
    docker.close()
    await kubernetes.close()
    processes.close()


def _handle_signals(leave: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, leave.set)
    loop.add_signal_handler(signal.SIGHUP, lambda: None)
