"""Images that are built: only when their inputs have changed, with all that it takes."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.lab.engine import Engine
from tests.scenarios.mixed import docker, up
from tests.scenarios.sandbox import Sandbox, eventually
from tests.scenarios.ui import terminal

pytestmark = pytest.mark.timeout(180)

PROFILE = """
services:
  web:
    build: {context: web, args: {WORD: first}}
    command: ["sh", "-c", "cat /word; sleep 1000"]
"""
DOCKERFILE = "FROM lab/busybox:1\nARG WORD\nCOPY page /page\nRUN echo $WORD >/word\n"


@pytest.fixture(autouse=True)
def real_engine(sandbox: Sandbox, engine: Engine) -> Iterator[None]:
    sandbox.extra |= {"DOCKER_HOST": engine.host, "DOCKER_CONFIG": os.environ["DOCKER_CONFIG"]}
    sandbox.profile(PROFILE)
    sandbox.write("web/Dockerfile", DOCKERFILE)
    sandbox.write("web/page", "hello TOKEN")
    sandbox.write("web/.dockerignore", "*.log\n")
    yield
    environment = sandbox.status()["environment"]["id"]
    sandbox.run("down")
    built = docker("image", "ls", "-q", "--filter", f"reference={environment}-*")
    if built:
        docker("image", "rm", *built)


def image(sandbox: Sandbox) -> str:
    environment = sandbox.status()["environment"]["id"]
    return docker("image", "inspect", "--format", "{{.Id}}", f"{environment}-web")[0]


def word(sandbox: Sandbox) -> str:
    return sandbox.run("exec", "web", "--", "cat", "/word").stdout


def test_an_image_is_built_only_when_its_inputs_change(sandbox: Sandbox) -> None:
    assert "-web" in json.loads(sandbox.run("plan", "--json").stdout)["ahead"][0]
    built = sandbox.run("build", timeout=100)
    assert "RUN echo" in built.stderr
    first = image(sandbox)
    assert json.loads(sandbox.run("plan", "--json").stdout)["ahead"] == []
    sandbox.write("web/much.log", "this is not of it")
    assert "is current" in sandbox.run("build").stderr
    assert image(sandbox) == first
    sandbox.write("web/page", "bye TOKEN")
    assert "is current" not in sandbox.run("build", timeout=100).stderr
    assert image(sandbox) != first


def test_up_with_build_makes_the_container_anew_where_the_image_is(sandbox: Sandbox) -> None:
    up(sandbox)
    before = sandbox.service("web")["started_at"]
    up(sandbox, "--build")
    assert sandbox.service("web")["started_at"] == before
    sandbox.write("web/page", "bye TOKEN")
    up(sandbox)
    assert sandbox.service("web")["started_at"] == before
    up(sandbox, "--build")
    assert sandbox.service("web")["started_at"] != before
    assert sandbox.run("exec", "web", "--", "cat", "/page").stdout.startswith("bye")


def test_a_key_of_the_ui_builds_anew(sandbox: Sandbox) -> None:
    up(sandbox)
    with terminal(sandbox, "tui", size=(120, 30)) as window:
        window.shows(r"web +● ready(.|\n)*b rebuild")
        sandbox.write("web/page", "bye TOKEN")
        window.type("b")
        eventually(lambda: _page(sandbox).startswith("bye"), within=100)
        window.shows(r"web +● ready(.|\n)*b rebuild")


def _page(sandbox: Sandbox) -> str:
    return sandbox.run("exec", "web", "--", "cat", "/page", check=False).stdout


def test_down_ends_a_build_and_the_next_up_makes_what_is_written_then(sandbox: Sandbox) -> None:
    sandbox.write("web/Dockerfile", "FROM lab/busybox:1\nRUN echo old >/word; sleep 77\n")
    with sandbox.spawn("up", "-d") as waiting:
        eventually(lambda: _commands(sandbox), within=30)
        sandbox.run("down")
        waiting.communicate(timeout=30)
    assert _commands(sandbox) == []
    sandbox.write("web/Dockerfile", "FROM lab/busybox:1\nRUN echo new >/word\n")
    up(sandbox)
    assert word(sandbox) == "new\n"


def _commands(sandbox: Sandbox) -> list[str]:
    """The command lines of the builds of this checkout."""
    name = f"{sandbox.status()['environment']['id']}-web"
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.append(path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
    return [line for line in found if f"--tag {name} " in line]


def test_what_cannot_be_made_is_told_at_once_whatever_the_restart_policy(sandbox: Sandbox) -> None:
    sandbox.profile(PROFILE + "    restart: always\n")
    sandbox.write("web/Dockerfile", "FROM lab/busybox:1\nRUN echo some words >&2; exit 3\n")
    told = sandbox.run("up", "-d", check=False, timeout=60)
    assert told.returncode == 1
    assert "cannot build" in told.stderr
    reason = sandbox.service("web")["reason"]
    assert "exit code: 3" in reason
    assert "\n" not in reason


def test_arguments_reach_the_build_and_no_command_line(sandbox: Sandbox) -> None:
    up(sandbox)
    assert word(sandbox) == "first\n"
    sandbox.profile(PROFILE.replace("first", "second"))
    up(sandbox, "--build")
    assert word(sandbox) == "second\n"


def test_a_build_that_fails_shows_why(sandbox: Sandbox) -> None:
    sandbox.write("web/Dockerfile", "FROM lab/busybox:1\nRUN echo here it is; false\n")
    failed = sandbox.run("up", "-d", "--build", check=False, timeout=100)
    assert failed.returncode == 1
    assert "cannot build" in failed.stderr
    assert "here it is" in failed.stderr


def test_what_a_service_is_built_on_is_built_first(sandbox: Sandbox) -> None:
    sandbox.profile("""
services:
  base: {build: {dockerfile_inline: "FROM lab/busybox:1\\nRUN echo TOKEN >/word"}}
  web:
    build:
      dockerfile_inline: "FROM base\\nRUN cp /word /copy"
      additional_contexts: {base: "service:base"}
    command: ["sleep", "1000"]
""")
    # Whether the engine can build on it is the engine's: named contexts came with its version 23.
    sandbox.run("build", "web", check=False, timeout=100)
    environment = sandbox.status()["environment"]["id"]
    assert docker("image", "inspect", "--format", "{{.Id}}", f"{environment}-base")


def test_secrets_reach_the_build_alone(sandbox: Sandbox) -> None:
    sandbox.write("token.txt", "hidden-TOKEN")
    sandbox.extra["SECRET_WORD"] = f"spoken-{sandbox.token}"
    sandbox.profile("""
services:
  web:
    build:
      dockerfile_inline: |
        FROM lab/busybox:1
        RUN --mount=type=secret,id=file --mount=type=secret,id=word \
          : TOKEN; cat /run/secrets/file /run/secrets/word | sha256sum >/sum
      secrets: [file, {source: spoken, target: word}]
    command: ["sleep", "1000"]
secrets: {file: {file: token.txt}, spoken: {environment: SECRET_WORD}}
""")
    up(sandbox, "--build")
    given = f"hidden-{sandbox.token}spoken-{sandbox.token}"
    summed = subprocess.run(("sha256sum",), input=given, text=True, capture_output=True, check=True)
    assert sandbox.run("exec", "web", "--", "cat", "/sum").stdout == summed.stdout
    history = json.dumps(docker("history", "--no-trunc", image(sandbox)))
    assert f"spoken-{sandbox.token}" not in history


def test_a_client_without_buildkit_builds_too(sandbox: Sandbox) -> None:
    plain = sandbox.base / "plain"
    plain.mkdir()
    real = subprocess.run(("which", "docker"), text=True, capture_output=True, check=True)
    program = plain / "docker"
    program.write_text(f'#!/bin/sh\n[ "$1" = buildx ] && exit 1\nexec {real.stdout.strip()} "$@"\n')
    program.chmod(0o755)
    sandbox.extra["PATH"] = f"{plain}:{os.environ['PATH']}"
    up(sandbox, "--build")
    assert word(sandbox) == "first\n"
    sandbox.profile(PROFILE.replace("context: web", "context: web, ssh: [default]"))
    refused = sandbox.run("build", check=False)
    assert "ssh needs BuildKit" in refused.stderr


def test_what_builds_nothing_is_told(sandbox: Sandbox) -> None:
    refused = sandbox.run("build", "nonesuch", check=False)
    assert refused.returncode == 2
    assert "no service 'nonesuch'" in refused.stderr
