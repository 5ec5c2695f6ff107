"""Which keys of a container a cluster has no word for: some are left out, others refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Definition = Mapping[str, Any]

TRANSLATED = frozenset(
    {
        "cap_add", "cap_drop", "command", "configs", "cpus", "deploy", "dns", "dns_opt",
        "dns_search", "entrypoint", "environment", "expose", "extra_hosts", "group_add", "hostname",
        "image", "mem_limit", "mem_reservation", "networks", "privileged", "pull_policy",
        "read_only", "secrets", "security_opt", "shm_size", "stdin_open", "tmpfs", "tty", "user",
        "volumes", "working_dir",
    }
)  # fmt: skip
ELSEWHERE = frozenset(
    {
        "depends_on", "env_file", "healthcheck", "label_file", "labels", "ports", "profiles",
        "restart", "scale", "stop_grace_period",
    }
)  # fmt: skip
"""What the model says in its own words already."""
WITHOUT_MEANING = frozenset(
    {
        "annotations", "attach", "build", "container_name", "develop", "init", "logging",
        "oom_kill_disable", "oom_score_adj", "platform", "pull_refresh_after", "stop_signal",
    }
)  # fmt: skip
"""What changes nothing that others see of the service; an image has its own stop signal."""
_REASONS = {
    "blkio_config": "a pod cannot limit its disks",
    "cgroup_parent": "the node's control groups are the cluster's",
    "credential_spec": "it is for Windows",
    "devices": "devices of a node are not a preview's",
    "device_cgroup_rules": "devices of a node are not a preview's",
    "external_links": "there is no other project in its namespace",
    "gpus": "there is no word for it yet",
    "ipc": "it would leave the pod",
    "links": "services find each other by their names",
    "network_mode": "every pod has an address of its own",
    "pid": "it would leave the pod",
    "provider": "it is not a container",
    "userns_mode": "it would leave the pod",
    "uts": "it would leave the pod",
    "volumes_from": "a pod mounts volumes by their names",
}

_REMEDIES = {
    "build": "or give it an `image` that the cluster can pull",
    "image": "add one",
}


def remedy(key: str) -> str:
    """What to do about a key that a cluster cannot do."""
    return _REMEDIES.get(key, "leave it out of what is previewed")


def refusals(definition: Definition) -> Iterator[tuple[str, str]]:
    """Each key that a cluster cannot do as it is written, and why."""
    known = TRANSLATED | ELSEWHERE | WITHOUT_MEANING
    for key, value in definition.items():
        if key not in known and value not in (None, False, [], {}, ""):
            yield key, _REASONS.get(key, "a cluster has no word for it")
    yield from _within(definition)
    if str(definition.get("pull_policy") or "") == "build":
        yield "pull_policy", "a cluster cannot build"
    if definition.get("image"):
        return
    if definition.get("build"):
        yield (
            "build",
            "its cluster has no registry to push to (devenv cluster add --registry|--images)",
        )
    else:
        yield "image", "a preview needs an image that the cluster can pull"


def _within(definition: Definition) -> Iterator[tuple[str, str]]:
    """What is refused of keys that are translated."""
    deploy = definition.get("deploy") or {}
    resources = deploy.get("resources") or {}
    if deploy.get("mode") not in (None, "replicated"):
        yield "deploy.mode", "a preview has as many of it as `replicas` says"
    if (resources.get("limits") or {}).get("pids"):
        yield "deploy.resources.limits.pids", "processes are limited by the node"
    reserved = resources.get("reservations") or {}
    for key in ("devices", "generic_resources"):
        if reserved.get(key):
            yield f"deploy.resources.reservations.{key}", "there is no word for it yet"
    for network, joined in (definition.get("networks") or {}).items():
        for key in ("ipv4_address", "ipv6_address", "mac_address"):
            if (joined or {}).get(key):
                yield f"networks.{network}.{key}", "a cluster chooses the addresses of pods"
