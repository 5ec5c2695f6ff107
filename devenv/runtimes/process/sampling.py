"""What each unit's processes use now: one reading of /proc for all of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from devenv.keeper import mark, tree
from devenv.model.environment import ReplicaId
from devenv.runtimes.process.listen import listening, ports_of
from devenv.runtimes.protocol import Sample

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def sample(keeper: int, rows: Mapping[ReplicaId, Mapping[str, Any]]) -> Mapping[ReplicaId, Sample]:
    """Sum up what descends from each unit's leader, and from its processes that lost their parent.

    ``keeper`` is the pid of the keeper, ``rows`` are those of the units that are alive.
    """
    processes = tree.read_all()
    by_parent = tree.children(processes)
    sockets = listening()
    by_mark = {row["mark"]: key for key, row in rows.items()}
    roots: dict[ReplicaId, list[int]] = {key: [] for key in rows}
    for pid in by_parent.get(keeper, ()):
        key = by_mark.get(mark.worn_by(pid))
        if key is not None:
            roots[key].append(pid)
    found = {}
    for key, starts in roots.items():
        pids = [pid for root in starts for pid in tree.with_descendants(root, by_parent)]
        found[key] = _sum([processes[pid] for pid in pids], sockets)
    return found


def _sum(members: list[tree.Process], sockets: Mapping[str, int]) -> Sample:
    ports = {port for member in members for port in ports_of(member.pid, sockets)}
    return Sample(
        cpu_seconds=sum(member.ticks for member in members) / _TICKS,
        memory_bytes=sum(member.rss_pages for member in members) * _PAGE,
        ports=tuple(sorted(ports)),
    )
