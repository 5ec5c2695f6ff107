"""What ``preview up`` would do: steps, objects, and what the cluster would say. Nothing is made."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devenv.daemon.desired import applied_resources, desired
from devenv.daemon.digests import warnings
from devenv.daemon.environment import boottime
from devenv.daemon.intent import Intent
from devenv.daemon.verbs.clusters import named
from devenv.daemon.verbs.context import Answer, Context, Params
from devenv.daemon.verbs.previewing import (
    adopted,
    aside,
    basis_of,
    faults,
    find_digests,
    lasting,
    meant_by,
    named_by,
    remembered,
    taken,
    with_lost,
)
from devenv.model.environment import Desired, EnvironmentId, Replica, Resources
from devenv.model.snapshot import Snapshot
from devenv.model.unit import Observed
from devenv.planning.capabilities import KUBERNETES
from devenv.planning.forecast import forecast
from devenv.planning.supervise import Fate, verdict
from devenv.runtimes.kubernetes.objects.manifests import manifest_objects
from devenv.runtimes.kubernetes.objects.namespace import guards, levels
from devenv.runtimes.kubernetes.objects.service import objects

if TYPE_CHECKING:  # loaded when the first cluster is asked
    from devenv.runtimes.kubernetes.comparing import Changed
    from devenv.runtimes.kubernetes.place import Place

ELSEWHERE = "elsewhere"
"""What is prepared is not known: another daemon did it."""
Object = Mapping[str, Any]


async def plan(context: Context, params: Params) -> Answer:
    """Say what ``up`` would do, by the cluster's own word where the namespace is there."""
    async with aside() as folder:
        return await _foreseen(context, params, folder)


async def _foreseen(context: Context, params: Params, folder: Path) -> Answer:
    from devenv.runtimes.kubernetes.place import Place

    meant = await meant_by(context, params, named(str(params.get("cluster") or "")), folder)
    place = Place(meant.preview, context.registry.host.kubernetes.servers.of(meant.preview.cluster))
    await place.server.reach()
    meant, known = await remembered(context, meant, place.server)
    basis, along = await basis_of(context, params, meant)
    along = await with_lost(context, params, meant, basis, along)
    meant = lasting(params, meant, basis)
    live = next((one for one in context.registry if one.id == meant.id), None)
    fresh = Intent(meant.checkout, preview=meant.preview)
    before = live.board.newest.intent if live else adopted(fresh, place)
    snapshot = live.board.newest.snapshot if live else Snapshot()
    seen = live.board.newest.observed if live else _seen(place)
    intent = taken(context, params, meant, basis, along)(before, snapshot)
    home = context.registry.host.home
    found = faults(intent, home)
    errors = [problem for problem in found if not problem.warning]
    if not errors:
        pinned = await find_digests(context, params, intent, known)
        intent = replace(intent, digests=pinned.digests)
        found += warnings(named_by(intent), pinned)
    wanted, resources = desired(intent, home), applied_resources(intent, home)
    changes = [] if errors else await _changes(place, resources, wanted, seen)
    rounds = [] if errors else forecast(_of_preview(wanted), seen, boottime())
    return Answer(
        {
            "rounds": [list(lines) for lines in rounds],
            "objects": [asdict(one) for one in changes],
            "problems": [one.fields for one in (*basis.loaded.problems, *found)],
        }
    )


def _of_preview(wanted: Desired) -> Desired:
    """All but what this machine keeps of it for its daemons."""
    prepared = {key: one for key, one in wanted.preparation.items() if key == KUBERNETES}
    return replace(wanted, preparation=prepared)


def _seen(place: Place) -> Observed:
    """What there is of a preview that this daemon holds nothing of."""
    from devenv.runtimes.kubernetes.rows import unit_of

    boot = time.time() - boottime()
    units = {key: unit_of(one) for key, (_, one) in place.workloads(boot).items()}
    return Observed(units=units, prepared={KUBERNETES: ELSEWHERE} if place.namespace else {})


async def _changes(
    place: Place, resources: Resources, wanted: Desired, seen: Observed
) -> list[Changed]:
    from devenv.runtimes.kubernetes import comparing
    from devenv.runtimes.kubernetes.homes import home_of
    from devenv.runtimes.kubernetes.inventory import MANIFESTS, Inventory

    name, namespace = place.preview.name, place.namespace
    shared = guards(place.preview, resources)
    raw = manifest_objects(place.preview, resources.manifests)
    each = [(replica, objects(name, replica.service)) for replica in _replicas(wanted)]
    if not namespace:
        made = [one for _, found in each for one in found]
        return comparing.made([home_of(place.preview), *shared, *raw, *made])
    is_so = partial(_is_so, wanted.environment, seen)
    open_ones = [one for replica, found in each if not is_so(replica) for one in found]
    changes = [
        *_relabelled(place),
        *await comparing.changed(place.server, namespace, [*shared, *raw, *open_ones]),
    ]
    kept = [*raw, *(one for _, found in each for one in found)]
    applied = {(one["kind"], one["metadata"]["name"]) for one in kept}
    inventory = Inventory(place.server, namespace, name)
    services = {MANIFESTS, *(replica.service.name for replica, _ in each)}
    return [*changes, *await comparing.removed(inventory, services, applied)]


def _relabelled(place: Place) -> list[Changed]:
    """The namespace, where it would enforce something else."""
    from devenv.runtimes.kubernetes import comparing
    from devenv.runtimes.kubernetes.homes import is_lent

    home = place.server.homes.living(place.preview)
    if home is None or is_lent(home):
        return []
    return comparing.relabelled(home, levels(place.preview))


def _replicas(wanted: Desired) -> Iterator[Replica]:
    for service in wanted.services.values():
        yield from service.replicas


def _is_so(environment: EnvironmentId, seen: Observed, replica: Replica) -> bool:
    """Tell whether nothing would be applied for it."""
    unit = seen.units.get(replica.id)
    asked = (replica.fingerprint, replica.generation)
    if unit is None or (unit.fingerprint, unit.generation) != asked:
        return False
    return verdict(environment, replica.service, unit).fate in {Fate.RUNS, Fate.DONE}
