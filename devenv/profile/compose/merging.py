"""Lays one file over another, both in long form: mappings merge, lists grow, later values win."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from devenv.errors import DevenvError
from devenv.profile.compose import ports
from devenv.profile.compose.shape import RESET, Override

Path = tuple[str, ...]
Model = dict[str, Any]

_REPLACED = frozenset({"command", "entrypoint", "healthcheck.test"})
_SECRETS = "/run/secrets/"


def merge(base: Model, over: Model) -> Model:
    """Lay a whole file over another."""
    merged = _mappings(base, over, ())
    assert isinstance(merged, dict)
    return merged


def merge_service(base: Model, over: Model) -> Model:
    """Lay a service over the one that it extends."""
    return _mappings(base, over, ("services", ""))


def without_marks(value: Any) -> Any:
    """Take out what nothing was there to be reset or overridden."""
    if isinstance(value, Override):
        return without_marks(value.value)
    if isinstance(value, dict):
        return {key: without_marks(one) for key, one in value.items() if one is not RESET}
    if isinstance(value, list):
        return [without_marks(one) for one in value if one is not RESET]
    return value


def unique(service: Model) -> Model:
    """Keep of each list the last entry of each identity, in the place of the first."""
    changed = {
        key: _unique(service[key], identity)
        for key, identity in _IDENTITIES.items()
        if isinstance(service.get(key), list)
    }
    return {**service, **changed} if changed else service


def _mappings(base: Mapping[str, Any], over: Mapping[str, Any], path: Path) -> Model:
    merged = dict(base)
    for key, value in over.items():
        if value is RESET:
            merged.pop(key, None)
        elif key in merged:
            merged[key] = _merged(merged[key], value, (*path, key))
        else:
            merged[key] = without_marks(value)
    return merged


def _merged(base: Any, over: Any, path: Path) -> Any:
    if isinstance(over, Override):
        return without_marks(over.value)
    inner = path[2:] if path[:1] == ("services",) else ()
    name = ".".join(inner)
    if over is None and not _keeps_null(inner):
        return base
    if name in _REPLACED or base is None:
        return without_marks(over)
    if name == "logging" and _other_driver(base, over):
        return without_marks(over)
    if path[:1] == ("networks",) and path[2:] == ("ipam", "config"):
        return _pools(base, over)
    if isinstance(base, dict) and isinstance(over, dict):
        return _mappings(base, over, path)
    if isinstance(base, list) and isinstance(over, list):
        return _appended(base, without_marks(over), name)
    if isinstance(base, dict | list) or isinstance(over, dict | list):
        if len(inner) == 2 and inner[0] == "ulimits":
            return without_marks(over)
        raise DevenvError(f"cannot override {'.'.join(path)}: the one is a list or mapping")
    return over


def _appended(base: list[Any], over: list[Any], name: str) -> list[Any]:
    """Make one list; what has an identity is made unique later, where the newest wins."""
    return [*base, *(one for one in over if name in _IDENTITIES or one not in base)]


def _keeps_null(inner: Path) -> bool:
    return len(inner) > 1 and inner[-2] in {"environment", "args"}


def _other_driver(base: Any, over: Any) -> bool:
    drivers = {one["driver"] for one in (base, over) if isinstance(one, dict) and "driver" in one}
    return len(drivers) > 1


def _pools(base: list[Any], over: list[Any]) -> list[Any]:
    merged = {one.get("subnet", ""): one for one in base}
    for one in over:
        key = one.get("subnet", "")
        merged[key] = {**merged.get(key, {}), **one}
    return list(merged.values())


def _unique(entries: list[Any], identity: Callable[[Any], str]) -> list[Any]:
    kept: dict[str, Any] = {}
    for entry in entries:
        kept[identity(entry)] = entry
    return list(kept.values())


def _file_target(folder: str) -> Callable[[Any], str]:
    def identity(entry: Any) -> str:
        target = entry.get("target") or entry.get("source") or ""
        return str(target if target.startswith("/") else folder + target)

    return identity


def _text(entry: Any) -> str:
    return str(entry).partition("=")[0]


_IDENTITIES: dict[str, Callable[[Any], str]] = {
    "ports": ports.key_of,
    "volumes": lambda entry: str(entry.get("target")),
    "devices": lambda entry: str(entry.get("target")),
    "secrets": _file_target(_SECRETS),
    "configs": _file_target("/"),
    "env_file": lambda entry: str(entry["path"]),
    **dict.fromkeys(
        (
            "cap_add",
            "cap_drop",
            "dns",
            "dns_opt",
            "dns_search",
            "expose",
            "links",
            "profiles",
            "tmpfs",
        ),
        _text,
    ),
}
