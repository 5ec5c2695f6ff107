"""A service as people are shown it: plain values, secrets masked, each with where it was said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from shlex import join
from typing import Any

from devenv.model.origin import Origin
from devenv.model.secret import MASK, mask_addresses
from devenv.model.service import Service
from devenv.profile.tree import Path


def shown(service: Service, *, show: bool = False) -> dict[str, Any]:
    """A service as JSON has it; ``show``: secrets too."""
    told: dict[str, Any] = plain(service)
    process = told.get("process")
    if process and not show:
        process["environment"] = {
            name: MASK if name in service.secrets else mask_addresses(value)
            for name, value in process["environment"].items()
        }
        process["command"] = [mask_addresses(word) for word in process["command"]]
    container = told.get("container")
    if container and not show:
        container["definition"] = _masked(container["definition"], service.secrets)
    if not show:
        told["url"] = mask_addresses(told["url"])
    return told


def _masked(definition: dict[str, Any], secret: frozenset[str]) -> dict[str, Any]:
    variables = definition.get("environment") or {}
    hidden = {
        name: MASK if name in secret and value else value and mask_addresses(value)
        for name, value in variables.items()
    }
    return {**definition, "environment": hidden} if variables else definition


def plain(value: Any) -> Any:
    """Frozen values as JSON has them; a union's member says which one it is by ``kind``."""
    if isinstance(value, Origin):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        named = {field.name: plain(getattr(value, field.name)) for field in fields(value)}
        is_check = type(value).__name__.endswith("Check")
        return {"kind": type(value).__name__[:-5].lower(), **named} if is_check else named
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, frozenset):
        return sorted(plain(item) for item in value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a service. ``origin`` is None where it is a default."""

    key: str
    text: str
    origin: Origin | None = None


def values(service: Service, origins: Mapping[Path, Origin]) -> tuple[Value, ...]:
    """Every value of a service that says something, each once.

    ``origins``: where things stand, by path.
    """
    section = "tasks" if service.kind.value == "task" else "services"
    found = {path[2:]: at for path, at in origins.items() if path[:2] == (section, service.name)}
    told = {key: value for key, value in shown(service).items() if key not in _UNTOLD}
    flat = [(".".join(_written(path)), path, text) for path, text in _flat(told, ())]
    first = {key: (path, text) for key, path, text in reversed(flat)}
    return tuple(
        Value(key, text, _origin(path, found))
        for key, path, text in flat
        if first[key] == (path, text)
    )


_UNTOLD = frozenset({"kind", "name", "origin", "depends_on", "secrets", "automatic", "log_quota"})


def _flat(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _flat(item, (*path, key))
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for number, item in enumerate(value):
            yield from _flat(item, (*path, str(number)))
    elif isinstance(value, list):
        if value:
            yield path, join(str(item) for item in value)
    elif value not in {None, "", False}:
        yield path, _text(value)


def _text(value: object) -> str:
    if value is True:
        return "true"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _written(path: tuple[str, ...]) -> tuple[str, ...]:
    """The way to a value as a user writes it."""
    for ours, theirs in _AS_WRITTEN:
        if path[: len(ours)] == ours:
            return (*theirs, *path[len(ours) :])
    return path


_AS_WRITTEN: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("container", "definition"), ()),
    (("process", "directory"), ("working_dir",)),
    (("process",), ()),
    (("probe", "check"), ("ready",)),
    (("probe",), ("ready",)),
    (("stop", "signal"), ("stop_signal",)),
    (("stop", "grace"), ("stop_grace_period",)),
    (("restart", "policy"), ("restart",)),
)


_FILE: Path = ("env_file",)


def _origin(path: tuple[str, ...], found: Mapping[Path, Origin]) -> Origin | None:
    """Where it stands, or the nearest thing above it; a probe may be a health check.

    A variable that is not written one by one comes from a file of them.
    """
    if _written(path)[0] == "environment" and _written(path) not in found and _FILE in found:
        return found[_FILE]
    for tried in (_written(path), path, ("healthcheck", *_written(path)[1:])):
        if tried[0] == "healthcheck" and path[0] != "probe":
            continue
        steps: Path = tuple(int(step) if step.isdecimal() else step for step in tried)
        while steps:
            if steps in found:
                return found[steps]
            steps = steps[:-1]
    return None
