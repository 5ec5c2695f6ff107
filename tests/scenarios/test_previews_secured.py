"""Which Pod Security previews have, as the user says it of a cluster."""

from __future__ import annotations

import json

import pytest

from devenv.runtimes.kubernetes.names import ENFORCE, WARN
from tests.fakes.apiserver import CONTEXT, Fault
from tests.fakes.thread import Beside
from tests.scenarios.sandbox import Sandbox
from tests.scenarios.test_previews import TWO, shop

__all__ = ["shop"]
pytestmark = pytest.mark.timeout(120)
ADD = ("cluster", "add", "fake", "--context", CONTEXT)


def levels(cluster: Beside) -> tuple[str, str]:
    """What its namespace enforces and warns of."""
    (made,) = cluster.ask(
        lambda server: [one for key, one in server.store.objects.items() if key[0] == "namespaces"]
    )
    labels = made["metadata"]["labels"]
    return labels[ENFORCE], labels[WARN]


def test_a_level_counts_from_the_next_up_and_is_shown(shop: Sandbox, cluster: Beside) -> None:
    shop.write("compose.yaml", TWO)
    shop.run("preview", "up", "--wait")
    assert levels(cluster) == ("baseline", "restricted")
    shop.run(*ADD, "--pod-security", "restricted")
    heads, row = shop.run("cluster", "list").stdout.splitlines()
    assert (heads.split()[-2:], row.split()[-1]) == (["POD", "SECURITY"], "restricted")
    planned = json.loads(shop.run("preview", "up", "--plan", "--json").stdout)["objects"]
    changed = [one["lines"] for one in planned if one["kind"] == "Namespace"]
    assert changed == [[f"-{ENFORCE}: baseline", f"+{ENFORCE}: restricted"]]
    assert levels(cluster) == ("baseline", "restricted")
    shop.run("preview", "up", "--wait")
    assert levels(cluster) == ("restricted", "restricted")
    pods = cluster.ask(lambda server: str(server.store.objects))
    assert "'runAsNonRoot': True" in pods
    assert json.loads(shop.run("preview", "up", "--plan", "--json").stdout)["objects"] == []


def test_what_the_level_forbids_is_refused_before_anything_is_made(
    shop: Sandbox, cluster: Beside
) -> None:
    shop.run(*ADD, "--pod-security", "restricted")
    shop.write("compose.yaml", "services:\n  web: {image: x, user: '0'}\n")
    done = shop.run("preview", "up", check=False)
    assert "compose.yaml:2" in done.stderr
    assert "Pod Security `restricted` forbids it: it runs as root (user)" in done.stderr
    assert cluster.names("namespaces") == []
    shop.run(*ADD, "--pod-security", "privileged")
    shop.write("compose.yaml", "services:\n  web: {image: x, privileged: true}\n")
    shop.run("preview", "up", "--wait")
    assert levels(cluster) == ("privileged", "restricted")


def test_a_level_that_the_cluster_does_not_take_is_found_before(
    shop: Sandbox, cluster: Beside
) -> None:
    shop.run(*ADD, "--pod-security", "privileged")
    fence = "a preview must enforce Pod Security baseline or restricted"
    cluster.server.faults = [Fault("POST", "namespaces[?]dryRun=All", 403, {}, fence)]
    done = shop.run("cluster", "check", check=False)
    assert "WRONG  namespaces that enforce Pod Security privileged" in done.stdout
    assert fence in done.stdout
    assert "docs/rbac/team.yaml" in done.stdout
    assert cluster.names("namespaces") == []
    assert "ok     namespaces that enforce" in shop.run("cluster", "check", check=False).stdout


def test_a_level_is_one_of_three_and_not_for_lent_namespaces(
    shop: Sandbox, cluster: Beside
) -> None:
    done = shop.run(*ADD, "--pod-security", "strict", check=False)
    assert done.returncode == 2
    assert "restricted" in done.stderr
    words = ("--namespace", "preview-1", "--pod-security", "restricted")
    done = shop.run("cluster", "add", "lent", "--context", CONTEXT, *words, check=False)
    assert done.returncode == 2
    assert "is for who made it" in done.stderr
