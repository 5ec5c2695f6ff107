"""What quota, limits and Pod Security will say to pods, told from what is rendered alone."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from typing import Any

import pytest

from devenv.runtimes.kubernetes.connection import Connection
from devenv.runtimes.kubernetes.errors import RefusedError
from devenv.runtimes.kubernetes.kubeconfig import pin
from devenv.runtimes.kubernetes.names import ENFORCE
from devenv.runtimes.kubernetes.objects.bounds import UNKNOWN, USUAL, Bounds
from devenv.runtimes.kubernetes.objects.security import BASELINE, RESTRICTED, faults
from devenv.runtimes.kubernetes.objects.service import objects
from devenv.runtimes.kubernetes.objects.verdicts import Rendered, verdicts
from tests.lab.cluster import Cluster
from tests.runtimes.kubernetes.services import PREVIEW, service, services


def said(text: str, bounds: Bounds = USUAL, name: str = "compose.yaml") -> list[str]:
    """All that stands against the services of a file."""
    made = [Rendered(one, objects(PREVIEW, one)) for one in services(text, name).values()]
    return [str(one) for one in verdicts(bounds, made, ()) if not one.warning]


def test_what_fits_is_not_remarked_on() -> None:
    assert said("services: {web: {image: x, mem_limit: 1g, cpus: 2}, db: {image: x}}") == []


def test_a_capability_that_baseline_forbids_is_told_with_its_place() -> None:
    (found,) = said("services:\n  web:\n    image: x\n    cap_add: [SYS_ADMIN, CHOWN]\n")
    assert found.startswith("compose.yaml:2:3: web: in a preview, Pod Security `baseline` forbids")
    assert "it adds the capabilities SYS_ADMIN (cap_add)" in found


def test_who_asks_for_more_than_the_usual_limit_is_told_to_raise_it() -> None:
    (found,) = said("services: {web: {image: x, mem_reservation: 1g}}")
    assert "it asks for 1Gi of memory and may use 512Mi, which is the usual limit" in found
    assert "`mem_limit`" in found
    assert said("services: {web: {image: x, mem_reservation: 1g, mem_limit: 2g}}") == []


def test_a_quota_that_is_too_small_is_told_with_who_takes_it() -> None:
    text = """
    services:
      web: {image: x, mem_limit: 8g, deploy: {replicas: 2}}
      db: {image: x, mem_limit: 6g}
    """
    (found,) = said(text)
    assert "22Gi memory that they ask for, where a preview may have 20Gi (requests.memory)" in found
    assert "web 16Gi, db 6Gi" in found


def test_a_task_need_not_fit_beside_the_services_but_by_itself() -> None:
    text = """
    services: {web: {image: x, mem_limit: 15g}}
    tasks: {seed: {image: x, mem_limit: MEMORY}}
    """
    assert said(text.replace("MEMORY", "15g"), name="devenv.profile.yaml") == []
    (found,) = said(text.replace("MEMORY", "21g"), name="devenv.profile.yaml")
    assert found.endswith(
        "(requests.memory): seed 21Gi (preview fewer services, or let them ask for less)"
    )


def test_too_many_pods_and_services_are_told() -> None:
    many = ", ".join(f"s{number}: {{image: x}}" for number in range(41))
    found = said(f"services: {{{many}}}")
    assert any("41 pods, where a preview may have 40 (pods)" in one for one in found)
    assert any("41 objects of the kind Service" in one for one in found)


def test_nothing_is_said_of_bounds_that_somebody_else_has_set() -> None:
    assert said("services: {web: {image: x, mem_reservation: 90g}}", UNKNOWN) == []


def test_what_is_only_warned_of_is_a_warning() -> None:
    one = service("user: '0'")
    (found,) = verdicts(USUAL, [Rendered(one, objects(PREVIEW, one))], ())
    assert found.warning
    assert "it runs as root (user); it may gain privileges" in found.message


def test_what_is_warned_of_several_services_is_told_once() -> None:
    text = "services: {web: {image: x}, db: {image: x, user: '0'}, queue: {image: x}}"
    made = [Rendered(one, objects(PREVIEW, one)) for one in services(text, "compose.yaml").values()]
    found = verdicts(USUAL, made, ())
    assert [one.message.partition(":")[0] for one in found] == ["web, queue", "db"]


CONTAINER = {"name": "web", "image": "lab/busybox:1"}
SAFE = {
    "runAsNonRoot": True,
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def pod(security: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"containers": [{**CONTAINER, "securityContext": security}], **more}


PODS = [
    pod({}),
    pod(SAFE),
    pod(SAFE | {"runAsUser": 0}),
    pod(SAFE | {"runAsNonRoot": False}),
    pod(SAFE | {"allowPrivilegeEscalation": True}),
    pod(SAFE | {"capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}}),
    pod(SAFE | {"capabilities": {"drop": ["ALL"], "add": ["CHOWN"]}}),
    pod(SAFE | {"capabilities": {"drop": ["CHOWN"]}}),
    pod({key: value for key, value in SAFE.items() if key != "seccompProfile"}),
    pod({"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        securityContext={"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}),
    pod({"capabilities": {"add": ["SYS_ADMIN"]}}),
    pod({"capabilities": {"add": ["CHOWN", "KILL"]}}),
    pod({"privileged": True}),
    pod({}, hostNetwork=True),
    pod({}, hostPID=True),
    pod(SAFE, volumes=[{"name": "data", "hostPath": {"path": "/"}}]),
    pod(SAFE, volumes=[{"name": "data", "emptyDir": {}}]),
    pod(SAFE, volumes=[{"name": "data", "nfs": {"server": "x", "path": "/"}}]),
    {"containers": [{**CONTAINER, "ports": [{"containerPort": 80, "hostPort": 80}]}]},
    {**pod(SAFE), "initContainers": [{**CONTAINER, "name": "first"}]},
]  # fmt: skip


@pytest.fixture
def judging(real_cluster: Cluster) -> Iterator[dict[str, str]]:
    """A namespace for each level, by level."""
    made = {level: f"judging-{level}-{os.getpid()}" for level in (BASELINE, RESTRICTED)}
    for level, name in made.items():
        real_cluster.kubectl("create", "namespace", name)
        real_cluster.kubectl("label", "namespace", name, f"{ENFORCE}={level}")
    yield made
    real_cluster.kubectl("delete", "namespace", *made.values(), "--wait=false")


@pytest.mark.timeout(240)
def test_our_verdict_is_that_of_a_real_cluster(
    real_cluster: Cluster, judging: dict[str, str]
) -> None:
    async def passes(connection: Connection, namespace: str, spec: dict[str, Any]) -> bool:
        body = {"metadata": {"name": "web"}, "spec": spec}
        path = f"/api/v1/namespaces/{namespace}/pods"
        try:
            await connection.call("POST", path, query={"dryRun": "All"}, body=body)
        except RefusedError as error:
            if "PodSecurity" not in error.message:
                raise
            return False
        return True

    async def inside() -> list[tuple[str, dict[str, Any]]]:
        connection = Connection(pin("lab", real_cluster.context, real_cluster.kubeconfig))
        try:
            return [
                (level, spec)
                for level, namespace in judging.items()
                for spec in PODS
                if await passes(connection, namespace, spec) != (faults(spec, level) == [])
            ]
        finally:
            await connection.close()

    assert asyncio.run(inside()) == []
