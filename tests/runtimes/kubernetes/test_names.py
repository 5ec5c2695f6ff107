"""Names of previews: readable, fit for a cluster, and no two branches share one."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devenv.model.preview import Cluster, Preview
from devenv.runtimes.kubernetes.names import (
    LABEL_LIMIT,
    generation_of,
    host_name,
    is_host_name,
    labels,
    namespace_name,
    preview_name,
)

SHOP = "https://git.example.com/team/shop.git"
DNS_LABEL = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
HARD = [
    "feature/a",
    "feature-a",
    "Feature_a",
    "x" * 240,
    "a;rm -rf $HOME`id`'\"\\ \n",
    "-",
    "日本",
    "",
]


def test_a_name_shows_repository_and_branch() -> None:
    assert re.fullmatch("shop-feature-a-[0-9a-f]{8}", preview_name(SHOP, "feature/a"))


def test_branches_that_look_alike_have_different_names() -> None:
    assert len({preview_name(SHOP, branch) for branch in HARD}) == len(HARD)


def test_the_same_branch_of_another_repository_has_another_name() -> None:
    assert preview_name(SHOP, "main") != preview_name("https://other.example.com/shop.git", "main")


@pytest.mark.parametrize("branch", HARD)
def test_a_hard_name_is_a_dns_label(branch: str) -> None:
    assert DNS_LABEL.fullmatch(namespace_name(preview_name(SHOP, branch), 999))


@given(st.text(), st.text(), st.integers(1, 9999))
def test_every_name_is_a_dns_label_and_says_its_generation(
    repository: str, branch: str, generation: int
) -> None:
    name = preview_name(repository, branch)
    namespace = namespace_name(name, generation)
    assert DNS_LABEL.fullmatch(namespace)
    assert "--" not in namespace
    assert not namespace.startswith("kube-")
    assert generation_of(name, namespace) == generation
    assert all(len(value) <= LABEL_LIMIT for value in labels(name, "s" * 52, 7).values())


@pytest.mark.parametrize("namespace", ["shop", "shop-a-1f3c9a2b-", "shop-a-1f3c9a2b-x", "shop-a"])
def test_a_namespace_of_another_name_has_no_generation(namespace: str) -> None:
    assert generation_of("shop-a-1f3c9a2b", namespace) == 0


@pytest.mark.parametrize(
    ("name", "fits"),
    [("web", True), ("web-2", True), ("my_web", False), ("Web", False), ("2web", False)],
)
def test_a_service_must_be_a_host_name(name: str, fits: bool) -> None:
    assert is_host_name(name) is fits


def test_a_name_that_a_controller_could_not_lengthen_is_too_long() -> None:
    assert is_host_name("s" * 52)
    assert not is_host_name("s" * 53)


@pytest.mark.parametrize("branch", ["feature/a", "Feature_a", "x" * 240, "-", "a;b$(c)"])
def test_a_host_is_one_label_of_its_own_below_the_domain(branch: str) -> None:
    def host(name: str) -> str:
        cluster = Cluster("team", "c", "s", "a", "k", domain="preview.example.com")
        return host_name(Preview(cluster, "n", "https://x/shop", name, "me", 60.0), "s" * 40)

    label, _, domain = host(branch).partition(".")
    assert domain == "preview.example.com"
    assert re.fullmatch("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", label)
    assert host(branch) != host(f"{branch}.")
