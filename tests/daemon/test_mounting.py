"""What a bind mount does for a rule of sync, and which rules may become one."""

from __future__ import annotations

import pytest

from devenv.daemon.mounting import is_mounted, mounted, rules_of
from devenv.model.environment import Wanted
from devenv.model.origin import Origin
from devenv.model.service import Container, Service
from devenv.model.sync import SyncRule, Syntax
from devenv.runtimes.docker.address import Address

LEFT = SyncRule("/shop/src", "/app", syntax=Syntax.GIT, may_mount=True)


def service(*rules: SyncRule) -> Service:
    return Service("web", Origin("x"), container=Container({"image": "i"}), sync=rules)


def bound(source: str, target: str) -> Service:
    mount = {"type": "bind", "source": source, "target": target}
    container = Container({"image": "i", "volumes": [mount]})
    return Service("web", Origin("x"), container=container)


def test_a_folder_is_mounted_and_nothing_of_it_is_sent() -> None:
    made = mounted(service(LEFT), lambda _: True)
    mount = {"type": "bind", "source": "/shop/src", "target": "/app"}
    assert made.definition["volumes"] == [mount]
    assert is_mounted(made, LEFT)
    assert rules_of(Wanted(made, "docker", ())) == ()


@pytest.mark.parametrize(
    ("rule", "is_folder"),
    [
        (LEFT, False),
        (SyncRule("/shop/src", "/app", may_mount=True, replica=1), True),
        (SyncRule("/shop/src", "/app"), True),
    ],
)
def test_what_a_mount_cannot_do_is_sent(rule: SyncRule, *, is_folder: bool) -> None:
    made = mounted(service(rule), lambda _: is_folder)
    assert made == service(rule)
    assert rules_of(Wanted(made, "docker", ())) == (rule,)


@pytest.mark.parametrize(
    ("source", "target", "syntax", "there"),
    [
        ("/shop/src", "/app/", Syntax.GIT, True),
        ("/shop/", "/", Syntax.GIT, False),
        ("/shop", "/data", Syntax.GIT, False),
        ("/shop/src/inner", "/app/inner", Syntax.GIT, False),
        ("/shop/sr", "/app", Syntax.DOCKER, False),
        ("/shop/src", "/data", Syntax.DOCKER, True),
    ],
)
def test_a_mount_elsewhere_does_only_what_compose_takes_it_for(
    source: str, target: str, syntax: Syntax, *, there: bool
) -> None:
    assert is_mounted(bound(source, target), SyncRule("/shop/src", "/app", syntax=syntax)) == there


@pytest.mark.parametrize(
    ("source", "target", "to"),
    [("/shop", "/", "/src"), ("/", "/host", "/host/shop/src/"), ("/shop/src", "/", "/")],
)
def test_a_mount_of_what_is_around_a_source_does_what_its_rule_does(
    source: str, target: str, to: str
) -> None:
    assert is_mounted(bound(source, target), SyncRule("/shop/src", to, syntax=Syntax.GIT))


@pytest.mark.parametrize(
    ("url", "is_native"),
    [
        ("unix:///var/run/some.sock", True),
        ("unix:///home/me/.docker/desktop/docker.sock", False),
        ("ssh://far", False),
        ("tcp://10.0.0.9:2376", False),
    ],
)
def test_only_an_engine_of_this_kernel_is_native(url: str, *, is_native: bool) -> None:
    assert Address(url).is_native == is_native
