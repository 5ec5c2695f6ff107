"""From the key ``preview`` to the model, with what its values have to do with others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from devenv.model.service import InPreview, Kind, Service
from devenv.profile import schema
from devenv.profile.fields import OWN_NAME
from devenv.profile.place import Place
from devenv.profile.problems import Problems
from devenv.profile.schema_preview import Amounted
from devenv.profile.tree import Table, origin_of

ADD_IMAGE = "add `image` or `build`, or remove it"


def in_preview(written: schema.Service, place: Place) -> InPreview:
    """What differs of one service."""
    found = written.preview
    if found is None:
        return InPreview()
    if written.image is None and written.build is None and written.uses is None:
        place.error("a host process is in no preview", ("preview",), ADD_IMAGE, key=True)
    if found.host and not written.ports:
        place.error("`host` needs a port to lead to", ("preview", "host"), "add `ports`")
    host = place.name if found.host == OWN_NAME else found.host
    return InPreview(host, found.replicas, _resources(found.resources))


def check_preview(
    profile: schema.Profile, services: Iterable[Service], tree: Table, problems: Problems
) -> None:
    """Note a seed that is no task, and hosts that two services would have."""
    tasks = [one.name for one in services if one.kind is Kind.TASK]
    seed = profile.preview.seed if profile.preview else ""
    if seed and seed not in tasks:
        hint = f"tasks are: {', '.join(tasks)}" if tasks else "there is no task"
        place = origin_of(tree, ("preview", "seed"))
        problems.error(f"preview.seed: there is no task {seed!r}", place, hint)
    taken: dict[str, str] = {}
    for one in services:
        host = one.preview.host
        if host and taken.setdefault(host, one.name) != one.name:
            place = origin_of(tree, ("services", one.name, "preview", "host"))
            text = f"services.{one.name}: {taken[host]} has the host {host!r} too"
            problems.error(text, place, "give one of them another")


def _resources(written: Amounted) -> Mapping[str, Mapping[str, str]]:
    """In the form of Compose's own."""
    both = {"limits": written.limits, "reservations": written.reservations}
    found = {
        key: {name: str(value) for name, value in amounts if value is not None}
        for key, amounts in both.items()
    }
    return {key: amounts for key, amounts in found.items() if amounts}
