"""Terminals of services of a preview, from the command line and the terminal UI."""

from __future__ import annotations

import json

import pytest

from tests.cli.desk import Desk
from tests.cli.terminal import Terminal
from tests.fakes.thread import Beside
from tests.runtimes.conformance import LISTENS
from tests.scenarios import ui
from tests.scenarios.sandbox import Sandbox, eventually
from tests.scenarios.test_previews import shop

__all__ = ["shop"]

pytestmark = pytest.mark.timeout(120)

COMPOSE = """
services:
  web: {image: shop/web:1, tty: true, stdin_open: true}
  db: {image: shop/db:1}
"""


@pytest.fixture
def up(shop: Sandbox, cluster: Beside) -> Sandbox:
    cluster.server.kubelet.program = ("sh", "-c", LISTENS)
    shop.write("compose.yaml", COMPOSE)
    shop.run("preview", "up", "--wait", "--timeout", "60")
    return shop


def states(up: Sandbox) -> dict[str, str]:
    status = json.loads(up.run("preview", "status", "--json").stdout)
    return {one["name"]: one["state"] for one in status["services"]}


def terminal(up: Sandbox, *words: str) -> Terminal:
    return Terminal(Desk(up.checkout, up.environ), *words)


def test_a_terminal_in_a_pod_is_attached_and_left(up: Sandbox, cluster: Beside) -> None:
    name = json.loads(up.run("preview", "status", "--json").stdout)["environment"]["id"]
    for words in (("preview", "attach", "web"), ("-e", name, "attach", "web")):
        with terminal(up, *words) as user:
            eventually(lambda: not user.is_as_before())
            user.type(b"one\n")
            user.wait_for(b"<one>")
            user.type(b"\x10\x11")
            assert user.ended() == 0
            assert user.is_as_before()
            assert f"`devenv -e {name} attach web` comes back".encode() in user.shown
    assert states(up) == {"web": "ready", "db": "ready"}
    assert cluster.server.kubelet.sizes[:2] == [(100, 29), (100, 30)]


def test_its_end_is_the_end_of_the_command_that_is_attached(up: Sandbox) -> None:
    with terminal(up, "preview", "attach", "web", "--detach-keys", "ctrl-x") as user:
        eventually(lambda: not user.is_as_before())
        user.type(b"end 6\n")
        assert user.ended() == 6


def test_what_takes_no_input_in_a_pod_cannot_be_attached(up: Sandbox) -> None:
    refused = up.run("preview", "attach", "db", check=False)
    assert refused.returncode == 1
    assert "db has no terminal and takes no input" in refused.stderr
    refused = up.run("preview", "attach", check=False)
    assert refused.returncode == 2
    assert "which service?" in refused.stderr


def test_the_ui_steps_aside_for_a_pod_and_comes_back(up: Sandbox) -> None:
    name = json.loads(up.run("preview", "status", "--json").stdout)["environment"]["id"]
    with ui.terminal(up, "-e", name, "tui", size=(120, 30)) as window:
        window.shows(r"▌ +web +● ready(.|\n)*attach")
        window.type("a")
        window.shows(r"\A\s*\Z")

        def is_answered() -> bool:
            """Type until it is: what was typed before the terminal was passed on is dropped."""
            window.type("here", "C-j")
            return "<here>" in window.screen()

        eventually(is_answered)
        window.type("C-p", "C-q")
        window.shows(r"web +● ready(.|\n)*help")
    assert states(up) == {"web": "ready", "db": "ready"}
