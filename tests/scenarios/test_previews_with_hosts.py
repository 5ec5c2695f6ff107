"""Previews with public hosts, and what else a profile says of previews."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fakes.apiserver import CONTEXT
from tests.fakes.thread import Beside
from tests.scenarios.sandbox import Sandbox, eventually
from tests.scenarios.test_previews import end_seed, git, previews, shop
from tests.scenarios.test_previews_survive import elsewhere

__all__ = ["shop"]
pytestmark = pytest.mark.timeout(120)
DOMAIN = "preview.example.com"
PROFILE = """
preview: {ttl: 12h, seed: load}
services:
  web: {image: x, ports: ["80"], preview: {host: true}}
  api: {image: x, ports: ["81"], preview: {replicas: 2}}
tasks:
  load: {image: x, depends_on: [api]}
"""


@pytest.fixture
def public(shop: Sandbox) -> Sandbox:
    """A repository whose web service asks for a host, and a cluster with a domain."""
    (shop.checkout / "compose.yaml").unlink()
    shop.write("devenv.profile.yaml", PROFILE)
    git(shop.checkout, "switch", "-q", "-c", "feature/a")
    shop.run("cluster", "add", "fake", "--context", CONTEXT, "--domain", f"*.{DOMAIN}")
    return shop


def brought_up(public: Sandbox, cluster: Beside) -> dict[str, Any]:
    going = public.spawn("preview", "up", "--wait", "--timeout", "60")
    eventually(lambda: cluster.names("namespaces"))
    end_seed(cluster, cluster.names("namespaces")[0], "load")
    out, err = going.communicate(timeout=60)
    assert going.returncode == 0, out + err
    (found,) = previews(public)
    return found


def test_a_service_that_asks_for_a_host_has_one_below_the_domain(
    public: Sandbox, cluster: Beside
) -> None:
    found = brought_up(public, cluster)
    (host,) = (rule["host"] for one in ingresses(cluster) for rule in one["spec"]["rules"])
    assert host == f"feature-a-{found['name'][-8:]}-web.{DOMAIN}"
    assert found["urls"]["web"] == f"https://{host}/"
    assert found["urls"]["api"].startswith("http://127.0.0.1:")
    assert public.run("preview", "open").stdout.strip() == f"https://{host}/"
    elsewhere(public)
    assert previews(public)[0]["urls"] == {"web": f"https://{host}/"}
    assert public.run("preview", "url", "web").stdout.strip() == f"https://{host}/"


def test_what_asks_for_no_host_any_more_loses_its_address(public: Sandbox, cluster: Beside) -> None:
    brought_up(public, cluster)
    public.write("devenv.profile.yaml", PROFILE.replace("host: true", "host: false"))
    public.run("preview", "up", "--wait")
    assert ingresses(cluster) == []
    assert previews(public)[0]["urls"]["web"].startswith("http://127.0.0.1:")


def test_what_a_profile_says_of_previews_counts_there(public: Sandbox, cluster: Beside) -> None:
    found = brought_up(public, cluster)
    assert found["expires_at"] - found["last_used_at"] == 12 * 3600
    states = {one["name"]: one["state"] for one in found["services"]}
    assert states == {"web": "ready", "api": "ready", "load": "done"}
    api = cluster.server.store.objects["deployments", found["namespace"], "api"]
    assert api["spec"]["replicas"] == 2
    public.run("preview", "up", "--wait", "--ttl", "1h")
    (now,) = previews(public)
    assert now["expires_at"] - now["last_used_at"] == 3600


def test_a_domain_that_cannot_be_one_is_refused(public: Sandbox) -> None:
    words = ("cluster", "add", "other", "--context", CONTEXT, "--domain", "https://x")
    done = public.run(*words, check=False)
    assert "'https://x' cannot be a domain" in done.stderr
    listed = json.loads(public.run("cluster", "list", "--json").stdout)["clusters"]
    assert [one["domain"] for one in listed] == [DOMAIN]


def ingresses(cluster: Beside) -> list[dict[str, Any]]:
    return cluster.ask(
        lambda server: [one for key, one in server.store.objects.items() if key[0] == "ingresses"]
    )
