"""The terminal UI in a real terminal, over a real environment."""

from __future__ import annotations

import shlex

from tests.lab.engine import Engine
from tests.scenarios.sandbox import Sandbox, eventually
from tests.scenarios.ui import shell, terminal

SHOP = """
services:
  web: {command: ["sh", "-c", "echo web is here; exec sleep TOKEN"]}
  db: {command: sleep TOKEN, depends_on: [seed]}
tasks:
  seed: {command: ["sh", "-c", "echo seeding"]}
"""


def test_up_in_a_terminal_opens_the_ui_and_q_leaves_all_running(sandbox: Sandbox) -> None:
    sandbox.profile(SHOP)
    with terminal(sandbox, "up") as window:
        window.shows(r"● 2 ready")
        window.shows(r"web +│ web is here")
        before = sandbox.pids()
        window.type("q")
        window.shows(r"goes on\. `devenv tui` comes back(.|\n)*ended with 0")
    assert sandbox.pids() == before


def test_a_service_is_stopped_started_and_looked_at_by_keys(sandbox: Sandbox) -> None:
    sandbox.profile(SHOP)
    sandbox.run("up", "-d")
    with terminal(sandbox, "tui") as window:
        window.shows(r"▌ +web +● ready")
        window.type("x")
        window.shows(r"web +○ stopped")
        assert sandbox.states()["web"] == "stopped"
        window.type("s")
        window.shows(r"web +● ready")
        window.type("Enter")
        window.shows(r"command +sh -c .*devenv.profile.yaml:3")
        window.resize(70, 20)
        window.type("k")
        window.shows(r"esc back")
        window.type("2")
        window.shows(r"seed +✓ done")


def test_the_ui_opens_on_what_is_down_and_starts_it(sandbox: Sandbox) -> None:
    sandbox.profile(SHOP)
    with terminal(sandbox, "tui") as window:
        window.shows(r"○ nothing runs(.|\n)*▌ +web +○ stopped")
        window.type("s")
        window.shows(r"web +● ready")


def test_the_ui_opens_at_the_environments_where_there_is_no_profile(sandbox: Sandbox) -> None:
    sandbox.profile(SHOP)
    sandbox.run("up", "-d")
    elsewhere = sandbox.base / "elsewhere"
    elsewhere.mkdir()
    with terminal(sandbox, "-C", str(elsewhere), "tui") as window:
        window.shows(r"no devenv.profile.yaml in /(.|\n)*▌ +checkout +● ready")
        window.type("Enter")
        window.shows(r"▌ +web +● ready")
        window.type("q")
        window.shows(r"checkout goes on(.|\n)*ended with 0")


def test_what_was_taken_down_is_not_said_to_go_on(sandbox: Sandbox) -> None:
    sandbox.profile(SHOP)
    sandbox.run("up", "-d")
    with terminal(sandbox, "tui") as window:
        window.shows(r"● 2 ready")
        window.type("D")
        window.shows(r"y yes")
        window.type("y")
        window.shows(r"○ nothing runs")
        window.type("q")
        window.shows(r"Nothing of checkout runs\.(.|\n)*ended with 0")


def test_the_ui_steps_aside_for_a_shell_and_comes_back(sandbox: Sandbox) -> None:
    sandbox.profile(SHOP)
    sandbox.run("up", "-d")
    with terminal(sandbox, "tui") as window:
        window.shows(r"▌ +web +● ready")
        window.type("e")
        window.shows(r"(?m)[$#] ?$")
        window.type("echo $((6*7)) is here", "Enter")
        window.shows(r"(?m)^42 is here")
        window.type("exit", "Enter")
        window.shows(r"web +● ready(.|\n)*help")


MIXED = """
services:
  box: {image: "lab/busybox:1", command: sh, tty: true, stdin_open: true, stop_grace_period: 0s}
  web: {command: sleep TOKEN}
"""


def test_attach_begins_with_who_it_is_and_how_it_is_left(sandbox: Sandbox) -> None:
    sandbox.profile("services: {web: {command: cat, tty: true}}")
    with shell(sandbox) as window:
        window.type("echo what was here before", "Enter")
        window.shows(r"(?m)^what was here before")
        window.type(shlex.join(sandbox.command("up")), "Enter")
        window.shows(r"▌ +web +● ready")
        window.type("a")
        shown = window.shows(r"^Attached to web: ctrl-p ctrl-q leaves it, and it goes on\.")
        assert "before" not in shown
        window.type("C-p", "C-q")
        window.shows(r"web +● ready(.|\n)*help")


def test_the_ui_steps_aside_for_a_container_and_comes_back(
    sandbox: Sandbox, engine: Engine
) -> None:
    sandbox.extra["DOCKER_HOST"] = engine.host
    sandbox.profile(MIXED)
    sandbox.run("up", "-d")
    with terminal(sandbox, "tui", size=(120, 30)) as window:
        window.shows(r"▌ +box +● ready(.|\n)*attach")
        window.type("e")
        window.shows(r"(?m)[$#] ?$")
        window.type("echo $((6*7)) in $0", "Enter")
        window.shows(r"(?m)^42 in ")
        window.type("exit", "Enter")
        window.shows(r"box +● ready(.|\n)*help")
        window.type("a")
        window.type("Enter")
        window.shows(r"(?m)[$#] ?$")
        window.type("echo $((7*7)) by its own shell", "Enter")
        window.shows(r"(?m)^49 by its own shell")
        window.type("C-p", "C-q")
        window.shows(r"box +● ready(.|\n)*help")
    assert sandbox.states() == {"box": "ready", "web": "ready"}


SYNCED = """
services:
  web:
    image: lab/busybox:1
    init: true
    command: ["sleep", "100000"]
    develop:
      watch: [{path: ./src, action: sync, target: /srv/app}]
"""


def test_files_that_follow_are_seen_held_back_and_waited_for(
    sandbox: Sandbox, engine: Engine
) -> None:
    sandbox.extra["DOCKER_HOST"] = engine.host
    sandbox.write("compose.yaml", SYNCED)
    sandbox.write("src/page", "one")
    sandbox.run("up", "-d")
    with terminal(sandbox, "tui", size=(140, 30)) as window:
        window.shows(r"● 1 ready")
        window.type("5")
        window.shows(r"web +● equal +src +/srv/app")
        window.type("p")
        window.shows(r"web +‖ paused")
        sandbox.write("src/page", "two")
        window.shows(r"web +‖ paused .*1 file waits")
        window.type("r")
        window.shows(r"web +● equal")
        window.type("f")
        window.shows(r"all files of web are there")
        assert sandbox.run("exec", "web", "--", "cat", "/srv/app/page").stdout == "two"
        window.type("Enter")
        window.shows(r"image +lab/busybox:1 +compose.yaml:4")


def test_the_ui_says_that_the_daemon_is_away_and_recovers(sandbox: Sandbox) -> None:
    sandbox.profile(SHOP)
    sandbox.run("up", "-d")
    before = sandbox.pids()
    with terminal(sandbox, "tui") as window:
        window.shows(r"● 2 ready")
        sandbox.kill_daemon()
        window.shows(r"⚠ the daemon is away")
        window.shows(r"What runs goes on, and is shown as it was last seen")
        sandbox.run("daemon", "start")
        window.shows(r"● 2 ready")
    assert sandbox.pids() == before


def test_a_broken_profile_is_told_and_the_save_that_mends_it_is_applied_by_a_key(
    sandbox: Sandbox,
) -> None:
    sandbox.profile(SHOP.replace("command: sleep TOKEN,", "comand: sleep TOKEN,"))
    with terminal(sandbox, "up", size=(120, 30)) as window:
        window.shows(r"✗ problem +devenv.profile.yaml:4:\d+: .*comand")
        sandbox.profile(SHOP)
        eventually(lambda: "problem" not in window.screen())
        window.type("u")
        window.shows(r"● 2 ready")


def test_the_ui_is_suspended_to_the_shell_and_comes_back_whole(sandbox: Sandbox) -> None:
    sandbox.profile(SHOP)
    sandbox.run("up", "-d")
    with shell(sandbox) as window:
        window.type(shlex.join(sandbox.command("tui")), "Enter")
        window.shows(r"● 2 ready")
        window.type("C-z")
        window.shows(r"Stopped")
        window.type("clear; fg", "Enter")
        shown = window.shows(r"● 2 ready(.|\n)*SERVICE(.|\n)*Logs all services")
        assert "Stopped" not in shown
