"""Files follow into containers: from a save on this machine to what runs, through the daemon."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from tests.lab.engine import Engine
from tests.scenarios.following import COMPOSE, container, docker, inside, project, receivers
from tests.scenarios.sandbox import Sandbox, eventually


@pytest.mark.parametrize("image", ["lab/busybox:1", "lab/python:3.11"])
def test_a_save_is_in_the_container_at_once(sandbox: Sandbox, engine: Engine, image: str) -> None:
    project(sandbox, engine, image=image)
    sandbox.run("up", "-d")
    sandbox.write("src/page", "two")
    sandbox.write("src/new/deep/file", "new")
    eventually(lambda: inside(sandbox, "page") == "two")
    eventually(lambda: inside(sandbox, "new/deep/file") == "new")
    (sandbox.checkout / "src" / "page").unlink()
    eventually(lambda: inside(sandbox, "page") == "")


def test_without_watching_a_save_stays_at_home(sandbox: Sandbox, engine: Engine) -> None:
    project(sandbox, engine)
    sandbox.run("up", "-d", "--no-watch")
    sandbox.write("src/page", "two")
    sandbox.run("up", "-d")
    sandbox.write("src/page", "three")
    eventually(lambda: inside(sandbox, "page") == "three")


def test_a_container_of_a_plain_user_gets_its_files(sandbox: Sandbox, engine: Engine) -> None:
    project(sandbox, engine, image="lab/python:3.11", user="1000")
    sandbox.run("up", "-d")
    sandbox.write("src/page", "two")
    eventually(lambda: inside(sandbox, "page") == "two")


def test_a_container_that_somebody_removed_gets_its_files_again(
    sandbox: Sandbox, engine: Engine
) -> None:
    project(sandbox, engine)
    sandbox.run("up", "-d")
    sandbox.write("src/page", "two")
    eventually(lambda: inside(sandbox, "page") == "two")
    docker(sandbox, "rm", "--force", container(sandbox))
    eventually(lambda: sandbox.service("web")["state"] == "ready")
    eventually(lambda: inside(sandbox, "page") == "two")


def test_the_next_daemon_carries_over_what_was_saved_meanwhile(
    sandbox: Sandbox, engine: Engine
) -> None:
    project(sandbox, engine)
    sandbox.run("up", "-d")
    sandbox.kill_daemon()
    sandbox.write("src/page", "saved while no daemon lived")
    sandbox.run("status")
    eventually(lambda: inside(sandbox, "page") == "saved while no daemon lived")


def test_a_killed_receiver_is_replaced(sandbox: Sandbox, engine: Engine) -> None:
    project(sandbox, engine)
    sandbox.run("up", "-d")
    sandbox.write("src/page", "two")
    eventually(lambda: inside(sandbox, "page") == "two")
    for pid in receivers(sandbox):
        os.kill(pid, signal.SIGKILL)
    sandbox.write("src/page", "three")
    eventually(lambda: inside(sandbox, "page") == "three")


def test_a_save_restarts_what_asks_for_it(sandbox: Sandbox, engine: Engine) -> None:
    project(sandbox, engine, action="sync+restart")
    sandbox.run("up", "-d")
    before = sandbox.service("web")["started_at"]
    sandbox.write("src/page", "two")
    eventually(lambda: (sandbox.service("web")["started_at"] or 0) > before + 0.1)
    eventually(lambda: inside(sandbox, "page") == "two")


def test_flush_waits_until_a_save_is_there(sandbox: Sandbox, engine: Engine) -> None:
    project(sandbox, engine)
    sandbox.run("up", "-d")
    for number in range(5):
        sandbox.write("src/page", str(number))
        sandbox.run("sync", "flush")
        assert inside(sandbox, "page") == str(number)


def test_flush_says_that_the_source_is_gone(sandbox: Sandbox, engine: Engine) -> None:
    project(sandbox, engine)
    sandbox.run("up", "-d")
    sandbox.write("src/page", "two")
    sandbox.run("sync", "flush")
    (sandbox.checkout / "src").rename(sandbox.checkout / "away")
    done = sandbox.run("sync", "flush", check=False)
    assert done.returncode == 1
    assert "no source" in done.stdout
    assert inside(sandbox, "page") == "two"
    (sandbox.checkout / "away").rename(sandbox.checkout / "src")
    sandbox.write("src/page", "three")
    eventually(lambda: inside(sandbox, "page") == "three")


def test_status_tells_how_far_each_target_is(sandbox: Sandbox, engine: Engine) -> None:
    project(sandbox, engine)
    sandbox.run("up", "-d")
    sandbox.write("src/page", "two")
    (rule,) = json.loads(sandbox.run("sync", "flush", "--json").stdout)["rules"]
    assert (rule["service"], rule["rule"], rule["state"]) == ("web", "sync", "watching")
    (target,) = rule["targets"]
    assert (target["state"], target["files"], target["bytes"]) == ("equal", 1, 3)
    assert target["p95_ms"] > 0
    assert "watching" in sandbox.run("sync", "status").stdout
    assert sandbox.run("sync", "status", "--list").stdout.split() == [
        str(sandbox.checkout / "src" / "page")
    ]


def test_each_batch_is_an_event(sandbox: Sandbox, engine: Engine) -> None:
    project(sandbox, engine)
    sandbox.run("up", "-d")
    sandbox.write("src/page", "two")
    sandbox.run("sync", "flush")

    def told() -> list[str]:
        printed = sandbox.run("events", "--json").stdout.splitlines()
        events = [json.loads(line) for line in printed]
        return [one["text"] for one in events if (one["service"], one["kind"]) == ("web", "sync")]

    eventually(lambda: [text for text in told() if text.startswith("a file, 3 B, within")])


def test_explain_names_the_pattern_that_decides(sandbox: Sandbox, engine: Engine) -> None:
    project(sandbox, engine)
    sandbox.write("src/.env", "SECRET=1")
    sandbox.run("up", "-d")
    assert "not taken  (stays at home" in sandbox.run("sync", "explain", "src/.env").stdout
    assert "taken" in sandbox.run("sync", "explain", "src/page").stdout
    assert "No rule" in sandbox.run("sync", "explain", "compose.yaml").stdout


def test_a_paused_sync_sends_nothing_until_it_is_resumed(sandbox: Sandbox, engine: Engine) -> None:
    project(sandbox, engine)
    sandbox.run("up", "-d")
    sandbox.run("sync", "pause")
    sandbox.write("src/page", "two")
    assert sandbox.run("sync", "flush", check=False).returncode == 1
    assert inside(sandbox, "page") == ""
    sandbox.run("sync", "resume")
    sandbox.run("sync", "flush")
    assert inside(sandbox, "page") == "two"


CRASHES = """
services:
  web:
    build:
      dockerfile_inline: |
        FROM lab/busybox:1
        RUN mkdir -p /srv/app && echo exit 3 >/srv/app/run
    command: ["sh", "/srv/app/run"]
    develop:
      watch:
        - {path: ./src, action: sync+restart, target: /srv/app}
"""


def test_a_container_that_has_ended_gets_its_files_and_is_started_with_them(
    sandbox: Sandbox, engine: Engine
) -> None:
    sandbox.extra["DOCKER_HOST"] = engine.host
    sandbox.write("compose.yaml", CRASHES)
    sandbox.write("src/run", "exit 3\n")
    sandbox.run("up", "-d", timeout=120, check=False)
    eventually(lambda: sandbox.service("web")["state"] == "failed")
    sandbox.write("src/run", "exec sleep 100000\n")
    eventually(lambda: sandbox.service("web")["state"] == "ready")


BARE = """
services:
  web:
    build:
      dockerfile_inline: |
        FROM lab/busybox:1 AS all
        FROM scratch
        COPY --from=all /bin/busybox /sleep
    command: ["/sleep", "100000"]
    develop:
      watch:
        - {path: ./src, action: sync, target: /srv/app}
"""


def test_an_image_without_a_shell_gets_its_files_by_the_engine(
    sandbox: Sandbox, engine: Engine
) -> None:
    sandbox.extra["DOCKER_HOST"] = engine.host
    sandbox.write("compose.yaml", BARE)
    sandbox.write("src/page", "one")
    sandbox.run("up", "-d", timeout=120)
    sandbox.write("src/page", "two")

    def copied() -> str:
        kept = sandbox.base / "copied"
        words = ("cp", f"{container(sandbox)}:/srv/app/page", str(kept))
        docker(sandbox, *words, check=False)
        return kept.read_text() if kept.exists() else ""

    eventually(lambda: copied() == "two")


BUILT = """
services:
  web:
    build: ./image
    init: true
    command: ["sleep", "100000"]
    develop:
      watch:
        - {path: ./image, action: rebuild}
"""


def test_a_save_rebuilds_and_a_failed_build_is_got_over(sandbox: Sandbox, engine: Engine) -> None:
    sandbox.extra["DOCKER_HOST"] = engine.host
    sandbox.write("compose.yaml", BUILT)
    image = "FROM lab/busybox:1\nRUN mkdir -p /srv/app\nCOPY page /srv/app/page\n"
    sandbox.write("image/Dockerfile", image)
    sandbox.write("image/page", "one")
    sandbox.run("up", "-d", timeout=120)
    assert inside(sandbox, "page") == "one"
    sandbox.write("image/Dockerfile", f"{image}RUN exit 3\n")
    eventually(lambda: "rebuild of" in sandbox.run("events").stdout, within=60)
    assert inside(sandbox, "page") == "one"
    sandbox.write("image/Dockerfile", image)
    sandbox.write("image/page", "two")
    eventually(lambda: inside(sandbox, "page") == "two", within=60)


EXEC = (
    COMPOSE
    + """          exec: {{command: [cp, /srv/app/page, /srv/app/copied], user: root}}
"""
)


def test_a_command_of_a_compose_file_runs_after_a_save(sandbox: Sandbox, engine: Engine) -> None:
    project(sandbox, engine)
    given = {"image": "lab/busybox:1", "user": "", "action": "sync+exec"}
    sandbox.write("compose.yaml", EXEC.format(**given))
    sandbox.run("up", "-d")
    sandbox.write("src/page", "two")
    eventually(lambda: inside(sandbox, "copied") == "two")


HOST = """
services:
  web:
    command: ["sh", "-c", "echo TOKEN $$(cat code); exec sleep 1000"]
    sync: {from: ./code, restart: true}
"""


def test_a_host_process_restarts_when_its_file_is_saved(sandbox: Sandbox) -> None:
    sandbox.write("code", "one")
    sandbox.profile(HOST)
    sandbox.run("up", "-d")
    before = sandbox.pids()["web"]
    (sandbox.checkout / "new").write_text("two")
    (sandbox.checkout / "new").rename(sandbox.checkout / "code")
    eventually(lambda: sandbox.pids().get("web", before) != before)
    eventually(lambda: sandbox.run("logs", "--no-prefix").stdout.endswith("two\n"))
    assert "code changed" in sandbox.run("events").stdout


OWN = """
services:
  web:
    image: lab/busybox:1
    init: true
    command: ["sleep", "100000"]
    sync:
      from: ./src
      to: /srv/app
      ignore: ["*.log"]
      on_change:
        - {command: [cp, /srv/app/page, /srv/copied], paths: page}
        - {command: [touch, /srv/never], paths: other}
"""


def test_what_a_rule_names_runs_when_its_files_have_arrived(
    sandbox: Sandbox, engine: Engine
) -> None:
    sandbox.extra["DOCKER_HOST"] = engine.host
    sandbox.write("src/page", "one")
    sandbox.write("src/x.log", "one")
    sandbox.profile(OWN)
    sandbox.run("up", "-d")
    eventually(lambda: inside(sandbox, "page") == "one")
    sandbox.write("src/page", "two")
    eventually(lambda: inside(sandbox, "../copied") == "two")
    assert inside(sandbox, "x.log") == ""
    assert "never" not in docker(sandbox, "exec", container(sandbox), "ls", "/srv")


def test_secrets_stay_at_home(sandbox: Sandbox, engine: Engine) -> None:
    project(sandbox, engine)
    sandbox.run("up", "-d")
    sandbox.write("src/.env", "SECRET=1")
    (sandbox.checkout / "src" / "link").symlink_to(Path("/etc/passwd"))
    sandbox.write("src/page", "two")
    eventually(lambda: inside(sandbox, "page") == "two")
    listed = docker(sandbox, "exec", container(sandbox), "ls", "-A", "/srv/app")
    assert ".env" not in listed.split()
    assert "link" in listed.split()


def test_bench_measures_and_leaves_nothing(sandbox: Sandbox, engine: Engine) -> None:
    project(sandbox, engine)
    sandbox.run("up", "-d")
    measured = json.loads(sandbox.run("bench", "sync", "--json").stdout)
    assert (measured["service"], measured["target"]) == ("web", "/srv/app")
    assert 0 < measured["saves"]["p50_ms"] <= measured["saves"]["p95_ms"]
    assert measured["burst"]["seconds"] > 0
    assert os.listdir(sandbox.checkout / "src") == ["page"]
    listed = docker(sandbox, "exec", container(sandbox), "ls", "/srv/app")
    assert "devenv-bench" not in listed


def test_bench_is_refused_where_a_save_would_restart_something(
    sandbox: Sandbox, engine: Engine
) -> None:
    project(sandbox, engine)
    both = COMPOSE.format(image="lab/busybox:1", user="", action="sync")
    sandbox.write("compose.yaml", f"{both}        - {{path: ./src/deep, action: restart}}\n")
    sandbox.run("up", "-d")
    refused = sandbox.run("bench", "sync", check=False)
    assert "web would restart with each file" in refused.stderr
    assert refused.returncode == 1
