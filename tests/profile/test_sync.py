"""The key ``sync``, and Compose's ``develop.watch``: from text to rules."""

from __future__ import annotations

import pytest

from devenv.model.sync import Hook, SyncRule, Syntax
from tests.profile.loading import problems_of, service_of


def test_a_rule_is_read_whole() -> None:
    service = service_of(
        "{image: i, sync: {from: ./src, to: /app/, ignore: '*.log', include: [a, b], "
        "on_change: [{command: pip install, paths: req.txt, user: root}], "
        "restart: true, debounce: 500ms}}"
    )
    assert service.sync == (
        SyncRule(
            "/shop/src",
            "/app",
            ignore=("*.log",),
            include=("a", "b"),
            syntax=Syntax.GIT,
            restart=True,
            hooks=(Hook(("pip", "install"), user="root", paths=("req.txt",)),),
            debounce=0.5,
        ),
    )


def test_a_host_process_may_be_restarted() -> None:
    service = service_of("{command: c, sync: [{from: a, restart: true}, {from: b, restart: true}]}")
    assert [rule.source for rule in service.sync] == ["/shop/a", "/shop/b"]
    assert all(rule.restart and not rule.target for rule in service.sync)


def test_composes_rules_are_there_too() -> None:
    (rule,) = service_of(
        "{build: ., develop: {watch: [{path: ./src, action: sync+restart, target: /app, "
        "ignore: [x], initial_sync: true}]}}"
    ).sync
    assert rule == SyncRule(
        "/shop/src",
        "/app",
        ignore=("x",),
        context="/shop",
        dockerfile="Dockerfile",
        restart=True,
    )


def test_a_profile_may_leave_the_choice_and_name_a_replica() -> None:
    left, one = service_of(
        "{image: i, sync: [{from: a, to: /a, mode: auto}, {from: b, to: /b, replica: 1}]}"
    ).sync
    assert left.may_mount
    assert left.replica is None
    assert not one.may_mount
    assert one.replica == 1


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (
            "image: i, sync: {from: a, to: /app, mode: auto, ignore: '*.log'}",
            "services.web: a bind mount leaves nothing out, and `auto` may become one "
            "(write `one-way`, or leave out `ignore` and `include`)",
        ),
        (
            "command: c, sync: {from: a, restart: true, replica: 1}",
            "services.web: a host process has its files already (remove the key)",
        ),
        (
            "command: c, sync: {from: a, to: /app}",
            "services.web: `to` needs a container, and this is a host process "
            "(add `image` or `build`, or remove the key)",
        ),
        (
            "image: i, sync: {from: a, to: app}",
            "services.web: `app` is not an absolute path (begin it with `/`)",
        ),
        (
            "image: i, sync: [{from: a}]",
            "services.web: nothing happens when a file changes "
            "(add `to`, `on_change` or `restart`)",
        ),
        ("image: i, sync: {to: /a}", "services.web.sync: `from` is missing"),
    ],
)
def test_a_rule_that_cannot_work_is_refused(keys: str, said: str) -> None:
    (problem,) = problems_of(f"services: {{web: {{{keys}}}}}")
    assert problem.endswith(said)
