"""What Compose refuses of a model that is whole: references to nothing, and contradictions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from devenv.errors import did_you_mean
from devenv.model.service import MOST_REPLICAS

Fault = tuple[tuple[str, ...], str, str]
"""The path of the key, what is wrong, and a hint."""
_NAME = re.compile(r"[a-zA-Z0-9._-]+")


def faults(model: Mapping[str, Any]) -> Iterator[Fault]:
    services: Mapping[str, Any] = model["services"]
    for name, service in services.items():
        for check in _CHECKS:
            for key, message, hint in check(name, service, model):
                yield ("services", name, key), message, hint
    for section, keys in (("secrets", ("file", "environment")), ("configs", _CONFIG)):
        for name, one in (model.get(section) or {}).items():
            yield from _source(section, name, one, keys)
    for section in ("networks", "volumes"):
        for name, one in (model.get(section) or {}).items():
            extra = one.keys() - {"name", "external", "ipam"}
            if one.get("external") and extra:
                yield (section, name, min(extra)), "it is external, so only `name` goes with it", ""
    yield from _circles(services)


_CONFIG = ("file", "environment", "content")
Found = Iterator[tuple[str, str, str]]


def _image(name: str, service: Mapping[str, Any], model: Mapping[str, Any]) -> Found:
    if not _NAME.fullmatch(name):
        yield "", f"`{name}` is not the name of a service", "letters, digits, `.`, `_` and `-`"
    if not service.keys() & {"image", "build", "provider"}:
        yield "", "it has neither an image nor a build", "add `image` or `build`"
    build = service.get("build") or {}
    if "dockerfile" in build and "dockerfile_inline" in build:
        yield "build", "`dockerfile` and `dockerfile_inline` exclude each other", ""


def _networks(name: str, service: Mapping[str, Any], model: Mapping[str, Any]) -> Found:
    if service.get("network_mode") and service.get("networks"):
        yield "networks", "`network_mode` and `networks` exclude each other", ""
    yield from _declared("networks", service.get("networks") or {}, model)


def _files(name: str, service: Mapping[str, Any], model: Mapping[str, Any]) -> Found:
    for section in ("secrets", "configs"):
        granted = [one.get("source") for one in service.get(section) or ()]
        yield from _declared(section, granted, model)
    build = service.get("build") or {}
    yield from _declared("secrets", [one["source"] for one in build.get("secrets") or ()], model)


def _volumes(name: str, service: Mapping[str, Any], model: Mapping[str, Any]) -> Found:
    mounts = service.get("volumes") or ()
    named = [one["source"] for one in mounts if one["type"] == "volume" and one.get("source")]
    yield from _declared("volumes", named, model)


def _models(name: str, service: Mapping[str, Any], model: Mapping[str, Any]) -> Found:
    yield from _declared("models", service.get("models") or {}, model)


def _declared(section: str, names: Any, model: Mapping[str, Any]) -> Found:
    known = model.get(section) or {}
    for one in names:
        if one not in known:
            hint = did_you_mean(str(one), known) or f"declare it under `{section}`"
            yield section, f"there is no {section[:-1]} {one}", hint


def _scale(name: str, service: Mapping[str, Any], model: Mapping[str, Any]) -> Found:
    scale, replicas = service.get("scale"), (service.get("deploy") or {}).get("replicas")
    if scale is not None and replicas is not None and scale != replicas:
        yield "scale", f"`scale` is {scale} and `deploy.replicas` is {replicas}", "keep one"
    count = max(scale or 0, replicas or 0)
    if count > MOST_REPLICAS:
        yield "scale", f"{count} replicas are too many", f"at most {MOST_REPLICAS}"
    if service.get("container_name") and (scale or replicas or 1) > 1:
        yield "container_name", "several replicas cannot have one name", "remove it"


def _health(name: str, service: Mapping[str, Any], model: Mapping[str, Any]) -> Found:
    check = service.get("healthcheck") or {}
    if "start_interval" in check and not check.get("start_period"):
        yield "healthcheck", "`start_interval` needs a `start_period`", ""


def _limits(name: str, service: Mapping[str, Any], model: Mapping[str, Any]) -> Found:
    limits = ((service.get("deploy") or {}).get("resources") or {}).get("limits") or {}
    for ours, theirs in (("mem_limit", "memory"), ("cpus", "cpus"), ("pids_limit", "pids")):
        if ours in service and theirs in limits and service[ours] != limits[theirs]:
            yield ours, f"`{ours}` and `deploy.resources.limits.{theirs}` differ", "keep one"


def _dependencies(name: str, service: Mapping[str, Any], model: Mapping[str, Any]) -> Found:
    for other, dependency in (service.get("depends_on") or {}).items():
        if other not in model["services"] and dependency.get("required", True):
            hint = did_you_mean(other, model["services"])
            yield "depends_on", f"it depends on {other}, and there is no such service", hint


_CHECKS: tuple[Callable[[str, Mapping[str, Any], Mapping[str, Any]], Found], ...] = (
    _image,
    _networks,
    _files,
    _volumes,
    _models,
    _scale,
    _health,
    _limits,
    _dependencies,
)


def _source(
    section: str, name: str, one: Mapping[str, Any], keys: tuple[str, ...]
) -> Iterator[Fault]:
    given = [key for key in keys if key in one]
    if one.get("external"):
        extra = one.keys() - {"name", "external"}
        if extra:
            yield (section, name, min(extra)), "it is external, so only `name` goes with it", ""
    elif len(given) > 1:
        yield (section, name, given[1]), f"{' and '.join(given)} exclude each other", "keep one"
    elif not given and "driver" not in one:
        yield (section, name), f"one of {', '.join(keys)} must be set", ""


def _circles(services: Mapping[str, Any]) -> Iterator[Fault]:
    """Name each circle of dependencies once."""
    done: set[str] = set()
    for start in services:
        path: list[str] = []
        stack = [(start, 0)]
        while stack:
            name, depth = stack.pop()
            del path[depth:]
            if name in path:
                circle = " → ".join([*path[path.index(name) :], name])
                yield ("services", name, "depends_on"), f"a circle of dependencies: {circle}", ""
                return
            if name in done or name not in services:
                continue
            path.append(name)
            inner = [one for one in services[name].get("depends_on") or () if one in services]
            if not inner:
                done.add(name)
            stack += [(one, depth + 1) for one in inner]
        done.add(start)
