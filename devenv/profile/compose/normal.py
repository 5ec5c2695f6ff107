"""Makes a merged model whole: names, networks, what depends on what, and variables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devenv.profile.interpolate import Lookup

Model = dict[str, Any]
_NAMED = ("networks", "volumes", "secrets", "configs")
_SHARING = ("network_mode", "ipc", "pid", "uts", "cgroup")
_PREFIX = "service:"
_STARTED = {"condition": "service_started", "required": True}


def normal(model: Model, name: str, lookup: Lookup) -> Model:
    """Give everything the form that Compose resolves it to, but for env files."""
    services = {key: _service(one, lookup) for key, one in (model.get("services") or {}).items()}
    made = {**model, "name": name, "services": services}
    made.pop("version", None)
    used = any("default" in (one.get("networks") or {}) for one in services.values())
    if used:
        made["networks"] = {"default": None, **(made.get("networks") or {})}
    for section in _NAMED:
        if made.get(section):
            made[section] = {
                key: _resource(section, key, dict(one or {}), name)
                for key, one in made[section].items()
            }
    return {key: value for key, value in made.items() if value or key in ("name", "services")}


def _service(written: Mapping[str, Any] | None, lookup: Lookup) -> Model:
    service = {key: value for key, value in (written or {}).items() if value is not None}
    service.setdefault("command", None)
    service.setdefault("entrypoint", None)
    if service.get("pull_policy") == "if_not_present":
        service["pull_policy"] = "missing"
    if "build" in service:
        service["build"] = _build(service["build"], lookup)
    if "environment" in service:
        service["environment"] = resolved(service["environment"], lookup)
    if "network_mode" not in service and "provider" not in service and not service.get("networks"):
        service["networks"] = {"default": None}
    for secret in service.get("secrets") or ():
        secret.setdefault("target", f"/run/secrets/{secret.get('source')}")
    for rule in (service.get("develop") or {}).get("watch") or ():
        rule["exec"] = {"command": None, **(rule.get("exec") or {})}
    dependencies = _dependencies(service)
    if dependencies:
        service["depends_on"] = dependencies
    if "deploy" in service:
        service["deploy"] = {"placement": {}, "resources": {}, **service["deploy"]}
    return {key: value for key, value in service.items() if key in _KEPT or value not in _EMPTY}


_KEPT = frozenset({"command", "entrypoint", "networks"})
_EMPTY: tuple[Any, ...] = ({}, [], "")


def resolved(variables: Mapping[str, str | None], lookup: Lookup) -> Model:
    """Give names alone their value, where they have one."""
    return {name: lookup(name) if text is None else text for name, text in variables.items()}


def _build(written: Mapping[str, Any], lookup: Lookup) -> Model:
    build = dict(written)
    if "dockerfile" not in build and "dockerfile_inline" not in build:
        build["dockerfile"] = "Dockerfile"
    if "args" in build:
        found = resolved(build["args"], lookup)
        build["args"] = {name: text for name, text in found.items() if text is not None}
    return {key: value for key, value in build.items() if value not in _EMPTY}


def _dependencies(service: Mapping[str, Any]) -> Model:
    """Those that are written, and those that follow from what services share."""
    found = {name: dict(one or _STARTED) for name, one in (service.get("depends_on") or {}).items()}
    for link in service.get("links") or ():
        found.setdefault(link.partition(":")[0], {**_STARTED, "restart": True})
    for key in _SHARING:
        mode = str(service.get(key) or "")
        if mode.startswith(_PREFIX):
            found.setdefault(mode.removeprefix(_PREFIX), {**_STARTED, "restart": True})
    for written in service.get("volumes_from") or ():
        if not written.startswith("container:"):
            found.setdefault(written.partition(":")[0], dict(_STARTED))
    return found


def _resource(section: str, key: str, resource: Model, project: str) -> Model:
    external = resource.get("external")
    if isinstance(external, dict):
        resource |= {"external": True, **({"name": external["name"]} if "name" in external else {})}
    if not resource.get("external"):
        resource.pop("external", None)
    if not resource.get("name"):
        resource["name"] = key if resource.get("external") else f"{project}_{key}"
    if section == "networks":
        resource.setdefault("ipam", {})
    return {k: v for k, v in resource.items() if k == "ipam" or v not in (None, False, *_EMPTY)}
