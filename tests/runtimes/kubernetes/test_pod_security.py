"""Pod Security as a cluster's entry says it: what is enforced, what is judged, and how pods are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from devenv.daemon.desired import placed
from devenv.model.preview import Cluster, Preview
from devenv.model.service import Service
from devenv.runtimes.kubernetes import names
from devenv.runtimes.kubernetes.comparing import relabelled
from devenv.runtimes.kubernetes.objects.namespace import bounds, levels, namespace
from devenv.runtimes.kubernetes.objects.security import LEVELS, PRIVILEGED, RESTRICTED
from devenv.runtimes.kubernetes.objects.service import objects
from devenv.runtimes.kubernetes.objects.verdicts import Rendered, verdicts
from tests.runtimes.kubernetes.services import PREVIEW, service

CLUSTER = Cluster("team", "team-admin", "https://10.0.0.1:6443", "ab12", "/home/me/.kube/config")
SHOP = Preview(CLUSTER, PREVIEW, "https://x/shop.git", "feature/a", "me", 3600.0)


def enforcing(level: str) -> Preview:
    return replace(SHOP, cluster=replace(CLUSTER, pod_security=level))


def said(keys: str, level: str) -> tuple[list[str], list[str]]:
    """What keeps a service out where a level is enforced, and what is only warned of."""
    preview = enforcing(level)
    one = placed(service(keys), preview)
    found = verdicts(bounds(preview), [Rendered(one, objects(PREVIEW, one))], ())
    refused = [problem.message for problem in found if not problem.warning]
    return refused, [problem.message for problem in found if problem.warning]


def security(one: Service) -> dict[str, Any]:
    container = objects(PREVIEW, one)[-1]["spec"]["template"]["spec"]["containers"][0]
    found: dict[str, Any] = container.get("securityContext", {})
    return found


@pytest.mark.parametrize("level", LEVELS)
def test_a_namespace_enforces_what_its_cluster_says_and_warns_of_the_strictest(level: str) -> None:
    found = namespace(enforcing(level), 1)["metadata"]["labels"]
    assert (found[names.ENFORCE], found[names.WARN]) == (level, RESTRICTED)


def test_what_is_privileged_is_let_in_where_the_user_has_said_so_only() -> None:
    refused, _ = said("privileged: true", "baseline")
    assert refused == [
        "web: in a preview, Pod Security `baseline` forbids it: it is privileged",
    ]
    refused, warned = said("privileged: true", PRIVILEGED)
    assert refused == []
    assert "Pod Security `restricted` would refuse: it is privileged" in warned[0]
    assert security(placed(service("privileged: true"), enforcing(PRIVILEGED))) == {
        "privileged": True
    }


def test_where_restricted_is_enforced_pods_give_up_what_it_asks_for() -> None:
    assert said("user: '1000', cap_drop: [CHOWN]", RESTRICTED) == ([], [])
    assert said("cap_add: [NET_BIND_SERVICE]", RESTRICTED) == ([], [])
    assert security(placed(service("cap_add: [NET_BIND_SERVICE]"), enforcing(RESTRICTED))) == {
        "capabilities": {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]},
        "allowPrivilegeEscalation": False,
        "seccompProfile": {"type": "RuntimeDefault"},
        "runAsNonRoot": True,
    }


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ("user: '0'", "it runs as root (user)"),
        ("cap_add: [CHOWN]", "it adds the capabilities CHOWN (cap_add)"),
        ("privileged: true", "it is privileged"),
    ],
)
def test_what_a_profile_asks_for_and_restricted_forbids_is_told(keys: str, why: str) -> None:
    refused, warned = said(keys, RESTRICTED)
    assert refused == [f"web: in a preview, Pod Security `restricted` forbids it: {why}"]
    assert warned == []


def test_pods_are_as_written_where_it_is_only_warned_of() -> None:
    assert security(placed(service("user: '1000'"), SHOP)) == {"runAsUser": 1000}
    (warned,) = said("user: '1000'", "baseline")[1]
    assert "Pod Security `restricted` would refuse: it may run as root (runAsNonRoot)" in warned


def test_a_namespace_that_is_lent_is_judged_by_who_made_it() -> None:
    preview = replace(SHOP, cluster=replace(CLUSTER, namespaces=("preview-1",)))
    assert bounds(preview).enforced == ""
    assert security(placed(service("user: '1000'"), preview)) == {"runAsUser": 1000}


def test_another_level_is_shown_as_a_change_of_the_namespace() -> None:
    home = namespace(SHOP, 1)
    assert relabelled(home, levels(SHOP)) == []
    (found,) = relabelled(home, levels(enforcing(RESTRICTED)))
    assert (found.change, found.kind, found.name) == ("change", "Namespace", PREVIEW)
    assert found.lines == (f"-{names.ENFORCE}: baseline", f"+{names.ENFORCE}: restricted")
