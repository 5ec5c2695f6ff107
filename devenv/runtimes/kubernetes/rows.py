"""A workload and its pods as a unit: whether it runs, is ready, has ended, and why not. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from devenv.model.environment import ReplicaId
from devenv.model.unit import Exit, Health, Unit
from devenv.runtimes.kubernetes import names, nodes, quotas
from devenv.runtimes.kubernetes.cache import Object, annotation, condition, is_leaving, label
from devenv.runtimes.kubernetes.moments import seconds
from devenv.runtimes.kubernetes.resources import name_of

TERMINATED = 143
"""What ``kubectl`` and a shell say of a process that TERM ended."""
_STUCK = {
    "CrashLoopBackOff": "keeps ending",
    "CreateContainerConfigError": "cannot be made",
    "CreateContainerError": "cannot be made",
    "ErrImageNeverPull": "image pull failed",
    "ErrImagePull": "image pull failed",
    "ImagePullBackOff": "image pull failed",
    "InvalidImageName": "image pull failed",
    "RunContainerError": "cannot be started",
}


@dataclass(frozen=True, slots=True)
class Workload:
    """A Deployment, StatefulSet or Job, with its pods.

    ``boot``: when this machine was booted, by the clock of the cluster. ``refusal``: what the
    server said when a pod of it was to be made; "": nothing, or it is in ``made`` itself.
    """

    made: Object
    pods: tuple[Object, ...]
    boot: float
    refusal: str = ""

    @property
    def id(self) -> ReplicaId:
        index = label(self.made, names.INDEX)
        return ReplicaId(label(self.made, names.SERVICE), int(index) if index.isdecimal() else 0)

    @property
    def fingerprint(self) -> str:
        return annotation(self.made, names.FINGERPRINT)

    @property
    def newest(self) -> tuple[Object, ...]:
        """The pods of its newest definition; others go once these are ready."""
        template = self.made["spec"]["template"]
        wanted = template["metadata"].get("annotations") or {}
        marks = [(name, str(wanted.get(name, ""))) for name in names.OF_PODS]
        return tuple(
            pod for pod in self.pods if all(annotation(pod, name) == mark for name, mark in marks)
        )

    @property
    def pull_secrets(self) -> list[dict[str, str]]:
        """Those that its pods log in to registries with, as ``{"name": …}``."""
        return list(self.made["spec"]["template"]["spec"].get("imagePullSecrets") or ())

    @property
    def started(self) -> float:
        """When it was started last, by the clock of the cluster, in seconds since the epoch."""
        return _number(self.made, names.STARTED)

    @property
    def stopped(self) -> float:
        """When it was stopped last; 0: never."""
        return _number(self.made, names.STOPPED)

    @property
    def image(self) -> str:
        """What its pods are made from."""
        return str(self.made["spec"]["template"]["spec"]["containers"][0]["image"])


@dataclass(frozen=True, slots=True, order=True)
class Running:
    """A pod whose container runs. ``container``: another one after each restart.

    ``supervised``: its program can be started anew within the container.
    """

    created: str
    pod: str
    uid: str
    container: str
    supervised: bool


def running(pods: Iterable[Object]) -> list[Running]:
    """Those of them that run, the oldest first; one that is about to go does not count."""
    return sorted(
        Running(
            one["metadata"]["creationTimestamp"],
            name_of(one),
            one["metadata"]["uid"],
            container,
            bool(annotation(one, names.SUPERVISED)),
        )
        for one in pods
        if not is_leaving(one) and (container := _running(one))
    )


def unit_of(workload: Workload) -> Unit:
    """What is seen of a service."""
    made = workload.made
    started, stopped = workload.started, workload.stopped
    asked = stopped > started
    exit_ = _stopped(workload, stopped) if asked else _ended(workload)
    health, detail = _health(workload) if exit_ is None else (Health.NONE, "")
    return Unit(
        workload.id,
        "kubernetes",
        workload.fingerprint,
        int(_number(made, names.GENERATION)),
        int(_number(made, names.ATTEMPT)),
        int(_number(made, names.RESTARTS)) + sum(map(_restarts, workload.newest)),
        started=started - workload.boot,
        exit=exit_,
        stopping=asked and exit_ is None,
        health=health,
        detail=detail,
    )


def lacks_pods(workload: Workload) -> bool:
    """Tell whether pods are to come of it, and it does not itself say why they do not."""
    made = workload.made
    if made["kind"] == "Deployment" or workload.stopped > workload.started or _ended(workload):
        return False
    wanted = int(made["spec"].get("replicas", 1))
    return sum(not is_leaving(pod) for pod in workload.pods) < wanted


def is_ready(pod: Object) -> bool:
    return not is_leaving(pod) and condition(pod, "Ready").get("status") == "True"


def code_of(pod: Object, container: str) -> int | None:
    """How a container of a pod has ended, if it has; another one may run in its place."""
    for one in _containers(pod):
        for state in (one.get("state"), one.get("lastState")):
            ended = (state or {}).get("terminated") or {}
            if ended.get("containerID") == container:
                return int(ended["exitCode"])
    return None


def has_begun(pod: Object) -> bool:
    """Tell whether its container has ever run, so that there may be a log of it."""
    return any({"running", "terminated"} & one["state"].keys() for one in _containers(pod))


def is_over(pod: Object) -> bool:
    return (pod.get("status") or {}).get("phase") in {"Succeeded", "Failed"}


def grace(pod: Object) -> float:
    """Seconds that it has to end by itself."""
    return float(pod["spec"].get("terminationGracePeriodSeconds") or 0)


def _stopped(workload: Workload, at: float) -> Exit | None:
    """We asked it to end; None while something of it is alive."""
    if any(not is_over(pod) for pod in workload.pods):
        return None
    return Exit(TERMINATED, at - workload.boot, requested=True)


def _ended(workload: Workload) -> Exit | None:
    """The end of a Job; nothing else ends by itself."""
    for kind in ("Complete", "Failed"):
        found = condition(workload.made, kind)
        if found.get("status") == "True":
            at = seconds(found["lastTransitionTime"]) - workload.boot
            started = workload.started - workload.boot
            code = next(_codes(workload.pods), None)
            if code is None and kind == "Failed":
                return Exit(1, max(at, started), why=str(found.get("message") or ""))
            return Exit(code or 0, max(at, started))
    return None


def _codes(pods: Iterable[Object]) -> Iterator[int]:
    """The exit codes of pods, the newest first."""
    newest = sorted(pods, key=lambda pod: pod["metadata"]["creationTimestamp"], reverse=True)
    for pod in newest:
        for container in _containers(pod):
            ended = container["state"].get("terminated")
            if ended:
                yield int(ended["exitCode"])


def _health(workload: Workload) -> tuple[Health, str]:
    if workload.made["kind"] == "Job":
        stuck = next(_stuck(workload.newest), "") or _refused(workload)
        waits = next(_waits(workload), "")
        if stuck or not waits:
            return (Health.UNHEALTHY, stuck) if stuck else (Health.NONE, "")
        return Health.UNKNOWN, waits
    if _is_available(workload.made):
        return Health.PASSING, ""
    stuck = next(_stuck(workload.newest), "") or _refused(workload)
    if stuck:
        return Health.UNHEALTHY, stuck
    return Health.UNKNOWN, next(_waits(workload), "" if workload.newest else "no pod yet")


def _is_available(made: Object) -> bool:
    """All pods are of the newest definition, and ready."""
    status, wanted = made.get("status") or {}, made["spec"].get("replicas", 1)
    if status.get("observedGeneration", 0) < made["metadata"].get("generation", 0):
        return False
    counts = (status.get("updatedReplicas", 0), status.get("readyReplicas", 0))
    return all(count >= wanted for count in counts) and status.get("replicas", 0) == wanted


def _stuck(pods: Iterable[Object]) -> Iterator[str]:
    for pod in pods:
        for container in () if is_leaving(pod) else _containers(pod):
            waiting = container["state"].get("waiting") or {}
            what = _STUCK.get(waiting.get("reason", ""))
            if _passes(waiting):
                continue
            if what == "keeps ending":
                yield f"{what}: {_last_end(container)}"
            elif what:
                yield f"{what}: {waiting.get('message') or waiting['reason']}"


def _passes(waiting: Mapping[str, Any]) -> bool:
    """A node that is slow to hear of a Secret or ConfigMap asks again by itself."""
    message = str(waiting.get("message") or "")
    return message.startswith("failed to sync ") and message.endswith(_SLOW)


_SLOW = "cache: timed out waiting for the condition"


def _last_end(container: Mapping[str, Any]) -> str:
    ended = (container.get("lastState") or {}).get("terminated") or {}
    memory = ", out of memory" if ended.get("reason") == "OOMKilled" else ""
    return f"exit code {ended.get('exitCode', '?')}{memory}"


def _refused(workload: Workload) -> str:
    """Why no pod may be made at all: a quota, or Pod Security."""
    if workload.refusal and lacks_pods(workload):
        return quotas.words(workload.refusal)
    found = condition(workload.made, "ReplicaFailure")
    if found.get("status") != "True":
        return ""
    return quotas.words(str(found.get("message") or found.get("reason")))


def _waits(workload: Workload) -> Iterator[str]:
    for pod in workload.newest:
        placed = condition(pod, "PodScheduled")
        if placed.get("status") == "False":
            yield f"no node takes it: {placed.get('message') or placed.get('reason')}"
        elif since := nodes.lost_since(pod):
            yield nodes.words(pod, workload.made["kind"], since)


def _restarts(pod: Object) -> int:
    return sum(int(one.get("restartCount") or 0) for one in _containers(pod))


def _containers(pod: Object) -> list[Mapping[str, Any]]:
    return list((pod.get("status") or {}).get("containerStatuses") or ())


def _running(pod: Object) -> str:
    """The id of its container; "" where that does not run."""
    found = (one for one in _containers(pod) if "running" in one["state"])
    return next((str(one.get("containerID") or "") for one in found), "")


def _number(made: Object, name: str) -> float:
    try:
        return float(annotation(made, name) or 0)
    except ValueError:
        return 0.0


def matching(pods: Iterable[Object], replica: ReplicaId) -> tuple[Object, ...]:
    """The pods of one replica."""
    return tuple(
        pod
        for pod in pods
        if label(pod, names.SERVICE) == replica.service
        and label(pod, names.INDEX) == str(replica.index)
    )
