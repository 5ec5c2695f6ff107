"""One look at everything of an environment, in all runtimes, and at the ports that it needs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass

from devenv.model.environment import Desired, Replica, ReplicaId
from devenv.model.unit import BusyPort, Observed, Unit
from devenv.planning.capabilities import KUBERNETES
from devenv.runtimes.process.listen import busy_ports
from devenv.runtimes.protocol import Look, Runtime


@dataclass(frozen=True, slots=True)
class Seen:
    """``strangers``: ports that a replica needs and others listen on, with the holder in words.

    ``lost`` says why a runtime lost all its units; "" when it did not.
    """

    observed: Observed
    strangers: Mapping[int, str]
    lost: str = ""

    @property
    def empty(self) -> bool:
        return not self.observed.units and not self.observed.prepared


async def look(
    runtimes: Mapping[str, Runtime],
    desired: Desired,
    *,
    busy: Mapping[ReplicaId, str],
    preparing: frozenset[str],
) -> Seen:
    """Look once; ``busy`` was taken before, so that no step is judged on a stale picture."""
    looks = await asyncio.gather(*(r.observe(desired.environment) for r in runtimes.values()))
    by_name = dict(zip(runtimes, looks, strict=True))
    units = {key: unit for one in looks for key, unit in one.units.items()}
    held = {port for one in looks for port in one.ports}
    strangers, ports = _ports(_about_to_start(desired, units, busy), held)
    observed = Observed(
        units=units,
        busy=busy,
        preparing=preparing,
        prepared={name: one.prepared for name, one in by_name.items() if one.prepared},
        away={name: one.away for name, one in by_name.items() if one.away},
        stale={name: one.stale for name, one in by_name.items() if one.stale},
        ports=ports,
    )
    return Seen(observed, strangers, _lost(looks))


def _lost(looks: list[Look]) -> str:
    return next((one.lost for one in looks if one.lost), "")


def _ports(
    about_to_start: Iterable[Replica], held: Set[int]
) -> tuple[Mapping[int, str], Mapping[ReplicaId, BusyPort]]:
    needed: dict[str, dict[int, ReplicaId]] = {}
    for replica in about_to_start:
        for port in replica.service.ports:
            if isinstance(port.wanted, int) and port.wanted not in held:
                needed.setdefault(port.protocol, {})[port.wanted] = replica.id
    strangers: dict[int, str] = {}
    busy: dict[ReplicaId, BusyPort] = {}
    for protocol, replicas in needed.items():
        for number, who in busy_ports(replicas, protocol).items():
            strangers[number] = who
            busy[replicas[number]] = BusyPort(number, who)
    return strangers, busy


def _about_to_start(
    desired: Desired, units: Mapping[ReplicaId, Unit], busy: Mapping[ReplicaId, str]
) -> Iterator[Replica]:
    for wanted in desired.services.values():
        here = wanted.runtime != KUBERNETES
        for replica in wanted.replicas if here else ():
            unit = units.get(replica.id)
            if replica.id not in busy and (unit is None or (unit.exit and not unit.lingering)):
                yield replica
