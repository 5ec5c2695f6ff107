"""A workload and its pods as a unit, and what is said of one that is not ready."""

from __future__ import annotations

from typing import Any

import pytest

from devenv.model.environment import ReplicaId
from devenv.model.unit import Exit, Health
from devenv.runtimes.kubernetes import names
from devenv.runtimes.kubernetes.rows import Workload, unit_of

Object = dict[str, Any]
LABELS = {names.SERVICE: "web", names.INDEX: "0"}


def deployment(status: Object | None = None, **marks: str) -> Object:
    ready = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1}
    known = {"started": names.STARTED, "stopped": names.STOPPED, "print": names.FINGERPRINT}
    return {
        "kind": "Deployment",
        "metadata": {
            "name": "web",
            "generation": 1,
            "labels": LABELS,
            "annotations": {known[key]: value for key, value in marks.items()},
        },
        "spec": {"replicas": 1, "template": {"metadata": {}}},
        "status": ready if status is None else status,
    }


def job(*conditions: Object) -> Object:
    made = deployment({"conditions": list(conditions)}, started="100")
    return {**made, "kind": "Job"}


def pod(state: Object, last: Object | None = None, phase: str = "Running", **more: Any) -> Object:
    one = {"name": "web", "state": state, "lastState": last or {}, "restartCount": 2}
    created = {"name": "web-0", "labels": LABELS, "creationTimestamp": "2026-01-01T00:00:00Z"}
    return {
        "metadata": created,
        "status": {"phase": phase, "containerStatuses": [one], **more},
    }


def unit(made: Object, *pods: Object) -> Any:
    return unit_of(Workload(made, pods, boot=50.0))


def test_it_says_what_it_was_started_for() -> None:
    found = unit(deployment(started="60.5", print="abc"))
    assert (found.id, found.fingerprint, found.started) == (ReplicaId("web"), "abc", 10.5)


def test_it_is_ready_when_all_pods_of_the_newest_definition_are() -> None:
    assert unit(deployment()).health is Health.PASSING


@pytest.mark.parametrize(
    "status",
    [
        {},
        {"observedGeneration": 0, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1},
        {"observedGeneration": 1, "replicas": 2, "updatedReplicas": 1, "readyReplicas": 2},
        {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 0},
    ],
)
def test_it_is_not_ready_before_that(status: Object) -> None:
    assert unit(deployment(status)).health is Health.UNKNOWN


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("ImagePullBackOff", "image pull failed: why"),
        ("ErrImageNeverPull", "image pull failed: why"),
        ("CreateContainerConfigError", "cannot be made: why"),
        ("RunContainerError", "cannot be started: why"),
    ],
)
def test_what_keeps_a_container_from_running_is_said(reason: str, said: str) -> None:
    waiting = pod({"waiting": {"reason": reason, "message": "why"}})
    found = unit(deployment({}), waiting)
    assert (found.health, found.detail) == (Health.UNHEALTHY, said)


def test_one_that_keeps_ending_is_said_with_its_code() -> None:
    waiting = {"waiting": {"reason": "CrashLoopBackOff"}}
    ended = {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}
    found = unit(deployment({}), pod(waiting, ended))
    assert found.detail == "keeps ending: exit code 137, out of memory"
    assert found.restarts == 2


def test_a_pod_that_no_node_takes_is_waited_for() -> None:
    placed = {"type": "PodScheduled", "status": "False", "message": "0/1 nodes: memory"}
    found = unit(deployment({}), pod({}, phase="Pending", conditions=[placed]))
    assert (found.health, found.detail) == (Health.UNKNOWN, "no node takes it: 0/1 nodes: memory")


QUOTA = (
    'pods "web-1" is forbidden: exceeded quota: devenv, requested: pods=1,requests.memory=2Gi, '
    "used: pods=3,requests.memory=19Gi, limited: pods=3,requests.memory=20Gi"
)
WAITS = "waiting for quota: needs 1 of pods, 0 left; needs 2Gi of requests.memory, 1Gi left"


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (QUOTA, WAITS),
        ("exceeded quota: own, requested: a=?, used: a=?, limited: a=?", "waiting for quota: exc"),
        ("violates PodSecurity", "a pod is refused: violates PodSecurity"),
    ],
)
def test_a_pod_that_may_not_be_made_is_said(message: str, said: str) -> None:
    refused = {"type": "ReplicaFailure", "status": "True", "message": message}
    found = unit(deployment({"conditions": [refused]}))
    assert found.health is Health.UNHEALTHY
    assert found.detail.startswith(said)


@pytest.mark.parametrize("kind", ["StatefulSet", "Job"])
def test_what_events_say_of_pods_that_may_not_be_made_is_said_until_they_are(kind: str) -> None:
    made = {**deployment({}, started="60"), "kind": kind}
    found = unit_of(Workload(made, (), 50.0, QUOTA))
    assert (found.health, found.detail) == (Health.UNHEALTHY, WAITS)
    there = unit_of(Workload(made, (pod({"running": {}}),), 50.0, QUOTA))
    assert WAITS not in there.detail


def test_one_that_was_stopped_ends_with_its_last_pod() -> None:
    made = deployment(started="60", stopped="70")
    running = unit(made, pod({"running": {}}))
    assert (running.stopping, running.exit) == (True, None)
    assert unit(made).exit == Exit(143, 20.0, requested=True)


def test_one_that_was_started_again_is_not_stopped() -> None:
    assert unit(deployment(started="80", stopped="70")).exit is None


def test_a_job_that_is_complete_has_ended() -> None:
    done = {"type": "Complete", "status": "True", "lastTransitionTime": "1970-01-01T00:02:00Z"}
    ended = pod({"terminated": {"exitCode": 0}}, phase="Succeeded")
    assert unit(job(done), ended).exit == Exit(0, 70.0)


def test_a_job_that_failed_says_the_code_of_its_pod_or_why_there_was_none() -> None:
    failed = {
        "type": "Failed",
        "status": "True",
        "lastTransitionTime": "1970-01-01T00:02:00Z",
        "message": "Job has reached the specified backoff limit",
    }
    ended = pod({"terminated": {"exitCode": 3}}, phase="Failed")
    assert unit(job(failed), ended).exit == Exit(3, 70.0)
    assert unit(job(failed)).exit == Exit(1, 70.0, why=failed["message"])


def test_a_job_that_runs_has_no_health() -> None:
    assert unit(job(), pod({"running": {}})).health is Health.NONE


def test_a_node_that_is_slow_to_hear_of_a_secret_is_waited_for() -> None:
    message = "failed to sync secret cache: timed out waiting for the condition"
    waiting = {"waiting": {"reason": "CreateContainerConfigError", "message": message}}
    assert unit(deployment({}), pod(waiting)).health is Health.UNKNOWN


def test_what_keeps_a_pod_of_before_from_running_is_nobodys_business() -> None:
    made = deployment({})
    made["spec"]["template"]["metadata"] = {"annotations": {names.FINGERPRINT: "new"}}
    waiting = {"waiting": {"reason": "ImagePullBackOff", "message": "why"}}

    def of(mark: str) -> Object:
        one = pod(waiting)
        metadata = {**one["metadata"], "annotations": {names.FINGERPRINT: mark}}
        return {**one, "metadata": metadata}

    assert (unit(made, of("old")).health, unit(made, of("old")).detail) == (
        Health.UNKNOWN,
        "no pod yet",
    )
    assert unit(made, of("old"), of("new")).detail == "image pull failed: why"


@pytest.mark.parametrize(
    ("kind", "happens"),
    [
        ("Deployment", "the cluster makes another pod at 2026-01-02 03:09:05 UTC"),
        ("StatefulSet", "it may still write to its volume, so the cluster makes no other pod"),
        ("Job", "how it ends is known once the node is back"),
    ],
)
def test_a_node_that_does_not_answer_is_said_with_what_happens(kind: str, happens: str) -> None:
    conditions = [
        {"type": "Ready", "status": "False", "lastTransitionTime": "2026-01-02T03:04:05Z"},
        {"type": "ContainersReady", "status": "True"},
    ]
    bears = {
        "key": "node.kubernetes.io/unreachable",
        "operator": "Exists",
        "effect": "NoExecute",
        "tolerationSeconds": 300,
    }
    lost = {
        **pod({"running": {}}, conditions=conditions),
        "spec": {"nodeName": "worker-1", "tolerations": [bears]},
    }
    found = unit({**deployment({}, started="60"), "kind": kind}, lost)
    silent = "its node worker-1 does not answer since 2026-01-02 03:04:05 UTC; "
    assert found.health is Health.UNKNOWN
    assert found.detail.startswith(silent + happens)


def test_a_pod_that_is_not_ready_by_itself_has_a_node_that_answers() -> None:
    conditions = [
        {"type": "Ready", "status": "False", "lastTransitionTime": "2026-01-02T03:04:05Z"},
        {"type": "ContainersReady", "status": "False"},
    ]
    found = unit(deployment({}), pod({"running": {}}, conditions=conditions))
    assert (found.health, found.detail) == (Health.UNKNOWN, "")
