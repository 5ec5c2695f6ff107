"""Images for nodes of this machine, which pull them from nowhere: handed over as files."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from devenv.errors import DevenvError
from devenv.runtimes.programs import run
from devenv.runtimes.protocol import Client

NAMESPACE = "--namespace=k8s.io"
"""Where a kubelet's images are within its containerd."""
ANSWER, LOADING = 20.0, 1200.0
"""Seconds that a node has for saying what it has, and for taking an image, however large."""
_RIGHTS = ("permission denied", "operation not permitted")


class Node(Protocol):
    """What images are loaded into. Both raise DevenvError in words."""

    async def has(self, image: str) -> bool: ...

    async def take(self, archive: str) -> None:
        """Load the images of a file of ``docker save``."""
        ...


def node_of(written: str, client: Client) -> Node:
    """The one that a cluster's entry means: ``kind:NAME``, or ``containerd:SOCKET``."""
    kind, _, where = written.partition(":")
    return Kind(where, client) if kind == "kind" else Containerd(where, client)


@dataclass(frozen=True, slots=True)
class Containerd:
    """The containerd of a node, by its socket."""

    socket: str
    client: Client

    async def has(self, image: str) -> bool:
        return image in (await self._ctr("images", "ls", "--quiet", f"name=={image}")).split()

    async def take(self, archive: str) -> None:
        await self._ctr("images", "import", archive, within=LOADING)

    async def _ctr(self, *words: str, within: float = ANSWER) -> str:
        _check(self.socket)
        command = ("ctr", f"--address={self.socket}", NAMESPACE, *words)
        return await _said(command, self.client, within)


@dataclass(frozen=True, slots=True)
class Kind:
    """All nodes of a cluster that kind has made; they are containers of the user's engine."""

    name: str
    client: Client

    async def has(self, image: str) -> bool:
        asking = ("ctr", NAMESPACE, "images", "ls", "--quiet", f"name=={image}")
        found = await asyncio.gather(
            *(_said(("docker", "exec", node, *asking), self.client) for node in await self._nodes())
        )
        return all(image in text.split() for text in found)

    async def take(self, archive: str) -> None:
        words = ("kind", "load", "image-archive", archive, "--name", self.name)
        await _said(words, self.client, LOADING)

    async def _nodes(self) -> list[str]:
        nodes = (await _said(("kind", "get", "nodes", "--name", self.name), self.client)).split()
        if not nodes:
            raise DevenvError(f"kind has no cluster {self.name}", "kind get clusters")
        return nodes


_ENTRY = "see `devenv cluster list`; `devenv cluster add --images` names another one"
_STUCK = "is the node well? what is asked for again is tried again"
_WHO = "the user of the daemon needs it, or a registry: devenv cluster add --registry"


def _check(path: str) -> None:
    """DevenvError: nobody could connect to this socket, and `ctr` would try that for long."""
    if not os.path.exists(path):
        raise DevenvError(f"no containerd listens at {path}", _ENTRY)
    if not os.access(path, os.R_OK | os.W_OK):
        raise DevenvError(f"no right to load images into {path}", _WHO)


async def _said(words: Sequence[str], client: Client, within: float = ANSWER) -> str:
    """What a program of the user's prints. DevenvError: it is not there, fails, or does not end."""
    program = shutil.which(words[0], path=client.environment.get("PATH"))
    if program is None:
        hint = "install it, or name a registry: devenv cluster add --registry"
        raise DevenvError(f"images are loaded by `{words[0]}`, and there is no such command", hint)
    outcome = await run(
        (program, *words[1:]),
        directory=client.directory,
        environment=client.environment,
        timeout=within,
        whole=True,
    )
    if outcome.code is None:
        raise DevenvError(f"`{words[0]}` has not ended within {within:g} s", _STUCK)
    if outcome.code:
        raise _failed(words, outcome.complaint)
    return outcome.output


def _failed(words: Sequence[str], complaint: str) -> DevenvError:
    why = complaint.splitlines()[-1] if complaint else "it fails without a word"
    hint = _WHO if any(one in why for one in _RIGHTS) else ""
    return DevenvError(f"cannot load images with `{words[0]}`: {why}", hint)
