"""What cannot be said in the words of a cluster: told before anything is made, with its place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from devenv.errors import DevenvError
from devenv.model.environment import Resources
from devenv.model.service import LogCheck, Probe
from devenv.runtimes.kubernetes.objects.service import clashes, problems
from devenv.runtimes.kubernetes.objects.storage import shared_objects
from tests.runtimes.kubernetes.services import PREVIEW, service, services


def refused(keys: str) -> list[str]:
    return [one.message for one in problems(PREVIEW, service(keys))]


@pytest.mark.parametrize(
    ("resources", "said"),
    [
        (
            Resources(configs={"film": {"content": "x" * 1024 * 1025}}),
            "the config film has 1025 KiB",
        ),
        (
            Resources(volumes={"far": {"driver_opts": {"type": "nfs"}}}),
            "the volume far is of a driver",
        ),
        (Resources(volumes={"far": {"driver": "rexray"}}), "the volume far is of a driver"),
    ],
)
def test_what_no_object_can_hold_is_refused(resources: Resources, said: str) -> None:
    with pytest.raises(DevenvError, match=said):
        shared_objects(resources, {})


def test_a_name_leads_to_one_service() -> None:
    found = services("""
    services:
      db: {image: x}
      web: {image: x, networks: {default: {aliases: [db, shop]}}}
      till: {image: x, networks: {default: {aliases: [shop]}}}
    """)
    assert sorted(one.message for one in clashes(list(found.values()))) == [
        "till: in a preview, it cannot be called 'shop': that leads to web",
        "web: in a preview, it cannot be called 'db': that leads to db",
    ]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("expose: [http]", "`expose: http` is no port"),
        ("deploy: {mode: global}", "`deploy.mode`: a preview has as many"),
        ("deploy: {resources: {limits: {pids: 9}}}", "`deploy.resources.limits.pids`"),
        (
            "deploy: {resources: {reservations: {devices: [{capabilities: [gpu]}]}}}",
            "`deploy.resources.reservations.devices`",
        ),
        ("networks: {default: {ipv4_address: 10.0.0.9}}", "`networks.default.ipv4_address`"),
        ("network_mode: host", "`network_mode`: every pod has an address of its own"),
        ("volumes: ['./src:/app']", "/shop/src of this machine cannot be mounted in a cluster"),
        ("user: www-data", "`user: www-data` is a name, and a cluster needs numbers"),
        ("extra_hosts: ['here:host-gateway']", "means this machine, which a cluster cannot reach"),
        ("pull_policy: build", "`pull_policy`: a cluster cannot build"),
    ],
)
def test_what_a_cluster_cannot_do_is_refused_in_words(keys: str, said: str) -> None:
    assert any(said in message for message in refused(keys))


def test_a_file_that_its_reader_could_not_read_is_refused() -> None:
    found = services("""
    services: {web: {image: x, configs: [{source: page, uid: '1000', mode: 0400}]}}
    configs: {page: {content: x}}
    """)
    (problem,) = problems(PREVIEW, found["web"])
    assert "the file of page would be root's" in problem.message


def test_what_to_do_about_a_build_is_not_to_leave_it_out() -> None:
    (problem,) = problems(PREVIEW, services("services: {web: {build: .}}")["web"])
    assert "no registry" in problem.message
    assert problem.hint == "or give it an `image` that the cluster can pull"


def test_everything_that_is_wrong_is_said_at_once_and_where() -> None:
    text = "services:\n  web:\n    build: .\n    ipc: host\n    pid: host\n"
    found = problems(PREVIEW, services(text)["web"])
    assert len(found) == 3
    assert {str(one.origin) for one in found} == {"compose.yaml:2:3"}


def test_a_name_that_no_cluster_knows_is_refused() -> None:
    found = problems(PREVIEW, services("services: {my_web: {image: x}}")["my_web"])
    assert ["'my_web' cannot be a name in a cluster" in one.message for one in found] == [True]


def test_a_host_process_is_refused() -> None:
    found = services("services: {web: {command: [run]}}", "devenv.profile.yaml")["web"]
    assert [one.message for one in problems(PREVIEW, found)] == [
        "web: in a preview, it is a host process only"
    ]


def test_a_look_into_a_log_is_refused() -> None:
    found = problems(PREVIEW, replace(service(""), probe=Probe(LogCheck("up"))))
    assert ["a cluster cannot look into a log" in one.message for one in found] == [True]
