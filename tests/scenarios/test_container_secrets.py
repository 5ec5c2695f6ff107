"""No secret of a container in an argument, a label, a log, the state, or on a screen."""

from __future__ import annotations

import subprocess

import pytest

from tests.lab.engine import Engine
from tests.scenarios.sandbox import Sandbox, eventually
from tests.scenarios.test_secrets import assert_without, command_lines, read

pytestmark = pytest.mark.timeout(180)

COMPOSE = """
services:
  web:
    build:
      context: .
      args: {BUILD_TOKEN: "${BUILD_TOKEN}"}
      secrets: [from_file]
    image: canary-of-secrets-TOKEN
    command: ["sh", "-c", "cat /run/secrets/* /content > /seen; exec sleep TOKEN"]
    environment: {API_PASSWORD: "${API_PASSWORD}"}
    env_file: secret.env
    secrets: [from_file, from_variable]
    configs: [content]
secrets:
  from_file: {file: ./secret.txt}
  from_variable: {environment: SOME_SECRET}
configs:
  content: {content: "key ${CONFIG_KEY}"}
"""
VARIABLES = {
    "API_PASSWORD": "canary-of-an-environment",
    "SOME_SECRET": "canary-of-a-variable",
    "CONFIG_KEY": "canary-of-a-config",
    "BUILD_TOKEN": "canary-of-a-build",
}
FILE, ENV_FILE = "canary-of-a-file", "canary-of-an-env-file"


def docker(*words: str) -> str:
    return subprocess.run(("docker", *words), capture_output=True, text=True, check=True).stdout


def test_secrets_reach_the_container_and_nobody_else(sandbox: Sandbox, engine: Engine) -> None:
    sandbox.extra.update(VARIABLES, DOCKER_HOST=engine.host)
    sandbox.write("compose.yaml", COMPOSE)
    sandbox.write("secret.txt", f"{FILE}\n")
    sandbox.write("secret.env", f"OTHER_KEY={ENV_FILE}\n")
    sandbox.write("Dockerfile", "FROM lab/busybox\nARG BUILD_TOKEN\n")
    # Whatever runs for a moment only is seen as well.
    seen: list[str] = []
    going = sandbox.spawn("up", "-d")

    def has_ended() -> bool:
        seen.append(command_lines())
        return going.poll() is not None

    eventually(has_ended, within=100)
    said = "".join(going.communicate())
    assert going.returncode == 0, said
    container = docker("ps", "-q", "--filter", f"ancestor=canary-of-secrets-{sandbox.token}")
    found = container.strip()
    eventually(lambda: "canary-of-a-config" in docker("exec", found, "cat", "/seen"))
    inside = docker("exec", found, "cat", "/seen") + docker("exec", found, "env")
    wanted = [VARIABLES[name] for name in ("API_PASSWORD", "SOME_SECRET", "CONFIG_KEY")]
    assert [one for one in (*wanted, FILE, ENV_FILE) if one not in inside] == []

    canaries = [*VARIABLES.values(), FILE, ENV_FILE]
    verbs = (["status", "--json"], ["config"], ["plan"], ["env", "web"], ["why", "web"])
    shown = [sandbox.run(*verb) for verb in (*verbs, ["events"], ["ports"], ["logs"], ["list"])]
    assert_without(canaries, said + "".join(done.stdout + done.stderr for done in shown))
    assert_without(canaries, "".join(seen))
    labels = docker("inspect", "-f", "{{json .Config.Labels}} {{json .HostConfig}}", found)
    assert_without(canaries, labels)
    sandbox.kill_daemon()
    assert set(sandbox.states().values()) == {"ready"}, "the next daemon knows them too"
    for path in sorted(sandbox.state.rglob("*")):
        if path.is_file():
            assert_without(canaries, read(path))
    sandbox.run("down", timeout=60)
    docker("image", "rm", f"canary-of-secrets-{sandbox.token}")
