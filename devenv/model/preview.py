"""A branch's environment in a cluster, and the cluster as its user has named it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CLOSED = frozenset({"closed", "merged"})
"""What git hosts call the states of pull requests that are over, in small letters."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where the context leads elsewhere than it did when it was pinned, it is refused.

    ``kubeconfig``: the paths of its files, joined by a colon; ``authority``: a hash of the
    certificates that the server is known by; ``server_name``: what these have to be for, where that
    is not its address; ``unverified``: nobody looks at them; ``proxy``: a hash of the URL of what
    is in between, which may hold a password. ``registry``: the address below which images are
    pushed that the cluster can pull; "": there is none. ``domain``: below it are the hosts of
    previews; "": they have none. ``namespaces``: those that were made for previews; none: each
    preview makes its own. ``sweeps``: the daemon takes down previews whose branch is gone.
    ``loads``: where images are loaded instead of pushed, ``kind:NAME`` or ``containerd:SOCKET``.
    ``pod_security``: the level that the namespaces of previews enforce, unless they were made by
    others. None of these is what tells clusters apart.
    """

    name: str
    context: str
    server: str
    authority: str
    kubeconfig: str
    server_name: str = ""
    unverified: bool = False
    proxy: str = ""
    registry: str = field(default="", compare=False)
    domain: str = field(default="", compare=False)
    namespaces: tuple[str, ...] = field(default=(), compare=False)
    sweeps: bool = field(default=True, compare=False)
    pod_security: str = field(default="baseline", compare=False)
    loads: str = field(default="", compare=False)


def cluster(written: Mapping[str, Any]) -> Cluster:
    """The cluster that ``asdict`` has written down. TypeError where it is none."""
    return Cluster(**{**written, "namespaces": tuple(written.get("namespaces", ()))})


@dataclass(frozen=True, slots=True)
class Preview:
    """``name`` is that of its namespaces, but for their generation.

    ``repository`` is called the same on every machine; ``lifetime``: seconds; ``key``: what its
    secrets and fingerprints are made with, never on a disk of ours; ``was_at_origin``: who asks has
    once seen the branch there; ``request``: the number of the pull request that it was made for.
    """

    cluster: Cluster
    name: str
    repository: str
    branch: str
    owner: str
    lifetime: float
    key: bytes = b""
    was_at_origin: bool = False
    request: int = 0
