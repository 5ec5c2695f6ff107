"""Previews that others have brought up: shown as they are, and reached by ports of this machine."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from devenv.daemon.board import Published
from devenv.daemon.host import Host
from devenv.daemon.intent import Intent
from devenv.daemon.tunnels import Tunnels
from devenv.model.environment import Desired, EnvironmentId, Replica, ReplicaId, Wanted
from devenv.model.origin import Origin
from devenv.model.plan import Plan
from devenv.model.preview import Preview
from devenv.model.service import InPreview, Kind, Port, Service
from devenv.model.unit import Observed, Unit
from devenv.planning.addresses import Need, claim
from devenv.planning.capabilities import KUBERNETES
from devenv.planning.view import snapshot
from devenv.planning.wishes import ClaimKey
from devenv.profile.checkout import PREVIEW, Checkout

if TYPE_CHECKING:  # loaded when the first cluster is asked
    from devenv.runtimes.kubernetes.cache import Object
    from devenv.runtimes.kubernetes.place import Place


class Visits:
    """What was reached stays reachable under its port for as long as this daemon lives."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._reached: dict[EnvironmentId, Preview] = {}
        self._claims: dict[EnvironmentId, Mapping[ClaimKey, int]] = {}
        self._tunnels: dict[EnvironmentId, Tunnels] = {}

    def see(self, preview: Preview) -> Published:
        """A preview as a round of ours would show it."""
        from devenv.runtimes.kubernetes.place import Place

        place = Place(preview, self._host.kubernetes.servers.of(preview.cluster))
        return _published(place, self._claims.get(identity_of(preview), {}))

    def reach(self, preview: Preview) -> Published:
        """The same, with a port of this machine for each of its services' ports."""
        identity = identity_of(preview)
        kubernetes = self._host.kubernetes
        found = _published(kubernetes.servers.know(identity, preview), {})
        others = [held for key, held in self._claims.items() if key != identity]
        ports = [port for held in others for port in held.values()]
        taken = frozenset({*self._host.taken(identity).ports, *ports})
        needs = [Need(one.service, 1) for one in found.desired.services.values()]
        held = self._claims.get(identity, {})
        self._claims[identity] = claim(identity, needs, held, taken)
        self._reached[identity] = preview
        reached = self.see(preview)
        tunnels = self._tunnels.setdefault(identity, Tunnels(identity, kubernetes))
        tunnels.follow(reached.desired)
        return reached

    def __iter__(self) -> Iterator[Published]:
        """Those that were reached, as they are now."""
        return map(self.see, self._reached.values())

    def end(self, identity: EnvironmentId) -> None:
        """It is ours from now on."""
        self._reached.pop(identity, None)
        self._claims.pop(identity, None)
        tunnels = self._tunnels.pop(identity, None)
        if tunnels is not None:
            tunnels.close()

    def close(self) -> None:
        for identity in list(self._tunnels):
            self.end(identity)


def identity_of(preview: Preview) -> EnvironmentId:
    """The id of its environment, wherever it is held."""
    return EnvironmentId(f"{preview.name}.{preview.cluster.name}")


def _published(place: Place, claims: Mapping[ClaimKey, int]) -> Published:
    preview = place.preview
    identity = identity_of(preview)
    checkout = Checkout(identity, preview.name, "", preview.branch, 0, 0, kind=PREVIEW)
    services = dict(_services(place, claims))
    units = {unit.id: unit for unit, _ in services.values()}
    wanted = {unit.id.service: one for unit, one in services.values()}
    desired, observed = Desired(identity, wanted), Observed(units=units)
    intent = Intent(checkout, preview=preview)
    view = snapshot(desired, observed, Plan())
    return Published(0, intent, desired, observed, Plan(), view, gone=False)


def _services(
    place: Place, claims: Mapping[ClaimKey, int]
) -> Iterator[tuple[ReplicaId, tuple[Unit, Wanted]]]:
    from devenv.runtimes.kubernetes.rows import unit_of

    boot = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    for key, (_, workload) in sorted(place.workloads(boot).items()):
        unit = unit_of(workload)
        service = _service(key.service, workload.made, claims)
        replica = Replica(service, key.index, unit.fingerprint, unit.generation)
        replicas = () if unit.exit and unit.exit.requested else (replica,)
        yield key, (unit, Wanted(service, KUBERNETES, replicas))


def _service(name: str, workload: Object, claims: Mapping[ClaimKey, int]) -> Service:
    """As much of a service as its workload tells of it."""
    from devenv.runtimes.kubernetes import names
    from devenv.runtimes.kubernetes.cache import annotation

    container = workload["spec"]["template"]["spec"]["containers"][0]
    ports = tuple(
        replace(port, wanted=claims.get((name, 0, port.name)))
        for port in map(_port, container.get("ports") or ())
    )
    kind = Kind.TASK if workload["kind"] == "Job" else Kind.SERVICE
    preview = InPreview(annotation(workload, names.HOST))
    return Service(name, Origin(""), kind=kind, ports=ports, preview=preview)


def _port(written: Mapping[str, Any]) -> Port:
    number, protocol = int(written["containerPort"]), str(written.get("protocol", "TCP")).lower()
    return Port(f"{protocol}-{number}", protocol=protocol, target=number, movable=True)
