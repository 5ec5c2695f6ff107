"""What a namespace's guards will say to the pods that are rendered, before any is made. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from devenv.model.origin import Origin, Problem
from devenv.model.service import Service
from devenv.runtimes.kubernetes.objects.bounds import Bounds
from devenv.runtimes.kubernetes.objects.quantities import amount, shown
from devenv.runtimes.kubernetes.objects.security import faults

Object = Mapping[str, Any]
_KEYS = {"cpu": "cpus", "memory": "mem_limit"}
_WORDS = {
    "requests.cpu": "processors that they ask for",
    "requests.memory": "memory that they ask for",
    "limits.cpu": "processors that they may use",
    "limits.memory": "memory that they may use",
    "pods": "pods",
}
_COUNTED = {"Service": "services", "PersistentVolumeClaim": "persistentvolumeclaims"}


@dataclass(frozen=True, slots=True)
class Rendered:
    """A service and its objects, the workload last."""

    service: Service
    objects: Sequence[Object]

    @property
    def workload(self) -> Object:
        return self.objects[-1]

    @property
    def pod(self) -> Object:
        found: Object = self.workload["spec"]["template"]["spec"]
        return found


def verdicts(bounds: Bounds, made: Sequence[Rendered], others: Sequence[Object]) -> list[Problem]:
    """All that would keep pods from being made, and warnings; ``others``: what services share.

    What the quota refuses could never stand side by side: a task may wait for another to end.
    """
    found = [problem for one in made for problem in _of_one(bounds, one)]
    warned = _warned(bounds, made)
    return [*found, *warned, *_quota(bounds, made), *_counts(bounds, made, others)]


def _of_one(bounds: Bounds, one: Rendered) -> Iterator[Problem]:
    def problem(message: str, hint: str) -> Problem:
        text = f"{one.service.name}: in a preview, {message}"
        return Problem(text, one.service.origin, hint)

    for fault in faults(one.pod, bounds.enforced):
        yield problem(f"Pod Security `{bounds.enforced}` forbids it: {fault}", "leave it out")
    for container in one.pod["containers"]:
        yield from _limits(bounds, container, problem)


def _warned(bounds: Bounds, made: Sequence[Rendered]) -> Iterator[Problem]:
    """What is only warned of, once for all services of which it is the same."""
    alike: dict[tuple[str, ...], list[Service]] = {}
    for one in made:
        enforced = faults(one.pod, bounds.enforced)
        warned = tuple(fault for fault in faults(one.pod, bounds.warned) if fault not in enforced)
        alike.setdefault(warned, []).append(one.service)
    for warned, services in alike.items():
        if warned:
            names = ", ".join(service.name for service in services)
            why = f"Pod Security `{bounds.warned}` would refuse: {'; '.join(warned)}"
            hint = "nothing enforces that here"
            yield Problem(f"{names}: in a preview, {why}", services[0].origin, hint, warning=True)


def _limits(
    bounds: Bounds, container: Object, problem: Callable[..., Problem]
) -> Iterator[Problem]:
    written = (container.get("resources") or {}).get("limits") or {}
    for resource, key in _KEYS.items() if bounds.limit else ():
        limit, request = _effective(bounds, container, resource)
        if request > limit:
            asks, most = shown(f"requests.{resource}", request), shown(f"limits.{resource}", limit)
            usual = "" if resource in written else ", which is the usual limit"
            text = f"it asks for {asks} of {resource} and may use {most}{usual}"
            yield problem(text, f"give it more with `{key}`")


def _effective(bounds: Bounds, container: Object, resource: str) -> tuple[Fraction, Fraction]:
    """Limit and request of a container, once the cluster has filled in what it does not say."""
    written = container.get("resources") or {}
    limit = (written.get("limits") or {}).get(resource)
    request = (written.get("requests") or {}).get(resource) or limit
    usual = bounds.limit.get(resource, "0"), bounds.request.get(resource, "0")
    return amount(limit or usual[0]), amount(request or usual[1])


def _quota(bounds: Bounds, made: Sequence[Rendered]) -> Iterator[Problem]:
    """What all services need at once, and each task for itself."""
    stay = [one for one in made if one.workload["kind"] != "Job"]
    together = [stay, *([one] for one in made if one.workload["kind"] == "Job")]
    for key, hard in bounds.quota.items():
        for group in together if key in _WORDS else ():
            needs = [(one, _needs(bounds, one, key)) for one in group]
            yield from _over(key, hard, [(one.service.name, need) for one, need in needs if need])


def _needs(bounds: Bounds, one: Rendered, key: str) -> Fraction:
    pods = Fraction(one.workload["spec"].get("replicas", 1))
    if key == "pods":
        return pods
    which, resource = key.split(".")
    at = 0 if which == "limits" else 1
    each = (_effective(bounds, container, resource)[at] for container in one.pod["containers"])
    return pods * sum(each, Fraction())


def _over(key: str, hard: str, needs: Iterable[tuple[str, Fraction]]) -> Iterator[Problem]:
    each = sorted(needs, key=lambda one: one[1], reverse=True)
    total = sum((need for _, need in each), Fraction())
    if total <= amount(hard):
        return
    named = ", ".join(f"{name} {shown(key, need)}" for name, need in each)
    text = f"{shown(key, total)} {_WORDS[key]}, where a preview may have {hard} ({key}): {named}"
    yield Problem(text, Origin(""), "preview fewer services, or let them ask for less")


def _counts(
    bounds: Bounds, made: Sequence[Rendered], others: Sequence[Object]
) -> Iterator[Problem]:
    kinds = [one["kind"] for rendered in made for one in rendered.objects]
    kinds += [one["kind"] for one in others]
    for kind, key in _COUNTED.items():
        hard, number = bounds.quota.get(key), kinds.count(kind)
        if hard is not None and number > int(hard):
            text = f"{number} objects of the kind {kind}, where a preview may have {hard}"
            yield Problem(text, Origin(""), "preview fewer services")
