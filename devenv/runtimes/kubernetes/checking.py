"""What a cluster must let us do, asked of the cluster itself."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from devenv.errors import DevenvError
from devenv.model.preview import Cluster
from devenv.runtimes.kubernetes import names, resources
from devenv.runtimes.kubernetes.connection import Connection
from devenv.runtimes.kubernetes.errors import LoginError, RefusedError

Rights = tuple[tuple[str, str, tuple[str, ...]], ...]
"""Group, resource, verbs."""
_ALL = ("get", "list", "watch", "create", "patch", "delete")
_EMPTIED = "deletecollection"
TEAM: Rights = (
    ("", "namespaces", _ALL),
    ("", "pods", ("get", "list", "watch")),
    ("", "pods/log", ("get",)),
    ("", "events", ("list",)),
    ("", "pods/exec", ("get", "create")),
    ("", "pods/attach", ("get", "create")),
    ("", "pods/portforward", ("get", "create")),
    ("apps", "deployments", _ALL),
    ("apps", "statefulsets", _ALL),
    ("batch", "jobs", _ALL),
    ("", "configmaps", ("create", "patch", "delete")),
    ("", "secrets", ("create", "patch", "delete")),
    ("", "services", ("create", "patch", "delete")),
    ("", "persistentvolumeclaims", ("create", "patch", "delete")),
    ("", "serviceaccounts", ("create", "patch")),
    ("", "resourcequotas", ("create", "patch")),
    ("", "limitranges", ("create", "patch")),
    ("networking.k8s.io", "networkpolicies", ("create", "patch")),
)
"""What previews are made with that make their namespaces; docs/rbac/team.yaml grants the same."""
NAMESPACE: Rights = (
    ("coordination.k8s.io", "leases", _ALL),
    ("", "pods", ("get", "list", "watch")),
    ("", "pods/log", ("get",)),
    ("", "events", ("list",)),
    ("", "pods/exec", ("get", "create")),
    ("", "pods/attach", ("get", "create")),
    ("", "pods/portforward", ("get", "create")),
    ("apps", "deployments", (*_ALL, _EMPTIED)),
    ("apps", "statefulsets", (*_ALL, _EMPTIED)),
    ("batch", "jobs", (*_ALL, _EMPTIED)),
    ("", "configmaps", ("create", "patch", "delete", _EMPTIED)),
    ("", "secrets", ("create", "patch", "delete", _EMPTIED)),
    ("", "services", ("create", "patch", "delete", _EMPTIED)),
    ("", "persistentvolumeclaims", ("create", "patch", "delete", _EMPTIED)),
    ("", "serviceaccounts", ("create", "patch", "delete", _EMPTIED)),
)
"""The same in a namespace that was made for previews; docs/rbac/namespace.yaml grants it."""
ADDRESSES: Rights = (("networking.k8s.io", "ingresses", ("create", "patch", "delete", _EMPTIED)),)
"""What hosts of previews are made with; docs/rbac/addresses.yaml grants it."""
Check = dict[str, Any]


async def checks(connection: Connection, cluster: Cluster) -> list[Check]:
    """Each thing that is needed: whether it is there, and what to do where it is not.

    That it does not answer, or not to us, is said at once: who asks wants to know how it is now.
    ``cluster``: its entry as it is now, where that to which we connect may be older. LoginError.
    """
    try:
        version = await connection.call("GET", "/version", patience=0.0)
    except LoginError:
        raise
    except DevenvError as error:
        return [result("it answers", error.message, error.hint or "is the address right?")]
    lent = cluster.namespaces
    return [
        result(f"it answers, as {version.get('gitVersion', 'an unknown version')}"),
        *(await _own_namespaces(connection, cluster.pod_security) if not lent else ()),
        *[await _rights(connection, NAMESPACE, one) for one in lent],
        await _default(connection, _STORAGE),
        *(await _addresses(connection, lent) if cluster.domain else ()),
    ]


async def _own_namespaces(connection: Connection, level: str) -> list[Check]:
    """What is needed where each preview makes its namespace."""
    rights = await _rights(connection, TEAM)
    return [rights, *([await _level(connection, level)] if rights["ok"] else ())]


async def _level(connection: Connection, level: str) -> Check:
    """Whether a namespace may enforce this level of Pod Security: a dry run makes one."""
    labels = {names.MANAGED_BY: names.OURS, names.ENFORCE: level}
    body = {"metadata": {"generateName": f"{names.OURS}-", "labels": labels}}
    try:
        path = resources.NAMESPACE.path()
        await connection.call("POST", path, query={"dryRun": "All"}, body=body)
        fault = ""
    except RefusedError as error:
        fault = error.message
    hint = "docs/rbac/team.yaml has the fence that says which levels may be"
    return result(f"namespaces that enforce Pod Security {level}", fault, hint)


async def _addresses(connection: Connection, lent: Sequence[str]) -> list[Check]:
    """What is needed beyond that where services are to have hosts."""
    found = [
        await _rights(connection, ADDRESSES, one, "docs/rbac/addresses.yaml")
        for one in lent or ("",)
    ]
    return [*found, await _default(connection, _INGRESS)]


async def _rights(
    connection: Connection, rights: Rights, namespace: str = "", grant: str = ""
) -> Check:
    """Ask for each right, in a namespace or in the whole cluster."""
    denied = await asyncio.gather(*(_denied(connection, one, namespace) for one in rights))
    missing = [text for text in denied if text]
    where = f" in {namespace}" if namespace else ""
    what = "rights to hosts" if grant else "rights"
    grant = grant or f"docs/rbac/{'namespace' if namespace else 'team'}.yaml"
    return result(f"{what}{where}", "; ".join(missing), f"{grant} grants all that is needed")


async def _denied(
    connection: Connection, right: tuple[str, str, tuple[str, ...]], namespace: str
) -> str:
    group, resource, verbs = right
    name, _, part = resource.partition("/")
    asked = {"group": group, "resource": name, "subresource": part, "namespace": namespace}
    denied = [verb for verb in verbs if not await _may(connection, {**asked, "verb": verb})]
    shown = f"{resource}.{group}" if group else resource
    return f"may not {', '.join(denied)} {shown}" if denied else ""


async def _may(connection: Connection, asked: Mapping[str, str]) -> bool:
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": dict(asked)},
    }
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    answer = await connection.call("POST", path, body=body)
    return bool((answer.get("status") or {}).get("allowed"))


@dataclass(frozen=True, slots=True)
class _Default:
    """A class of which one must be the default: what it is called, where, and what lacks else."""

    what: str
    path: str
    mark: str
    lacks: str


_STORAGE = _Default(
    "a default storage class",
    "/apis/storage.k8s.io/v1/storageclasses",
    "storageclass.kubernetes.io/is-default-class",
    "there is none, so no volume can be had",
)
_INGRESS = _Default(
    "a default ingress class",
    "/apis/networking.k8s.io/v1/ingressclasses",
    "ingressclass.kubernetes.io/is-default-class",
    "there is none, so no host leads anywhere",
)


async def _default(connection: Connection, wanted: _Default) -> Check:
    try:
        found = await connection.call("GET", wanted.path)
    except RefusedError:
        return result(f"{wanted.what}, which we may not see")
    annotations = [one["metadata"].get("annotations") or {} for one in found["items"]]
    there = any(one.get(wanted.mark) == "true" for one in annotations)
    return result(wanted.what, "" if there else wanted.lacks, "name one the default")


def result(what: str, fault: str = "", hint: str = "") -> Check:
    """One thing that was looked at; ``fault``: what is wrong with it, ``hint``: what to do."""
    return {"what": what, "ok": not fault, "fault": fault, "hint": hint if fault else ""}
