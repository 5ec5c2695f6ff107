"""A preview's namespace, and what guards it: quota, limits, network, security."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from devenv.model.environment import Resources
from devenv.model.preview import Preview
from devenv.runtimes.kubernetes import names
from devenv.runtimes.kubernetes.moments import stamp
from devenv.runtimes.kubernetes.objects.bounds import UNKNOWN, USUAL, Bounds
from devenv.runtimes.kubernetes.objects.storage import shared_objects

Object = dict[str, Any]
YES = "yes"


def namespace(preview: Preview, generation: int, now: float | None = None) -> Object:
    """The namespace as it is made ``now``, in seconds since the epoch; None: at no moment yet."""
    metadata = _told(preview, now)
    labels = {**metadata["labels"], **levels(preview)}
    name = names.namespace_name(preview.name, generation)
    return _object("v1", "Namespace", {**metadata, "name": name, "labels": labels})


def levels(preview: Preview) -> dict[str, str]:
    """The labels that say which levels of Pod Security a namespace enforces and warns of."""
    own = bounds(preview)
    return {names.ENFORCE: own.enforced, names.WARN: own.warned}


def lease(preview: Preview, now: float | None = None) -> Object:
    """What says that a namespace is lent to a preview; it stays until that has been emptied."""
    metadata = {**_told(preview, now), "name": names.OURS, "finalizers": [names.EMPTIED]}
    return _object("coordination.k8s.io/v1", "Lease", metadata, spec={})


def _told(preview: Preview, now: float | None) -> Object:
    moments = (
        {}
        if now is None
        else {names.USED: stamp(now), names.EXPIRES: stamp(now + preview.lifetime)}
    )
    return {
        "labels": {
            **names.labels(preview.name),
            names.REPOSITORY: names.digest(preview.repository),
        },
        "annotations": {
            names.BRANCH: preview.branch,
            names.SOURCE: preview.repository,
            names.OWNER: preview.owner,
            **({names.REQUEST: str(preview.request)} if preview.request else {}),
            **moments,
            **({names.AT_ORIGIN: YES} if preview.was_at_origin and now is not None else {}),
        },
    }


def guards(preview: Preview, resources: Resources) -> list[Object]:
    """What a namespace has before anything runs in it. DevenvError: a volume that cannot be.

    One that is lent is guarded by who has made it.
    """
    metadata = {"name": names.OURS, "labels": names.labels(preview.name)}
    own = [
        _object("v1", "ResourceQuota", metadata, spec={"hard": dict(USUAL.quota)}),
        _object("v1", "LimitRange", metadata, spec={"limits": [_limits()]}),
        _object("networking.k8s.io/v1", "NetworkPolicy", metadata, spec=_network()),
    ]
    return [
        _object("v1", "ServiceAccount", metadata, automountServiceAccountToken=False),
        *(() if preview.cluster.namespaces else own),
        *shared_objects(resources, {"labels": names.labels(preview.name)}),
    ]


def bounds(preview: Preview) -> Bounds:
    """What its namespace allows, as far as we know."""
    cluster = preview.cluster
    return UNKNOWN if cluster.namespaces else replace(USUAL, enforced=cluster.pod_security)


def _object(version: str, kind: str, metadata: Object, **rest: Any) -> Object:
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **rest}


def _limits() -> Object:
    usual = {"default": dict(USUAL.limit), "defaultRequest": dict(USUAL.request)}
    return {"type": "Container", **usual}


def _network() -> Object:
    """Let in what is of this namespace, or of one that is no preview: an ingress, a monitor."""
    strangers = {"key": names.MANAGED_BY, "operator": "NotIn", "values": [names.OURS]}
    allowed = [{"podSelector": {}}, {"namespaceSelector": {"matchExpressions": [strangers]}}]
    return {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"from": allowed}]}
