"""The two grants of docs/rbac: what they name, and that they allow that and nothing else."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import yaml

from devenv.runtimes.kubernetes.checking import ADDRESSES, NAMESPACE, TEAM, Rights, checks
from devenv.runtimes.kubernetes.connection import Connection
from devenv.runtimes.kubernetes.errors import RefusedError
from devenv.runtimes.kubernetes.kubeconfig import pin
from tests.lab.cluster import Cluster
from tests.lab.grants import RBAC

pytestmark = pytest.mark.timeout(240)
LOOKED_AT = (("storage.k8s.io", "storageclasses"), ("networking.k8s.io", "ingressclasses"))
NAMESPACES = "/api/v1/namespaces"
OURS = {"app.kubernetes.io/managed-by": "devenv"}
ENFORCE = "pod-security.kubernetes.io/enforce"


def granted(file: str) -> dict[tuple[str, str], set[str]]:
    """What a role allows: verbs by group and resource."""
    documents = yaml.safe_load_all((RBAC / file).read_text())
    (role,) = (one for one in documents if one["kind"] in {"ClusterRole", "Role"})
    return {
        (group, resource): set(rule["verbs"])
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }


@pytest.mark.parametrize(
    ("file", "rights"),
    [("team.yaml", TEAM), ("namespace.yaml", NAMESPACE), ("addresses.yaml", ADDRESSES)],
)
def test_a_grant_has_just_what_is_checked_for(file: str, rights: Rights) -> None:
    found = granted(file)
    for one in LOOKED_AT:
        found.pop(one, None)
    assert found == {(group, resource): set(verbs) for group, resource, verbs in rights}


@pytest.mark.parametrize("file", ["team.yaml", "namespace.yaml"])
def test_no_grant_reads_secrets(file: str) -> None:
    assert not granted(file)["", "secrets"] & {"get", "list", "watch", "*"}


def asked(
    member: Cluster, method: str, path: str, body: object = None, *, dry: bool = True
) -> dict[str, Any]:
    """Ask as a member, in a dry run unless told otherwise. RefusedError."""

    async def inside() -> dict[str, Any]:
        connection = Connection(pin("lab", member.context, member.kubeconfig))
        try:
            query = {"dryRun": "All"} if dry and method != "GET" else {}
            return await connection.call(method, path, query=query, body=body, patience=0.0)
        finally:
            await connection.close()

    return asyncio.run(inside())


def refused(member: Cluster, method: str, path: str, body: object = None) -> str:
    with pytest.raises(RefusedError) as error:
        asked(member, method, path, body)
    assert error.value.status == 403
    return error.value.message


@pytest.fixture(scope="module")
def strange(real_cluster: Cluster) -> Iterator[str]:
    """A namespace that is no preview, with a Secret in it."""
    name = f"strange-{os.getpid()}"
    real_cluster.kubectl("create", "namespace", name)
    real_cluster.kubectl("create", "secret", "generic", "held", "-n", name, "--from-literal=a=b")
    yield name
    real_cluster.kubectl("delete", "namespace", name, "--wait=false")


def checked(
    somebody: Cluster, *namespaces: str, level: str = "baseline"
) -> dict[str, dict[str, Any]]:
    """What `devenv cluster check` finds, by what it looks at."""

    async def inside() -> list[dict[str, Any]]:
        pinned = pin("lab", somebody.context, somebody.kubeconfig)
        cluster = replace(pinned, namespaces=namespaces, pod_security=level)
        connection = Connection(cluster)
        try:
            return await checks(connection, cluster)
        finally:
            await connection.close()

    return {one["what"]: one for one in asyncio.run(inside())}


def test_a_grant_is_all_that_previews_need(
    team_member: Cluster, lent_member: Cluster, lent: tuple[str, ...]
) -> None:
    assert checked(team_member)["rights"]["fault"] == ""
    assert [checked(lent_member, *lent)[f"rights in {one}"]["fault"] for one in lent] == ["", ""]


def test_the_fence_keeps_the_team_out_of_what_is_no_preview(
    team_member: Cluster, strange: str
) -> None:
    inside, secret = f"{NAMESPACES}/{strange}", {"metadata": {"name": "a"}}
    no_preview = "the namespace is no preview"
    assert no_preview in refused(team_member, "POST", f"{inside}/configmaps", secret)
    assert no_preview in refused(team_member, "PATCH", f"{inside}/secrets/held", {"metadata": {}})
    assert no_preview in refused(team_member, "DELETE", f"{inside}/secrets/held")
    assert no_preview in refused(team_member, "DELETE", inside)
    labelled = {"metadata": {"labels": OURS | {ENFORCE: "baseline"}}}
    assert no_preview in refused(team_member, "PATCH", inside, labelled)
    assert "forbidden" in refused(team_member, "GET", f"{inside}/secrets/held")
    assert "forbidden" in refused(team_member, "GET", "/api/v1/secrets")


def test_the_fence_lets_a_preview_be_made_that_enforces_pod_security(team_member: Cluster) -> None:
    def named(labels: dict[str, str]) -> dict[str, Any]:
        return {"metadata": {"name": "shop-main-1f3c9a2b", "labels": labels}}

    assert "managed-by" in refused(team_member, "POST", NAMESPACES, named({}))
    for level in ("privileged", ""):
        loose = named(OURS | ({ENFORCE: level} if level else {}))
        assert "Pod Security" in refused(team_member, "POST", NAMESPACES, loose)
    made = asked(team_member, "POST", NAMESPACES, named(OURS | {ENFORCE: "baseline"}))
    assert made["metadata"]["name"] == "shop-main-1f3c9a2b"


@pytest.mark.parametrize(
    ("level", "said"), [("baseline", ""), ("restricted", ""), ("privileged", "must enforce")]
)
def test_the_fence_says_before_which_levels_it_takes(
    team_member: Cluster, level: str, said: str
) -> None:
    found = checked(team_member, level=level)[f"namespaces that enforce Pod Security {level}"]
    assert (found["ok"], said in found["fault"]) == (not said, True)


def test_the_fence_keeps_hosts_below_the_domain(team_member: Cluster) -> None:
    def ingress(host: str) -> dict[str, Any]:
        backend = {"service": {"name": "web", "port": {"number": 80}}}
        path = {"path": "/", "pathType": "Prefix", "backend": backend}
        return {
            "metadata": {"name": "web"},
            "spec": {"rules": [{"host": host, "http": {"paths": [path]}}]},
        }

    labels = OURS | {ENFORCE: "baseline"}
    namespace = {"metadata": {"name": f"shop-hosts-{os.getpid():08x}", "labels": labels}}
    asked(team_member, "POST", NAMESPACES, namespace, dry=False)
    path = f"/apis/networking.k8s.io/v1/namespaces/{namespace['metadata']['name']}/ingresses"
    try:
        asked(team_member, "POST", path, ingress("feature-a-1f3c9a2b-web.preview.example.com"))
        for host in ("www.example.com", "a.b.preview.example.com", ""):
            assert "below preview.example.com" in refused(team_member, "POST", path, ingress(host))
    finally:
        asked(team_member, "DELETE", f"{NAMESPACES}/{namespace['metadata']['name']}", dry=False)


def test_what_is_missing_is_said_with_what_grants_it(nobody: Cluster) -> None:
    of_team = checked(nobody)["rights"]
    assert "may not get, list, watch, create, patch, delete namespaces" in of_team["fault"]
    assert "docs/rbac/team.yaml" in of_team["hint"]
    in_one = checked(nobody, "preview-1")["rights in preview-1"]
    assert "may not get, create pods/exec" in in_one["fault"]
    assert "docs/rbac/namespace.yaml" in in_one["hint"]


def test_who_has_lent_namespaces_sees_no_other(
    lent_member: Cluster, lent: tuple[str, ...], strange: str
) -> None:
    assert "forbidden" in refused(lent_member, "GET", NAMESPACES)
    assert "forbidden" in refused(lent_member, "GET", f"{NAMESPACES}/{strange}/pods")
    assert asked(lent_member, "GET", f"{NAMESPACES}/{lent[0]}/pods")["items"] == []
