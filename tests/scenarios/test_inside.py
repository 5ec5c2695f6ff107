"""Within containers, as users do it: exec, attach, and commands in containers of their own."""

from __future__ import annotations

import os
import subprocess
from typing import Any

import pytest

from tests.cli.desk import Desk
from tests.cli.terminal import Terminal
from tests.lab.engine import Engine
from tests.scenarios.mixed import docker
from tests.scenarios.sandbox import Sandbox, eventually

pytestmark = pytest.mark.timeout(120)

PROFILE = """
services:
  web:
    image: lab/busybox
    command: ["sleep", "1000"]
    environment: {COLOUR: blue}
  shell:
    image: lab/busybox
    command:
      - sh
      - -c
      - 'stty -echo; while read line; do [ $$line = end ] && exit 6; echo "<$$line>"; done'
    restart: "no"
    tty: true
    stdin_open: true
"""


@pytest.fixture(autouse=True)
def real_engine(sandbox: Sandbox, engine: Engine) -> None:
    """No `docker` command is needed: there is none in the user's PATH."""
    programs = sandbox.base / "programs"
    programs.mkdir()
    for name in ("sh", "env", "cat"):
        (programs / name).symlink_to(f"/bin/{name}")
    sandbox.extra |= {"DOCKER_HOST": engine.host, "PATH": str(programs)}


def up(sandbox: Sandbox, profile: str = PROFILE, *words: str) -> None:
    sandbox.profile(profile)
    sandbox.run("up", "-d", *words, timeout=100)


def terminal(sandbox: Sandbox, *words: str) -> Terminal:
    return Terminal(Desk(sandbox.checkout, sandbox.environ), *words)


def piped(sandbox: Sandbox, *words: str, given: bytes = b"", **how: Any) -> bytes:
    done = subprocess.run(
        sandbox.command(*words),
        cwd=sandbox.checkout,
        env=sandbox.environ,
        input=given,
        stdout=subprocess.PIPE,
        timeout=60,
        check=False,
        **how,
    )
    assert done.returncode == 0
    return bytes(done.stdout)


def test_a_command_runs_within_a_container(sandbox: Sandbox) -> None:
    up(sandbox)
    script = "echo $COLOUR; echo oh >&2; exit 7"
    shown = sandbox.run("exec", "web", "--", "sh", "-c", script, check=False)
    assert (shown.stdout, shown.stderr, shown.returncode) == ("blue\n", "oh\n", 7)
    assert sandbox.run("--json", "exec", "web", "--", "echo", "it").stdout == "it\n"


def test_what_is_piped_in_comes_out_whole(sandbox: Sandbox) -> None:
    content = os.urandom(1024) * 8 * 1024
    up(sandbox, PROFILE, "web")
    assert piped(sandbox, "exec", "web", "cat", given=content) == content


def test_a_command_has_the_terminal_of_its_user(sandbox: Sandbox) -> None:
    up(sandbox, PROFILE, "web")
    script = """
    echo here; read line; stty size
    until [ "$(stty size)" = "43 132" ]; do usleep 10000; done; exit 5
    """
    with terminal(sandbox, "exec", "web", "--", "sh", "-c", script) as user:
        user.wait_for(b"here")
        user.type(b"\r")
        user.wait_for(b"30 100")
        user.resize(132, 43)
        assert user.ended() == 5
        assert user.is_as_before()


def test_exec_of_a_stopped_container_says_so(sandbox: Sandbox) -> None:
    up(sandbox, PROFILE, "web")
    sandbox.run("stop", "web")
    refused = sandbox.run("exec", "web", "--", "true", check=False)
    assert refused.returncode == 1
    assert "web does not run" in refused.stderr


def test_a_terminal_is_attached_and_left(sandbox: Sandbox) -> None:
    up(sandbox)
    with terminal(sandbox, "attach", "shell") as user:
        eventually(lambda: not user.is_as_before())
        user.type(b"one\r")
        user.wait_for(b"<one>")
        user.type(b"\x10\x11")
        assert user.ended() == 0
        assert user.is_as_before()
    assert sandbox.states()["shell"] == "ready"
    with terminal(sandbox, "attach", "shell") as user:
        eventually(lambda: not user.is_as_before())
        user.type(b"two\r")
        user.wait_for(b"<two>")
        user.type(b"end\r")
        assert user.ended() == 6


def test_what_takes_no_input_cannot_be_attached(sandbox: Sandbox) -> None:
    up(sandbox, PROFILE, "web")
    refused = sandbox.run("attach", "web", check=False)
    assert refused.returncode == 1
    assert "web has no terminal and takes no input" in refused.stderr


RUNS = """
services:
  db:
    image: lab/busybox
    command: ["httpd", "-f", "-h", "/srv"]
    ready: {exec: ["test", "-e", "/srv"]}
    volumes: ["data:/srv"]
  app:
    image: lab/busybox
    command: ["sleep", "1000"]
    environment: {COLOUR: blue}
    ports: ["web: auto:80"]
    volumes: ["data:/srv"]
    depends_on: {db: {condition: service_healthy}}
volumes: {data: {}}
"""


def ours(sandbox: Sandbox) -> list[str]:
    environment = sandbox.status()["environment"]["id"]
    only = f"label=dev.devenv.environment={environment}"
    return sorted(docker("ps", "-a", "--filter", only, "--format", "{{.Names}}"))


def test_a_command_runs_in_a_container_of_its_own(sandbox: Sandbox) -> None:
    sandbox.profile(RUNS)
    script = "echo $COLOUR; echo kept >/srv/page; wget -q -O- http://db/page; exit 9"
    ran = sandbox.run("run", "--service", "app", "--", "sh", "-c", script, check=False)
    assert (ran.stdout, ran.returncode) == ("blue\nkept\n", 9), ran.stderr
    assert sandbox.states() == {"db": "ready", "app": "stopped"}
    assert [name.split("-")[-2] for name in ours(sandbox)] == ["db"]


def test_it_reads_what_is_piped_in(sandbox: Sandbox) -> None:
    sandbox.profile(RUNS)
    assert piped(sandbox, "run", "--service", "app", "--", "cat", given=b"hello") == b"hello"


def test_it_has_the_terminal_of_its_user(sandbox: Sandbox) -> None:
    up(sandbox, RUNS)
    before = ours(sandbox)
    script = "echo here; read line; stty size; exit 4"
    with terminal(sandbox, "run", "--service", "app", "--", "sh", "-c", script) as user:
        user.wait_for(b"here")
        user.type(b"\r")
        assert user.ended() == 4
    assert b"30 100" in user.shown
    assert ours(sandbox) == before


def test_who_leaves_ends_it(sandbox: Sandbox) -> None:
    up(sandbox, RUNS)
    before = ours(sandbox)
    script = "echo here; sleep 1000"
    with terminal(sandbox, "run", "--service", "app", "--", "sh", "-c", script) as user:
        user.wait_for(b"here")
        assert len(ours(sandbox)) == len(before) + 1
    eventually(lambda: ours(sandbox) == before)


def test_a_dependency_that_fails_is_named(sandbox: Sandbox) -> None:
    sandbox.profile(RUNS.replace('["httpd", "-f", "-h", "/srv"]', '["false"]'))
    refused = sandbox.run("run", "--service", "app", "--", "true", check=False)
    assert refused.returncode == 1
    assert "db: failed" in refused.stderr


def test_what_comes_after_the_start_is_not_left_out(sandbox: Sandbox) -> None:
    sandbox.write(
        "compose.yaml",
        """
services:
  web:
    image: lab/busybox
    command: ["sleep", "1000"]
    post_start: [{command: ["sh", "-c", "echo done >>/tmp/done"]}]
""",
    )
    sandbox.run("daemon", "start", extra={"DEVENV_FAILPOINT": "container.started:kill"})
    first = sandbox.daemon_pid()
    sandbox.run("up", "-d")
    assert sandbox.daemon_pid() != first
    eventually(lambda: sandbox.run("exec", "web", "--", "cat", "/tmp/done").stdout == "done\n")
    assert sandbox.states() == {"web": "ready"}
