"""The key `preview`: what differs in a branch preview, and what is wrong with it."""

from __future__ import annotations

import pytest

from devenv.model.environment import Environment
from devenv.model.origin import ProfileError
from devenv.model.service import InPreview
from devenv.planning.previewing import previewed
from devenv.profile.load import load
from devenv.profile.sources import Request

PROFILE = """
preview: {ttl: 5d, seed: load}
services:
  web:
    image: x
    ports: ["80"]
    cpus: 4
    mem_limit: 2g
    preview:
      host: true
      replicas: 3
      resources: {limits: {memory: 1gb}, reservations: {cpus: 0.5}}
  api: {image: x, ports: ["81"], preview: {host: backend}}
tasks:
  load: {image: x, command: [load]}
"""


def loaded(text: str) -> Environment:
    files = {"/shop/devenv.profile.yaml": text.encode()}
    return load(Request("/shop"), files.get).environment


def refusals(text: str) -> list[str]:
    with pytest.raises(ProfileError) as error:
        loaded(text)
    return [str(one) for one in error.value.problems]


def test_what_differs_is_read() -> None:
    found = loaded(PROFILE)
    assert (found.lifetime, found.seed) == (5 * 86400.0, "load")
    assert found.services["web"].preview == InPreview(
        "web",
        3,
        {"limits": {"memory": str(2**30)}, "reservations": {"cpus": "0.5"}},
    )
    assert found.services["api"].preview.host == "backend"


def test_it_counts_in_a_preview_only() -> None:
    here = loaded(PROFILE)
    there = previewed(here).services
    assert (here.services["web"].replicas, there["web"].replicas) == (1, 3)
    assert here.services["web"].definition["mem_limit"] == str(2**31)
    definition = there["web"].definition
    assert "mem_limit" not in definition
    assert definition["deploy"]["resources"] == {
        "limits": {"memory": str(2**30)},
        "reservations": {"cpus": "0.5"},
    }
    assert (here.services["load"].automatic, there["load"].automatic) == (False, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("preview: {ttl: soon}", "devenv.profile.yaml:2:16: preview.ttl: `soon` is not a duration"),
        ("preview: {seed: web}", "devenv.profile.yaml:2:17: preview.seed: there is no task 'web'"),
        ("preview: {cpu: 1}", "devenv.profile.yaml:2:11: preview: unknown key `cpu`"),
    ],
)
def test_what_is_wrong_with_the_whole_is_told(text: str, said: str) -> None:
    (found,) = refusals(f"services: {{web: {{image: x}}}}\n{text}")
    assert found.startswith(said)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("image: x, preview: {host: true}", "`host` needs a port to lead to"),
        ("image: x, ports: ['80'], preview: {host: My.Web}", "`My.Web` cannot be part of a host"),
        ("image: x, preview: {replicas: many}", "preview.replicas: expected a whole number"),
        ("image: x, preview: {resources: {limits: {memory: big}}}", "`big` is not a size"),
        ("image: x, preview: {resources: {limits: {cpus: 0}}}", "greater than 0"),
        ("command: [run], preview: {replicas: 2}", "a host process is in no preview"),
    ],
)
def test_what_is_wrong_with_a_service_is_told(keys: str, said: str) -> None:
    (found,) = refusals(f"services:\n  web: {{{keys}}}\n")
    assert found.startswith("devenv.profile.yaml:2:")
    assert said in found


def test_two_services_cannot_have_one_host() -> None:
    web = "{image: x, ports: ['80'], preview: {host: true}}"
    api = "{image: x, ports: ['81'], preview: {host: web}}"
    (found,) = refusals(f"services:\n  web: {web}\n  api: {api}\n")
    assert "web has the host 'web' too" in found
