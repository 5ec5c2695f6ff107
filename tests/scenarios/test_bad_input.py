"""A profile that is wrong: said at once, all of it, in our words; what runs goes on running."""

from __future__ import annotations

import pytest

from tests.scenarios.sandbox import Sandbox

GOOD = "services: {web: {command: sleep TOKEN}}"
BAD = {
    "a YAML bomb": (
        "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
        "b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
        "c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\n"
        "d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\n"
        "e: [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\n"
    ),
    "deep nesting": "x: " + "[" * 5000,
    "a key that is there twice": "services:\n  web: {command: a}\n  web: {command: b}\n",
    "a circle": "services: {a: {command: x, depends_on: [b]}, b: {command: x, depends_on: [a]}}",
    "an unknown key": "services: {web: {comand: sleep 1}}",
    "a wrong type": "services: {web: {command: sleep 1, ports: {web: {}}}}",
    "a missing env file": "services: {web: {command: sleep 1, env_file: gone.env}}",
    "an unset variable": "services: {web: {command: 'sleep ${GONE:?say how long}'}}",
    "an unknown dependency": "services: {web: {command: sleep 1, depends_on: [gone]}}",
    "a reference to nothing": "services: {web: {command: 'sleep ${{ services.gone.port }}'}}",
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
def test_up_refuses_and_what_runs_goes_on(sandbox: Sandbox, text: str) -> None:
    sandbox.profile(GOOD)
    sandbox.run("up", "-d")
    before = sandbox.pids()
    sandbox.profile(text)
    refused = sandbox.run("up", "-d", check=False)
    assert refused.returncode == 1
    assert "devenv.profile.yaml:" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert sandbox.pids() == before
    assert sandbox.status()["problems"]
    sandbox.profile(GOOD)
    sandbox.run("up", "-d")
    assert sandbox.pids() == before


def test_binary_junk_is_no_profile(sandbox: Sandbox) -> None:
    (sandbox.checkout / "devenv.profile.yaml").write_bytes(bytes(range(256)) * 64)
    refused = sandbox.run("up", "-d", check=False)
    assert refused.returncode == 1
    assert "devenv.profile.yaml" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_all_problems_are_told_at_once_with_their_places(sandbox: Sandbox) -> None:
    sandbox.profile(
        "services:\n"
        "  web:\n"
        "    comand: sleep 1\n"
        "  db:\n"
        "    command: sleep 1\n"
        "    restart: sometimes\n"
        "    depends_on: [gone]\n"
    )
    told = sandbox.run("check", check=False)
    assert told.returncode == 1
    said = told.stdout + told.stderr
    assert "devenv.profile.yaml:3:5" in said
    assert "command" in said, "the hint"
    assert "devenv.profile.yaml:6:" in said


def test_a_profile_that_is_gone_leaves_what_runs_alone(sandbox: Sandbox) -> None:
    sandbox.profile(GOOD)
    sandbox.run("up", "-d")
    identity = sandbox.status()["environment"]["id"]
    (sandbox.checkout / "devenv.profile.yaml").unlink()
    assert sandbox.run("up", "-d", check=False).returncode == 1
    assert len(sandbox.alive()) == 1
    sandbox.run("-e", identity, "down")
    assert sandbox.alive() == []


def test_a_service_that_can_only_be_a_container_is_refused_before_anything_starts(
    sandbox: Sandbox,
) -> None:
    sandbox.profile("services: {web: {command: sleep TOKEN, depends_on: [db]}, db: {image: x}}")
    refused = sandbox.run("up", "-d", check=False)
    assert refused.returncode == 1
    assert "container" in refused.stderr
    assert sandbox.alive() == []
