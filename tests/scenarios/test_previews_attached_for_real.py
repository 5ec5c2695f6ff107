"""Terminals of pods of a real cluster, with no more rights than each grant gives."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator

import pytest

from tests.cli.desk import Desk
from tests.cli.terminal import Terminal
from tests.lab.cluster import Cluster
from tests.runtimes.conformance import LISTENS
from tests.scenarios.sandbox import Sandbox
from tests.scenarios.test_previews_in_a_cluster import (
    git,
    grant,
    previews,
    stocked,
    with_each_grant,
)

__all__ = ["grant", "stocked"]
pytestmark = pytest.mark.timeout(400)
WATCHES = "trap 'stty size' WINCH; while :; do read word && [ $word = end ] && exit 6; done"
"""A signal that is trapped ends a read of some shells."""
TERMINAL = """
services:
  box:
    image: lab/python:3.11
    command: [sh, -c, WATCHES]
    tty: true
    stdin_open: true
  plain: {image: lab/python:3.11, command: [sh, -c, LISTENS], stdin_open: true}
  closed: {image: lab/python:3.11, command: [sleep, infinity]}
"""


@pytest.fixture
def shop(
    stocked: Cluster, sandbox: Sandbox, grant: tuple[Cluster, tuple[str, ...]]
) -> Iterator[Sandbox]:
    member, lent = grant
    sandbox.extra["KUBECONFIG"] = member.kubeconfig
    git(sandbox.checkout, "init", "-q", "-b", "main")
    git(sandbox.checkout, "config", "user.email", "me@example.com")
    words = [word for name in lent for word in ("--namespace", name)]
    sandbox.run("cluster", "add", "lab", "--context", stocked.context, *words)
    yield sandbox
    until_given_back = ("--wait",) if lent else ()
    for one in previews(sandbox):
        sandbox.run("preview", "down", one["name"], *until_given_back, check=False, timeout=120)


def terminal(shop: Sandbox, service: str) -> Terminal:
    return Terminal(Desk(shop.checkout, shop.environ), "preview", "attach", service)


@with_each_grant
def test_a_terminal_in_a_pod_is_attached_sized_and_left(shop: Sandbox) -> None:
    text = TERMINAL
    for name, script in (("WATCHES", WATCHES), ("LISTENS", LISTENS)):
        text = text.replace(name, json.dumps(script.replace("$", "$$")))
    shop.write("compose.yaml", text)
    shop.run("preview", "up", "--wait", "--timeout", "180", timeout=200)
    with terminal(shop, "box") as user:
        user.wait_for(b"30 100")
        user.resize(120, 40)
        user.wait_for(b"40 120")
        user.type(b"\x10\x11")
        assert user.ended() == 0
    with terminal(shop, "box") as user:
        user.wait_for(b"30 100")
        user.type(b"end\r")
        assert user.ended() == 6
    done = subprocess.run(
        shop.command("preview", "attach", "plain"),
        cwd=shop.checkout,
        env=shop.environ,
        input=b"one\ntwo\nend 3\n",
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.returncode) == (b"<one>\n<two>\n", 3), done.stderr
    refused = shop.run("preview", "attach", "closed", check=False)
    assert "closed has no terminal and takes no input" in refused.stderr
