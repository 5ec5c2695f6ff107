"""Pod Security: what keeps a pod from passing a level, as the cluster itself would judge it. Pure.

https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Spec = Mapping[str, Any]
PRIVILEGED, BASELINE, RESTRICTED = LEVELS = "privileged", "baseline", "restricted"
_ADDED = frozenset(
    {
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD",
        "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
    }
)  # fmt: skip
_VOLUMES = frozenset(
    {
        "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim",
        "projected", "secret",
    }
)  # fmt: skip
_PROFILES = frozenset({"RuntimeDefault", "Localhost"})


def faults(pod: Spec, level: str) -> list[str]:
    """Why a pod does not pass, in words; empty where it does, or where nothing is enforced."""
    if level == BASELINE:
        return list(_baseline(pod))
    return [*_baseline(pod), *_restricted(pod)] if level == RESTRICTED else []


def _baseline(pod: Spec) -> Iterator[str]:
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(key):
            yield f"`{key}` leaves the pod"
    for volume in pod.get("volumes") or ():
        if "hostPath" in volume:
            yield f"the volume {volume['name']} is of the node (hostPath)"
    for container in _containers(pod):
        security = container.get("securityContext") or {}
        if security.get("privileged"):
            yield "it is privileged"
        added = set(_capabilities(security, "add")) - _ADDED
        if added:
            yield f"it adds the capabilities {', '.join(sorted(added))} (cap_add)"
        if any(port.get("hostPort") for port in container.get("ports") or ()):
            yield "it takes a port of the node (hostPort)"


def _restricted(pod: Spec) -> Iterator[str]:
    for volume in pod.get("volumes") or ():
        kinds = volume.keys() - {"name"} - _VOLUMES - {"hostPath"}
        if kinds:
            yield f"the volume {volume['name']} may not be a {', '.join(kinds)}"
    around = pod.get("securityContext") or {}
    for container in _containers(pod):
        security = {**around, **(container.get("securityContext") or {})}
        if security.get("runAsUser") == 0:
            yield "it runs as root (user)"
        elif not security.get("runAsNonRoot"):
            yield "it may run as root (runAsNonRoot)"
        if security.get("allowPrivilegeEscalation") is not False:
            yield "it may gain privileges (no-new-privileges)"
        if "ALL" not in _capabilities(security, "drop"):
            yield "it keeps capabilities (cap_drop: [ALL])"
        more = set(_capabilities(security, "add")) & _ADDED - {"NET_BIND_SERVICE"}
        if more:
            yield f"it adds the capabilities {', '.join(sorted(more))} (cap_add)"
        if (security.get("seccompProfile") or {}).get("type") not in _PROFILES:
            yield "it has no seccomp profile"


def _containers(pod: Spec) -> Iterator[Spec]:
    for key in ("initContainers", "containers", "ephemeralContainers"):
        yield from pod.get(key) or ()


def _capabilities(security: Spec, key: str) -> list[str]:
    return list((security.get("capabilities") or {}).get(key) or ())
