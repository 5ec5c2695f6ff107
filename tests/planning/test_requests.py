"""What containers ask for beyond their own walls is shown; nobody gets any of it unasked."""

from __future__ import annotations

from typing import Any

import pytest

from devenv.model.environment import Environment, EnvironmentId, Resources
from devenv.model.origin import Origin
from devenv.model.service import Container, Port, Service
from devenv.planning.requests import of_service
from devenv.runtimes.docker.body import Site, container_body

HERE = "/home/me/shop"
LINKS = {f"{HERE}/keys": "/home/me/.ssh"}
SHARED = Resources(
    volumes={"elsewhere": {"driver_opts": {"type": "none", "o": "bind", "device": "/srv/data"}}},
    secrets={"token": {"file": "/home/me/.netrc"}, "own": {"file": f"{HERE}/own.txt"}},
    configs={"hosts": {"file": "/etc/hosts"}},
)
BIND = {"type": "bind", "target": "/x"}

ASKED: dict[str, tuple[dict[str, Any], str]] = {
    "privileged": ({"privileged": True}, "all privileges (privileged): as good as root"),
    "use_api_socket": ({"use_api_socket": True}, "the engine's socket (use_api_socket)"),
    "network": ({"network_mode": "host"}, "this machine's own network (network_mode: host)"),
    "pid": ({"pid": "host"}, "this machine's own processes (pid: host)"),
    "ipc": ({"ipc": "host"}, "this machine's own shared memory (ipc: host)"),
    "uts": ({"uts": "host"}, "this machine's own host name (uts: host)"),
    "userns": ({"userns_mode": "host"}, "this machine's own user ids (userns_mode: host)"),
    "cgroup": ({"cgroup": "host"}, "this machine's own control groups (cgroup: host)"),
    "cap_add": ({"cap_add": ["SYS_ADMIN", "NET_RAW"]}, "capabilities: SYS_ADMIN, NET_RAW"),
    "devices": ({"devices": [{"source": "/dev/kvm"}]}, "the device /dev/kvm (devices)"),
    "device rules": ({"device_cgroup_rules": ["c 1:3 mr"]}, "devices: c 1:3 mr"),
    "seccomp": ({"security_opt": ["seccomp=unconfined"]}, "less protection: seccomp=unconfined"),
    "labels": ({"security_opt": ["label:disable"]}, "less protection: label:disable"),
    "hook": ({"post_start": [{"privileged": True}]}, "all privileges for a command (post_start)"),
    "socket": (
        {"volumes": [{**BIND, "source": "/var/run/docker.sock"}]},
        "/var/run/docker.sock, with the engine's socket: as good as root on this machine",
    ),
    "socket's folder": (
        {"volumes": [{**BIND, "source": "/run"}]},
        "/run, with the engine's socket: as good as root on this machine",
    ),
    "outside": ({"volumes": [{**BIND, "source": "/etc"}]}, "/etc, outside of the repository"),
    "beside": (
        {"volumes": [{**BIND, "source": f"{HERE}-2/x"}]},
        f"{HERE}-2/x, outside of the repository",
    ),
    "by a link": (
        {"volumes": [{**BIND, "source": f"{HERE}/keys"}]},
        f"{HERE}/keys, outside of the repository",
    ),
    "by a volume": (
        {"volumes": [{"type": "volume", "source": "elsewhere", "target": "/x"}]},
        "/srv/data, outside of the repository",
    ),
    "secret": ({"secrets": [{"source": "token"}]}, "/home/me/.netrc, outside of the repository"),
    "config": ({"configs": [{"source": "hosts"}]}, "/etc/hosts, outside of the repository"),
    "privileged build": (
        {"build": {"context": HERE, "privileged": True}},
        "all privileges while it is built (build.privileged)",
    ),
    "build network": (
        {"build": {"context": HERE, "network": "host"}},
        "this machine's own network while it is built (build.network)",
    ),
    "entitlement": (
        {"build": {"context": HERE, "entitlements": ["security.insecure"]}},
        "security.insecure while it is built (build.entitlements)",
    ),
    "ssh agent": (
        {"build": {"context": HERE, "ssh": ["default"]}},
        "your ssh agent while it is built (build.ssh)",
    ),
}

UNASKED: dict[str, dict[str, Any]] = {
    "nothing": {},
    "no privileges": {"privileged": False, "use_api_socket": False},
    "namespaces of others": {"network_mode": "none", "pid": "service:db", "ipc": "private"},
    "fewer rights": {"cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"]},
    "a bind within": {"volumes": [{**BIND, "source": f"{HERE}/src"}, {**BIND, "source": HERE}]},
    "memory": {"volumes": [{"type": "tmpfs", "target": "/x"}]},
    "a volume": {"volumes": [{"type": "volume", "source": "data", "target": "/x"}]},
    "an own secret": {"secrets": [{"source": "own"}]},
    "a build": {"build": {"context": HERE, "network": "none"}},
}


def asked(definition: dict[str, Any], *ports: Port) -> list[str]:
    service = Service("web", Origin("x"), container=Container(definition), ports=ports)
    environment = Environment("shop", HERE, {"web": service}, SHARED)
    return list(of_service(service, environment, lambda path: LINKS.get(path, path)))


@pytest.mark.parametrize(("definition", "text"), ASKED.values(), ids=ASKED)
def test_what_is_asked_for_is_said(definition: dict[str, Any], text: str) -> None:
    (said,) = asked(definition)
    assert said.startswith(text)


@pytest.mark.parametrize("definition", UNASKED.values(), ids=UNASKED)
def test_what_stays_within_its_walls_is_not_mentioned(definition: dict[str, Any]) -> None:
    assert asked(definition) == []


def test_a_port_for_other_machines_is_said_and_one_for_this_one_is_not() -> None:
    ports = (Port("80", 8080), Port("90", 9090, host="0.0.0.0"), Port("x", 1, host="::1"))
    assert asked({}, *ports) == ["port 9090 to be open to other machines (0.0.0.0)"]


def test_a_container_gets_nothing_that_was_not_asked_for() -> None:
    site = Site(EnvironmentId("shop-1"), "image", {}, ports=(Port("80", 8080, target=80),))
    host = container_body("web", {"image": "image"}, site)["HostConfig"]
    given = {key for key, value in host.items() if value}
    assert given == {"NetworkMode", "PortBindings", "RestartPolicy", "Init", "LogConfig"}
    assert host["NetworkMode"] == "none"
    assert host["PortBindings"] == {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}]}
