"""The kinds that a preview uses, and the paths at which a server has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind: ``version`` as objects write it, ``plural`` as paths do."""

    kind: str
    version: str
    plural: str

    def path(self, namespace: str = "", name: str = "", part: str = "") -> str:
        """The path of an object, or of all (of a namespace); ``part``: ``log``, ``exec``, …"""
        group = f"/apis/{self.version}" if "/" in self.version else f"/api/{self.version}"
        within = f"/namespaces/{quote(namespace)}" if namespace else ""
        parts = [group + within, self.plural, quote(name), part]
        return "/".join(one for one in parts if one)


NAMESPACE = Resource("Namespace", "v1", "namespaces")
POD = Resource("Pod", "v1", "pods")
DEPLOYMENT = Resource("Deployment", "apps/v1", "deployments")
STATEFUL_SET = Resource("StatefulSet", "apps/v1", "statefulsets")
JOB = Resource("Job", "batch/v1", "jobs")
CONFIG_MAP = Resource("ConfigMap", "v1", "configmaps")
SECRET = Resource("Secret", "v1", "secrets")
INGRESS = Resource("Ingress", "networking.k8s.io/v1", "ingresses")
WORKLOADS = (DEPLOYMENT, STATEFUL_SET, JOB)
EVENT = Resource("Event", "v1", "events")
LEASE = Resource("Lease", "coordination.k8s.io/v1", "leases")
HOMES = (NAMESPACE, LEASE)
"""What a preview is known by: `homes` has the story."""
WATCHED = (*HOMES, POD, *WORKLOADS)
_HELD = ("Service", "ConfigMap", "Secret", "ServiceAccount", "PersistentVolumeClaim")
_OTHERS = (
    CONFIG_MAP,
    SECRET,
    Resource("Service", "v1", "services"),
    Resource("ServiceAccount", "v1", "serviceaccounts"),
    Resource("PersistentVolumeClaim", "v1", "persistentvolumeclaims"),
    Resource("ResourceQuota", "v1", "resourcequotas"),
    Resource("LimitRange", "v1", "limitranges"),
    Resource("NetworkPolicy", "networking.k8s.io/v1", "networkpolicies"),
    INGRESS,
)
BY_KIND = {one.kind: one for one in (*WATCHED, *_OTHERS)}
HELD = (*WORKLOADS, *(BY_KIND[one] for one in _HELD))
"""What a namespace that was made for previews is emptied of."""


def watched(namespaces: Sequence[str]) -> list[tuple[Resource, str]]:
    """What is listed and watched, and in which namespace; "": in all, whatever their number."""
    if not namespaces:
        return [(one, "") for one in WATCHED if one is not LEASE]
    return [(one, name) for name in namespaces for one in WATCHED if one is not NAMESPACE]


def name_of(made: Mapping[str, Any]) -> str:
    return str(made["metadata"]["name"])


def uid_of(made: Mapping[str, Any]) -> str:
    return str(made["metadata"]["uid"])
