"""What follows the files of a service: where they go, and what happens when they change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Syntax(StrEnum):
    """Whose patterns ``ignore`` holds."""

    DOCKER = "dockerignore"
    GIT = "gitignore"


@dataclass(frozen=True, slots=True)
class Hook:
    """A command that runs in the service when files have changed.

    ``paths``: only when one of these has changed (patterns below the source; none: any).
    """

    command: tuple[str, ...]
    user: str = ""
    directory: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    privileged: bool = False
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SyncRule:
    """One source and what its changes lead to.

    ``source`` is a file or a folder of this machine; ``target`` the place within a container that
    is kept equal ("": nothing is sent). ``context`` is the folder whose .dockerignore counts
    (``dockerfile``: the file whose own one comes first). ``initial``: everything is compared at
    the first contact, not only what changes after it. ``may_mount``: a bind mount will do as well;
    ``replica``: the one that it is for (None: all).
    """

    source: str
    target: str = ""
    ignore: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    syntax: Syntax = Syntax.DOCKER
    context: str = ""
    dockerfile: str = ""
    initial: bool = True
    rebuild: bool = False
    restart: bool = False
    hooks: tuple[Hook, ...] = ()
    debounce: float = 0.0
    may_mount: bool = False
    replica: int | None = None

    def is_sent_to(self, replica: int) -> bool:
        return bool(self.target) and self.replica in (None, replica)

    @property
    def acts(self) -> bool:
        """Whether more is done than to send what has changed."""
        return self.rebuild or self.restart or bool(self.hooks)

    @property
    def title(self) -> str:
        """The rule in words, for status and messages."""
        actions = [
            *(["sync"] if self.target else []),
            *(["rebuild"] if self.rebuild else []),
            *(["restart"] if self.restart else []),
            *(["exec"] if self.hooks else []),
        ]
        return "+".join(actions)
