"""What each unit's process tree uses now: one reading of /proc for all of them."""

from __future__ import annotations

import os
from collections.abc import Mapping

from devenv.keeper import tree
from devenv.model.environment import ReplicaId
from devenv.runtimes.process.listen import listening, ports_of
from devenv.runtimes.protocol import Sample

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def sample(leaders: Mapping[ReplicaId, int]) -> Mapping[ReplicaId, Sample]:
    """Sum up each leader and what descends from it."""
    processes = tree.read_all()
    by_parent = tree.children(processes)
    sockets = listening()
    found = {}
    for key, pid in leaders.items():
        leader = processes.get(pid)
        if leader is not None:
            found[key] = _sum([leader, *tree.below(pid, by_parent)], sockets)
    return found


def _sum(members: list[tree.Process], sockets: Mapping[str, int]) -> Sample:
    ports = {port for member in members for port in ports_of(member.pid, sockets)}
    return Sample(
        cpu_seconds=sum(member.ticks for member in members) / _TICKS,
        memory_bytes=sum(member.rss_pages for member in members) * _PAGE,
        ports=tuple(sorted(ports)),
    )
