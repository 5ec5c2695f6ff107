"""Pods whose node does not answer: seen from the pods alone, for no grant reads nodes. Pure."""

from __future__ import annotations

from devenv.runtimes.kubernetes.cache import Object, condition
from devenv.runtimes.kubernetes.moments import moment, told

UNREACHABLE = "node.kubernetes.io/unreachable"


def lost_since(pod: Object) -> float:
    """When the cluster began to miss its node, in seconds since the epoch; 0: it answers.

    A node says of both conditions together how they are; only the cluster's controller, which
    misses the node, takes back the one of the pod and leaves that of its containers.
    """
    ready, containers = condition(pod, "Ready"), condition(pod, "ContainersReady")
    differ = ready.get("status") == "False" and containers.get("status") == "True"
    if not differ or pod["spec"].get("readinessGates"):
        return 0.0
    return moment(str(ready.get("lastTransitionTime") or "")) or 0.0


def words(pod: Object, kind: str, since: float) -> str:
    """What is wrong, and what happens then with a pod of a workload of this kind."""
    name = pod["spec"].get("nodeName", "")
    return f"its node {name} does not answer since {told(since)}; {_then(pod, kind, since)}"


def _then(pod: Object, kind: str, since: float) -> str:
    if kind == "Job":
        return "how it ends is known once the node is back"
    if kind == "StatefulSet":
        return (
            "it may still write to its volume, so the cluster makes no other pod until the node "
            "is back, or removed from the cluster"
        )
    borne = _borne(pod)
    if borne is None:
        return "the cluster waits for the node"
    return f"the cluster makes another pod at {told(since + borne)}"


def _borne(pod: Object) -> float | None:
    """Seconds for which it may stay on a node that does not answer; None: for ever."""
    for one in pod["spec"].get("tolerations") or ():
        if one.get("key") == UNREACHABLE and one.get("effect") in {"NoExecute", None}:
            allowed = one.get("tolerationSeconds")
            return None if allowed is None else float(allowed)
    return 0.0
