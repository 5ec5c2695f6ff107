"""What the controllers and the kubelet of the fake do: pods come, are ready, end and go."""

from __future__ import annotations

import itertools
from typing import Any

from tests.fakes.store import Key, Object, Store

_PLURALS = {"Deployment": "deployments", "StatefulSet": "statefulsets", "Job": "jobs"}
NOW = "2026-01-01T00:00:00Z"


class Controllers:
    """``refused`` is what keeps every pod from being made; ``waiting`` what keeps it unready.

    ``clinging``: pods that are to go run on.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._containers = itertools.count(1)
        self.refused = ""
        self.waiting: dict[str, str] = {}
        self.clinging = False

    def settle(self, key: Key) -> None:
        """Do what an object of this key asks for now."""
        made = self._store.objects.get(key)
        if made is None:
            for pod in list(self._store.select("pods", key[1], {})):
                if pod["metadata"].get("annotations", {}).get("owner") == f"{key[0]}/{key[2]}":
                    self._store.remove(("pods", key[1], pod["metadata"]["name"]))
        elif key[0] in _PLURALS.values():
            self._scale(key, made)

    def replace(self, gone: Object) -> None:
        """Have another pod in place of one that was deleted."""
        plural, _, name = gone["metadata"].get("annotations", {}).get("owner", "").partition("/")
        self.settle((plural, gone["metadata"].get("namespace", ""), name))

    def restart(self, key: Key, code: int = 0) -> None:
        """Let the container of a pod end, and begin anew, with the files of its image."""
        pod = self._store.objects[key]
        running = {"running": {"startedAt": NOW}}
        made = _pod(running, "Running", pod, self._container())
        made["status"]["containerStatuses"][0]["lastState"] = _terminated(pod, code)
        self._status(key, made)

    def end(self, namespace: str, service: str, code: int) -> None:
        """Let the pod of a Job end."""
        key = ("jobs", namespace, service)
        job = self._store.objects[key]
        for pod in list(self._pods(key)):
            phase, ended = "Failed" if code else "Succeeded", _terminated(pod, code)
            self._status(("pods", namespace, pod["metadata"]["name"]), _pod(ended, phase, pod))
        condition = {
            "type": "Failed" if code else "Complete",
            "status": "True",
            "lastTransitionTime": "2030-01-01T00:00:00Z",
            "message": "BackoffLimitExceeded" if code else "",
        }
        self._status(key, {**job, "status": {"conditions": [condition]}})

    def _scale(self, key: Key, made: Object) -> None:
        job = key[0] == "jobs"
        if job and (made.get("status") or {}).get("conditions"):
            return
        spec = made["spec"]
        wanted = int(not spec.get("suspend")) if job else spec.get("replicas", 1)
        wanted = 0 if self.refused else wanted
        pods = list(self._pods(key))
        for pod in [one for one in pods if not job and not _is_of(one, made)]:
            self._store.remove(("pods", key[1], pod["metadata"]["name"]))
        pods = list(self._pods(key))
        for pod in pods[wanted:]:
            self._end(("pods", key[1], pod["metadata"]["name"]), pod)
        taken = {pod["metadata"]["name"] for pod in pods}
        names = (f"{key[2]}-{number}" for number in itertools.count())
        free = (name for name in names if name not in taken)
        for name in itertools.islice(free, max(0, wanted - len(pods))):
            self._make_pod(key, made, name)
        if not job:
            self._status(key, {**made, "status": self._counts(key[0], made, wanted)})
        if self.refused and key[0] != "deployments":
            self._tell(key, made)

    def _tell(self, key: Key, made: Object) -> None:
        """Let an event say why there is no pod."""
        event = {
            "reason": "FailedCreate",
            "message": f"Error creating: {self.refused}",
            "lastTimestamp": "2030-01-01T00:00:00Z",
            "involvedObject": {"uid": made["metadata"]["uid"]},
        }
        self._store.put(("events", key[1], f"{key[2]}.1"), event)

    def _end(self, key: Key, pod: Object) -> None:
        if self.clinging:
            self._store.put(key, leaving(pod))
        else:
            self._store.remove(key)

    def _counts(self, plural: str, made: Object, pods: int) -> Object:
        ready = 0 if self.waiting else pods
        counts: Object = {
            "observedGeneration": made["metadata"]["generation"],
            "replicas": pods,
            "updatedReplicas": pods,
            "readyReplicas": ready,
        }
        if self.refused and plural == "deployments":
            condition = {"type": "ReplicaFailure", "status": "True", "message": self.refused}
            counts["conditions"] = [condition]
        return counts

    def _container(self) -> str:
        return f"container-{next(self._containers)}"

    def _make_pod(self, key: Key, made: Object, name: str) -> None:
        template = made["spec"]["template"]["metadata"]
        own = {"owner": f"{key[0]}/{key[2]}"}
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "labels": template["labels"],
                "annotations": {**template.get("annotations", {}), **own},
            },
            "spec": made["spec"]["template"]["spec"],
        }
        state: Any = {"waiting": self.waiting} if self.waiting else {"running": {"startedAt": NOW}}
        self._store.put(("pods", key[1], name), _pod(state, "Running", pod, self._container()))

    def _pods(self, key: Key) -> list[Object]:
        owner = f"{key[0]}/{key[2]}"
        pods = self._store.select("pods", key[1], {})
        return [one for one in pods if one["metadata"]["annotations"]["owner"] == owner]

    def _status(self, key: Key, made: Object) -> None:
        self._store.put(key, made)


def _terminated(pod: Object, code: int) -> Object:
    """The state of a container of a pod that has ended."""
    container = pod["status"]["containerStatuses"][0]["containerID"]
    return {"terminated": {"exitCode": code, "reason": "Completed", "containerID": container}}


def leaving(made: Object) -> Object:
    """It is to go, and still there."""
    return {**made, "metadata": {**made["metadata"], "deletionTimestamp": NOW}}


def _is_of(pod: Object, workload: Object) -> bool:
    """Tell whether a pod is made from a workload's template as it is now."""
    template = workload["spec"]["template"]
    marks = template["metadata"].get("annotations") or {}
    same = marks.items() <= pod["metadata"]["annotations"].items()
    return bool(same and pod["spec"] == template["spec"])


def _pod(state: Object, phase: str, pod: Object, container: str = "") -> Object:
    ready = "True" if "running" in state else "False"
    status = {
        "phase": phase,
        "conditions": [{"type": "Ready", "status": ready}],
        "containerStatuses": [
            {"name": "web", "state": state, "restartCount": 0, "containerID": container}
        ],
    }
    return {**pod, "status": status}
