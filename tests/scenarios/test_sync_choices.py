"""Where a rule of sync is not for all containers, or a bind mount does its work."""

from __future__ import annotations

from tests.lab.engine import Engine
from tests.scenarios.following import COMPOSE, inside, project
from tests.scenarios.sandbox import Sandbox, eventually

CHOSEN = """
services:
  web:
    image: lab/busybox:1
    command: ["sleep", "100000"]
    scale: 2
    sync: {{from: ./src, to: /srv/app, {rest}}}
"""


def test_what_is_a_bind_mount_already_is_not_sent(sandbox: Sandbox, engine: Engine) -> None:
    project(sandbox, engine)
    mounted = COMPOSE.replace("    develop:", '    volumes: ["./src:/srv/app"]\n    develop:')
    sandbox.write(
        "compose.yaml", mounted.format(image="lab/busybox:1", user="", action="sync+restart")
    )
    sandbox.run("up", "-d")
    said = f"{sandbox.checkout}/src is a bind mount of it: nothing is sent"
    eventually(lambda: said in sandbox.run("events").stdout)
    assert "Nothing is synced" in sandbox.run("sync", "status").stdout
    assert inside(sandbox, "page") == "one"


def own(sandbox: Sandbox, engine: Engine, rest: str) -> None:
    sandbox.extra["DOCKER_HOST"] = engine.host
    sandbox.write("devenv.profile.yaml", CHOSEN.format(rest=rest))
    sandbox.write("src/page", "one")
    sandbox.run("up", "-d")


def test_a_rule_that_leaves_the_choice_becomes_a_mount(sandbox: Sandbox, engine: Engine) -> None:
    own(sandbox, engine, "mode: auto")
    said = f"{sandbox.checkout}/src is a bind mount of it: nothing is sent"
    eventually(lambda: said in sandbox.run("events").stdout)
    sandbox.write("src/page", "two")
    assert inside(sandbox, "page") == "two"
    sandbox.write("devenv.profile.yaml", CHOSEN.format(rest="mode: one-way"))
    sandbox.run("up", "-d")
    sandbox.run("sync", "flush")
    assert "2 files" in sandbox.run("sync", "status").stdout


def test_a_rule_for_one_replica_leaves_the_others_alone(sandbox: Sandbox, engine: Engine) -> None:
    own(sandbox, engine, "replica: 1, on_change: [{command: touch /srv/ran}]")
    sandbox.run("sync", "flush")
    sandbox.write("src/page", "two")
    sandbox.run("sync", "flush")
    eventually(lambda: "ran touch /srv/ran" in sandbox.run("events").stdout)
    second = sandbox.run("exec", "--index", "1", "web", "ls", "/srv", "/srv/app").stdout
    assert {"ran", "page"} <= set(second.split())
    first = sandbox.run("exec", "web", "ls", "-a", "/srv", check=False).stdout
    assert "ran" not in first
    assert "app" not in first
