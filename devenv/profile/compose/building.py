"""The keys of ``build``."""

from __future__ import annotations

from typing import Any

from devenv.profile.compose import mounts
from devenv.profile.compose.scalars import (
    boolean,
    context,
    hosts,
    labels,
    pairs,
    scalar,
    size,
    string,
)
from devenv.profile.compose.shape import (
    Spot,
    items,
    mapping,
    one_or_many,
    table,
)

STRINGS = items(scalar)


def build(value: Any, spot: Spot) -> dict[str, Any]:
    found: dict[str, Any] = _BUILD({"context": value} if isinstance(value, str) else value, spot)
    return found


def ssh(value: Any, spot: Spot) -> Any:
    """``default``, or ``name=path``."""
    if isinstance(value, dict):
        return [name if one in (None, "") else f"{name}={one}" for name, one in value.items()]
    return [scalar(one, spot) for one in (value if isinstance(value, list) else [value])]


def _contexts(value: Any, spot: Spot) -> dict[str, str]:
    found = pairs(value, spot)
    return {name: context(text or "", spot) for name, text in found.items()}


_BUILD = table(
    {
        "additional_contexts": _contexts,
        "args": pairs,
        "cache_from": STRINGS,
        "cache_to": STRINGS,
        "context": context,
        "dockerfile": string,
        "dockerfile_inline": string,
        "entitlements": STRINGS,
        "extra_hosts": hosts,
        "isolation": string,
        "labels": labels,
        "network": string,
        "no_cache": boolean,
        "no_cache_filter": one_or_many(string),
        "platforms": STRINGS,
        "privileged": boolean,
        "provenance": scalar,
        "pull": boolean,
        "sbom": scalar,
        "secrets": items(mounts.file),
        "shm_size": size,
        "ssh": ssh,
        "tags": STRINGS,
        "target": string,
        "ulimits": mapping(mounts.ulimit),
    }
)
