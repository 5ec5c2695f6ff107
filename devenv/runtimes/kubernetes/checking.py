"""What a cluster must let us do, asked of the cluster itself."""

from __future__ import annotations

import asyncio
from typing import Any

from devenv.errors import DevenvError
from devenv.runtimes.kubernetes.connection import Connection
from devenv.runtimes.kubernetes.errors import RefusedError

DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
_ALL = ("get", "list", "watch", "create", "patch", "delete")
RIGHTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("", "namespaces", _ALL),
    ("", "pods", ("get", "list", "watch")),
    ("", "pods/log", ("get",)),
    ("", "pods/exec", ("get", "create")),
    ("", "pods/portforward", ("get", "create")),
    ("apps", "deployments", _ALL),
    ("apps", "statefulsets", _ALL),
    ("batch", "jobs", _ALL),
    ("", "configmaps", ("get", "create", "patch", "delete")),
    ("", "secrets", ("get", "create", "patch", "delete")),
    ("", "services", ("get", "create", "patch", "delete")),
    ("", "serviceaccounts", ("get", "create", "patch")),
    ("", "persistentvolumeclaims", ("get", "create", "patch", "delete")),
    ("", "resourcequotas", ("get", "create", "patch")),
    ("", "limitranges", ("get", "create", "patch")),
    ("networking.k8s.io", "networkpolicies", ("get", "create", "patch")),
)
"""Group, resource, verbs: what a preview is made with. docs/clusters.md says the same."""
Check = dict[str, Any]


async def checks(connection: Connection) -> list[Check]:
    """Each thing that is needed: whether it is there, and what to do where it is not."""
    try:
        version = await connection.call("GET", "/version")
    except DevenvError as error:
        return [_check("it answers", error.message, error.hint or "is the address right?")]
    rights = await asyncio.gather(*(_missing(connection, *right) for right in RIGHTS))
    missing = [text for text in rights if text]
    return [
        _check(f"it answers, as {version.get('gitVersion', 'an unknown version')}"),
        _check("rights", "; ".join(missing), "docs/clusters.md lists them all"),
        await _storage(connection),
    ]


async def _missing(
    connection: Connection, group: str, resource: str, verbs: tuple[str, ...]
) -> str:
    denied = [verb for verb in verbs if not await _may(connection, group, resource, verb)]
    shown = f"{resource}.{group}" if group else resource
    return f"may not {', '.join(denied)} {shown}" if denied else ""


async def _may(connection: Connection, group: str, resource: str, verb: str) -> bool:
    name, _, part = resource.partition("/")
    asked = {"verb": verb, "group": group, "resource": name, "subresource": part}
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": asked},
    }
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    answer = await connection.call("POST", path, body=body)
    return bool((answer.get("status") or {}).get("allowed"))


async def _storage(connection: Connection) -> Check:
    try:
        found = await connection.call("GET", "/apis/storage.k8s.io/v1/storageclasses")
    except RefusedError:
        return _check("a default storage class, which we may not see")
    annotations = [one["metadata"].get("annotations") or {} for one in found["items"]]
    there = any(one.get(DEFAULT_CLASS) == "true" for one in annotations)
    return _check(
        "a default storage class",
        "" if there else "there is none, so no volume can be had",
        "name one the default",
    )


def _check(what: str, fault: str = "", hint: str = "") -> Check:
    return {"what": what, "ok": not fault, "fault": fault, "hint": hint if fault else ""}
