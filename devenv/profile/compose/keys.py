"""The keys of a service, each with the reader of its value."""

from __future__ import annotations

from typing import Any

from devenv.errors import DevenvError
from devenv.profile import fields
from devenv.profile.compose import mounts
from devenv.profile.compose.building import STRINGS, build
from devenv.profile.compose.ports import ports
from devenv.profile.compose.scalars import (
    anything,
    boolean,
    command,
    context,
    duration,
    hosts,
    integer,
    labels,
    number,
    one_of,
    pairs,
    path,
    scalar,
    size,
    string,
)
from devenv.profile.compose.shape import (
    Keys,
    Reader,
    Spot,
    items,
    mapping,
    names_or_table,
    one_or_many,
    spread,
    table,
)


def environment_file(value: Any, spot: Spot) -> dict[str, Any]:
    if isinstance(value, str):
        value = {"path": value}
    found: dict[str, Any] = _ENV_FILE(value, spot)
    if not found.get("path"):
        raise DevenvError("an env file needs a `path`")
    return {"required": True, **found}


_ENV_FILE = table({"path": path, "required": boolean, "format": string})


def _test(value: Any, spot: Spot) -> list[str]:
    if isinstance(value, str):
        return ["CMD-SHELL", value]
    words: list[str] = STRINGS(value, spot)
    if not words or words[0] not in ("NONE", "CMD", "CMD-SHELL"):
        raise DevenvError("a test begins with NONE, CMD or CMD-SHELL")
    return words


HEALTHCHECK = table(
    {
        "disable": boolean,
        "interval": duration,
        "retries": integer,
        "start_interval": duration,
        "start_period": duration,
        "test": _test,
        "timeout": duration,
    }
)


def cpus(value: Any, spot: Spot) -> int | float:
    return number(value, spot)


_REQUEST = table(
    {
        "capabilities": STRINGS,
        "count": lambda value, spot: -1 if value == "all" else integer(value, spot),
        "device_ids": STRINGS,
        "driver": string,
        "options": pairs,
    }
)


def request(value: Any, spot: Spot) -> dict[str, Any]:
    found: dict[str, Any] = _REQUEST(value, spot)
    if "capabilities" not in found:
        raise DevenvError("a device needs `capabilities`")
    if "count" in found and "device_ids" in found:
        raise DevenvError("`count` and `device_ids` exclude each other")
    return found if found.keys() & {"count", "device_ids"} else {**found, "count": -1}


def gpus(value: Any, spot: Spot) -> list[Any]:
    if value == "all":
        return [{"count": -1}]
    found: list[Any] = items(request)(value, spot)
    return found


_GENERIC = items(table({"discrete_resource_spec": table({"kind": string, "value": integer})}))
_UPDATE = table(
    {
        "parallelism": integer,
        "delay": duration,
        "failure_action": string,
        "monitor": duration,
        "max_failure_ratio": number,
        "order": one_of("start-first", "stop-first"),
    }
)
DEPLOY = table(
    {
        "mode": string,
        "endpoint_mode": string,
        "replicas": integer,
        "labels": labels,
        "rollback_config": _UPDATE,
        "update_config": _UPDATE,
        "resources": table(
            {
                "limits": table({"cpus": cpus, "memory": size, "pids": integer}),
                "reservations": table(
                    {
                        "cpus": cpus,
                        "memory": size,
                        "generic_resources": _GENERIC,
                        "devices": items(request),
                    }
                ),
            }
        ),
        "restart_policy": table(
            {
                "condition": string,
                "delay": duration,
                "max_attempts": integer,
                "window": duration,
            }
        ),
        "placement": table(
            {
                "constraints": STRINGS,
                "preferences": items(table({"spread": string})),
                "max_replicas_per_node": integer,
            }
        ),
    }
)

_CONDITIONS = one_of("service_started", "service_healthy", "service_completed_successfully")
_DEPENDENCY = table({"condition": _CONDITIONS, "required": boolean, "restart": boolean})


def dependency(value: Any, spot: Spot) -> dict[str, Any]:
    found: dict[str, Any] = _DEPENDENCY(value, spot)
    if "condition" not in found:
        raise DevenvError("a dependency needs a `condition`")
    return {"required": True, **found}


_HOOK: Keys = {
    "command": command,
    "user": string,
    "privileged": boolean,
    "working_dir": string,
    "environment": pairs,
}
_TRIGGER = table(
    {
        "path": path,
        "action": one_of("rebuild", "sync", "restart", "sync+restart", "sync+exec"),
        "target": string,
        "ignore": one_or_many(string),
        "include": one_or_many(string),
        "initial_sync": boolean,
        "exec": table(_HOOK),
    }
)


def trigger(value: Any, spot: Spot) -> dict[str, Any]:
    found: dict[str, Any] = _TRIGGER(value, spot)
    if not found.get("path") or not found.get("action"):
        raise DevenvError("a rule needs a `path` and an `action`")
    return found


NETWORK = table(
    {
        "aliases": STRINGS,
        "interface_name": string,
        "ipv4_address": string,
        "ipv6_address": string,
        "link_local_ips": STRINGS,
        "mac_address": string,
        "driver_opts": mapping(scalar),
        "priority": number,
        "gw_priority": number,
    }
)
_DEVICE_RATE = items(table({"path": string, "rate": size}))
_WEIGHT = items(table({"path": string, "weight": integer}))


def weights(value: Any, spot: Spot) -> list[dict[str, Any]]:
    """In the capitals that Compose's own resolver prints."""
    return [{key.capitalize(): one for key, one in entry.items()} for entry in _WEIGHT(value, spot)]


def restart(value: Any, spot: Spot) -> str:
    """As it is written: the model has it so. Raises DevenvError for what is no policy."""
    written = string(value, spot)
    fields.restart(written)
    return written


def extends(value: Any, spot: Spot) -> dict[str, Any]:
    found = {"service": value} if isinstance(value, str) else _EXTENDS(value, spot)
    if not found.get("service"):
        raise DevenvError("`extends` needs a `service`")
    return found


_EXTENDS = table({"service": string, "file": context})

_CONTAINER: Keys = {
    "annotations": labels,
    "blkio_config": table(
        {
            "device_read_bps": _DEVICE_RATE,
            "device_read_iops": _DEVICE_RATE,
            "device_write_bps": _DEVICE_RATE,
            "device_write_iops": _DEVICE_RATE,
            "weight": integer,
            "weight_device": weights,
        }
    ),
    "cap_add": STRINGS,
    "cap_drop": STRINGS,
    "cgroup": one_of("host", "private"),
    "cgroup_parent": string,
    "command": command,
    "configs": items(mounts.file),
    "cpu_count": integer,
    "cpu_percent": number,
    "cpu_period": integer,
    "cpu_quota": integer,
    "cpu_rt_period": integer,
    "cpu_rt_runtime": integer,
    "cpu_shares": integer,
    "cpus": cpus,
    "cpuset": string,
    "credential_spec": table({"config": string, "file": string, "registry": string}),
    "device_cgroup_rules": STRINGS,
    "devices": items(mounts.device),
    "dns": one_or_many(string),
    "dns_opt": STRINGS,
    "dns_search": one_or_many(string),
    "domainname": string,
    "entrypoint": command,
    "env_file": one_or_many(environment_file),
    "environment": pairs,
    "extra_hosts": hosts,
    "gpus": gpus,
    "group_add": STRINGS,
    "hostname": string,
    "image": string,
    "init": boolean,
    "ipc": string,
    "isolation": string,
    "label_file": one_or_many(path),
    "labels": labels,
    "logging": table({"driver": string, "options": mapping(scalar)}),
    "mac_address": string,
    "mem_limit": size,
    "mem_reservation": size,
    "mem_swappiness": lambda value, spot: str(integer(value, spot)),
    "memswap_limit": size,
    "models": names_or_table(table({"endpoint_var": string, "model_var": string})),
    "network_mode": string,
    "networks": names_or_table(NETWORK),
    "oom_kill_disable": boolean,
    "oom_score_adj": integer,
    "pid": string,
    "pids_limit": integer,
    "platform": string,
    "privileged": boolean,
    "pull_policy": string,
    "pull_refresh_after": string,
    "read_only": boolean,
    "runtime": string,
    "secrets": items(mounts.file),
    "security_opt": STRINGS,
    "shm_size": size,
    "stdin_open": boolean,
    "stop_grace_period": duration,
    "stop_signal": string,
    "storage_opt": mapping(scalar),
    "sysctls": pairs,
    "tmpfs": one_or_many(string),
    "tty": boolean,
    "ulimits": mapping(mounts.ulimit),
    "umask": scalar,
    "use_api_socket": boolean,
    "user": scalar,
    "userns_mode": string,
    "uts": string,
    "volumes": items(mounts.mount),
    "volumes_from": STRINGS,
    "working_dir": string,
}
SERVICE_KEYS: Keys = {
    **_CONTAINER,
    "attach": boolean,
    "build": build,
    "container_name": string,
    "depends_on": names_or_table(dependency, {"condition": "service_started"}),
    "deploy": DEPLOY,
    "develop": table({"watch": items(trigger)}),
    "expose": STRINGS,
    "extends": extends,
    "external_links": STRINGS,
    "healthcheck": HEALTHCHECK,
    "links": STRINGS,
    "ports": spread(ports),
    "post_start": items(table(_HOOK)),
    "pre_start": items(table({**_CONTAINER, "per_replica": boolean})),
    "pre_stop": items(table(_HOOK)),
    "profiles": STRINGS,
    "provider": table({"type": string, "options": mapping(anything)}),
    "restart": restart,
    "scale": integer,
}
SERVICE: Reader = table(SERVICE_KEYS)
