"""The sections of a Compose file."""

from __future__ import annotations

from typing import Any

from devenv.errors import DevenvError
from devenv.profile.compose.building import STRINGS
from devenv.profile.compose.keys import SERVICE
from devenv.profile.compose.scalars import (
    absolute,
    anything,
    boolean,
    context,
    integer,
    labels,
    path,
    scalar,
    string,
)
from devenv.profile.compose.shape import (
    Keys,
    Spot,
    items,
    mapping,
    one_or_many,
    table,
)

_POOL = table(
    {"subnet": string, "ip_range": string, "gateway": string, "aux_addresses": mapping(string)}
)


def external(value: Any, spot: Spot) -> Any:
    """``external: {name: x}`` is an old way to say both."""
    return value if isinstance(value, dict) else boolean(value, spot)


NETWORKS = mapping(
    table(
        {
            "name": string,
            "driver": string,
            "driver_opts": mapping(scalar),
            "ipam": table({"driver": string, "config": items(_POOL), "options": mapping(scalar)}),
            "external": external,
            "internal": boolean,
            "attachable": boolean,
            "labels": labels,
            "enable_ipv4": boolean,
            "enable_ipv6": boolean,
        }
    )
)


def volume(value: Any, spot: Spot) -> dict[str, Any]:
    found: dict[str, Any] = _VOLUME(value, spot)
    options = found.get("driver_opts") or {}
    if found.get("driver") == "local" and options.get("o") == "bind" and "device" in options:
        options["device"] = absolute(options["device"], spot.folder)
    return found


_VOLUME = table(
    {
        "name": string,
        "driver": string,
        "driver_opts": mapping(scalar),
        "external": external,
        "labels": labels,
    }
)
VOLUMES = mapping(volume)
_FILE: Keys = {
    "name": string,
    "file": path,
    "environment": string,
    "content": string,
    "external": external,
    "labels": labels,
    "driver": string,
    "driver_opts": mapping(scalar),
    "template_driver": string,
}
CONFIGS = mapping(table(_FILE))
SECRETS = mapping(table({key: one for key, one in _FILE.items() if key != "content"}))
MODELS = mapping(
    table(
        {
            "name": string,
            "model": string,
            "context_size": integer,
            "runtime_flags": STRINGS,
        }
    )
)


def include(value: Any, spot: Spot) -> dict[str, Any]:
    found: dict[str, Any] = _INCLUDE(value if isinstance(value, dict) else {"path": value}, spot)
    if not found.get("path"):
        raise DevenvError("an include needs a `path`")
    return found


_INCLUDE = table(
    {
        "path": one_or_many(context),
        "env_file": one_or_many(path),
        "project_directory": path,
    }
)
SECTIONS: Keys = {
    "name": string,
    "version": anything,
    "include": items(include),
    "services": mapping(SERVICE),
    "networks": NETWORKS,
    "volumes": VOLUMES,
    "secrets": SECRETS,
    "configs": CONFIGS,
    "models": MODELS,
}
