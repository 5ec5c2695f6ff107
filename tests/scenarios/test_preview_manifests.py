"""Previews with raw manifests of their repository."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fakes.thread import Beside
from tests.lab.cluster import Cluster
from tests.scenarios.sandbox import Sandbox, eventually
from tests.scenarios.test_previews import git, shop

__all__ = ["shop"]
pytestmark = pytest.mark.timeout(240)
PROFILE = """
preview: {manifests: [deploy.yaml]}
services:
  web: {image: x, ports: ["80"]}
"""
ONE = """
apiVersion: v1
kind: ConfigMap
metadata: {name: words}
data: {branch: "${DEVENV_BRANCH}", greeting: "${GREETING:-hello}"}
"""
TWO = f"""{ONE}---
apiVersion: v1
kind: Secret
metadata: {{name: own}}
stringData: {{token: not-for-eyes}}
"""


@pytest.fixture
def raw(shop: Sandbox) -> Sandbox:
    """A repository with a service and two manifests."""
    (shop.checkout / "compose.yaml").unlink()
    shop.write("devenv.profile.yaml", PROFILE)
    shop.write("deploy.yaml", TWO)
    return shop


def made(cluster: Beside, plural: str) -> dict[str, Any]:
    return cluster.ask(
        lambda server: {
            key[2]: one for key, one in server.store.objects.items() if key[0] == plural
        }
    )


def test_manifests_are_applied_as_parts_of_the_preview(raw: Sandbox, cluster: Beside) -> None:
    raw.run("preview", "up", "--wait")
    words = made(cluster, "configmaps")["words"]
    assert words["data"]["greeting"] == "hello"
    assert words["data"]["branch"]
    assert words["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "devenv"
    before = cluster.ask(lambda server: server.store.version)
    found = json.loads(raw.run("preview", "up", "--plan", "--json").stdout)
    assert found["objects"] == []
    assert cluster.ask(lambda server: server.store.version) == before


def test_a_manifest_that_leaves_the_profile_is_deleted(raw: Sandbox, cluster: Beside) -> None:
    raw.run("preview", "up", "--wait")
    assert "own" in made(cluster, "secrets")
    raw.write("deploy.yaml", ONE)
    found = json.loads(raw.run("preview", "up", "--plan", "--json").stdout)
    told = [(one["change"], one["kind"], one["name"]) for one in found["objects"]]
    assert told == [("remove", "Secret", "own")]
    raw.run("preview", "up", "--wait")
    assert "own" not in made(cluster, "secrets")
    assert "words" in made(cluster, "configmaps")


def test_manifests_are_rendered_without_their_secrets(raw: Sandbox) -> None:
    text = raw.run("preview", "render").stdout
    assert "name: words" in text
    assert "name: own" in text
    assert "not-for-eyes" not in text


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: other}", "namespace"),
        ("apiVersion: v1\nkind: Namespace\nmetadata: {name: a}", "v1 Namespace cannot be"),
        ("apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}", "batch/v1 Job cannot be"),
        ("apiVersion: v1\nkind: Service\nmetadata: {name: web}", "Service web is the name"),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: devenv-inventory}", "is the name"),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, finalizers: [x/y]}", "finalizers"),
        ("apiVersion: v1\nkind: Secret\nmetadata: {name: a, labels: [x]}", "not the form"),
        (
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: "
            "{hostNetwork: true, containers: [{name: a, image: x}]}}}",
            "`hostNetwork` leaves",
        ),
    ],
)
def test_a_manifest_that_may_not_be_is_refused_before_anything_is_made(
    raw: Sandbox, cluster: Beside, manifest: str, said: str
) -> None:
    raw.write("deploy.yaml", manifest)
    done = raw.run("preview", "up", check=False)
    assert done.returncode == 1
    assert "deploy.yaml:1:1" in done.stderr
    assert said in done.stderr
    assert cluster.names("namespaces") == []


GIVEN = f"{PROFILE.rstrip()[:-1]}, environment: {{NAME: %s}}}}\n"
REFERRING = """
apiVersion: {}
kind: {}
metadata: {{name: "${{{{ services.web.env.NAME }}}}"}}
"""


@pytest.mark.parametrize(
    ("version", "kind", "name"),
    [
        ("v1", "ConfigMap", "devenv-inventory"),
        ("v1", "Secret", "devenv"),
        ("v1", "Service", "web"),
    ],
)
def test_a_name_that_a_manifest_refers_to_is_judged_as_it_will_be(
    raw: Sandbox, cluster: Beside, version: str, kind: str, name: str
) -> None:
    raw.write("devenv.profile.yaml", GIVEN % name)
    raw.write("deploy.yaml", REFERRING.format(version, kind))
    for verb in ("up", "render"):
        done = raw.run("preview", verb, check=False)
        assert done.returncode == 1
        assert f"{kind} {name} is the name of another object" in done.stderr
    assert cluster.names("namespaces") == []


@pytest.mark.parametrize(("capability", "code"), [("CHOWN", 0), ("SYS_ADMIN", 1)])
def test_pods_that_a_manifest_refers_for_are_judged_as_they_will_be(
    raw: Sandbox, capability: str, code: int
) -> None:
    raw.write("devenv.profile.yaml", GIVEN % capability)
    raw.write(
        "deploy.yaml",
        """
apiVersion: apps/v1
kind: Deployment
metadata: {name: own}
spec:
  template:
    spec:
      containers:
      - name: own
        image: x
        securityContext: {capabilities: {add: ["${{ services.web.env.NAME }}"]}}
""",
    )
    done = raw.run("preview", "render", check=False)
    assert done.returncode == code
    assert ("it adds the capabilities SYS_ADMIN" in done.stderr) == bool(code)


def test_a_manifest_that_is_a_link_out_of_the_checkout_is_refused(
    raw: Sandbox, cluster: Beside
) -> None:
    outside = raw.checkout.parent / "outside.yaml"
    outside.write_text(ONE)
    (raw.checkout / "deploy.yaml").unlink()
    (raw.checkout / "deploy.yaml").symlink_to(outside)
    done = raw.run("preview", "up", check=False)
    assert done.returncode == 1
    assert "it leads outside of the checkout" in done.stderr
    assert cluster.names("namespaces") == []


CACHE = f"""{ONE}---
apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: cache}}
spec:
  replicas: 0
  selector: {{matchLabels: {{app: cache}}}}
  template:
    metadata: {{labels: {{app: cache}}}}
    spec: {{containers: [{{name: cache, image: x}}]}}
  volumeClaimTemplates:
  - metadata: {{name: data}}
    spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 1Gi}}}}}}
"""


def test_a_real_cluster_takes_manifests_with_the_teams_grant(
    sandbox: Sandbox, team_member: Cluster
) -> None:
    sandbox.extra["KUBECONFIG"] = team_member.kubeconfig
    sandbox.write("devenv.profile.yaml", PROFILE)
    sandbox.write("deploy.yaml", CACHE)
    git(sandbox.checkout, "init", "-q", "-b", sandbox.token)
    sandbox.run("cluster", "add", "lab", "--context", team_member.context)
    sandbox.run("preview", "up")
    try:
        eventually(lambda: changes(sandbox) <= {("Deployment", "web")})
        sandbox.write("deploy.yaml", ONE)
        assert ("StatefulSet", "cache") in changes(sandbox)
        sandbox.run("preview", "up")
        eventually(lambda: ("StatefulSet", "cache") not in changes(sandbox))
    finally:
        sandbox.run("preview", "down", check=False, timeout=120)


def changes(sandbox: Sandbox) -> set[tuple[str, str]]:
    """What another `preview up` would make, change or remove."""
    found = json.loads(sandbox.run("preview", "up", "--plan", "--json").stdout)
    return {(one["kind"], one["name"]) for one in found["objects"]}


def test_manifests_have_the_values_of_services(raw: Sandbox, cluster: Beside) -> None:
    db = "  db: {image: x, ports: ['81:5432'], environment: {DB_PASSWORD: hidden-1}}\n"
    raw.write("devenv.profile.yaml", f"{PROFILE}{db}")
    raw.write(
        "deploy.yaml",
        """
apiVersion: v1
kind: ConfigMap
metadata: {name: words}
data:
  to: "${{ services.db.host }}:${{ services.db.port }}"
  at: "${{ services.web.url }}"
  as: "$${{ x }}"
---
apiVersion: v1
kind: Secret
metadata: {name: own}
stringData: {password: "${{ services.db.env.DB_PASSWORD }}"}
""",
    )
    assert "hidden-1" not in raw.run("preview", "render").stdout
    raw.run("preview", "up", "--wait", "web")
    words = made(cluster, "configmaps")["words"]["data"]
    assert words == {"to": "db:5432", "at": "http://web:80", "as": "${{ x }}"}
    assert made(cluster, "secrets")["own"]["stringData"] == {"password": "hidden-1"}
    found = json.loads(raw.run("preview", "up", "--plan", "--json").stdout)
    assert "hidden-1" not in json.dumps(found)
    assert not {one["name"] for one in found["objects"]} & {"words", "own"}
