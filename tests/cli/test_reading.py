"""The verbs that only show something, as people see it."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from devenv.api.wording import duration, listed, size
from devenv.cli.layout import Style, columns
from tests.api.daemon import Drop, stand_in
from tests.cli.desk import Desk, document, service

VARIABLES = {
    "command": ["serve"],
    "directory": "/",
    "environment": {"GREETING": "it's", "TOKEN": "hidden"},
    "secrets": ["TOKEN"],
    "container": "",
}


def test_status_says_what_is_wrong_beside_the_table(desk: Desk) -> None:
    problem = {"message": "unknown key", "file": "a.yaml", "line": 3, "column": 1, "hint": "h"}
    told = document(service("web"), problems=[problem], changes=["web differs"], notice="moved")
    with stand_in(desk.environ, status=told):
        done = desk.run("status")
    assert done.stdout.splitlines()[1].split()[:2] == ["web", "ready"]
    assert "a.yaml:3:1: error: unknown key\n    h\n" in done.stderr
    assert "  web differs" in done.stderr
    assert "moved" in done.stderr


def test_status_of_a_profile_that_was_not_read_does_not_call_it_empty(desk: Desk) -> None:
    problem = {"message": "unknown key", "file": "a.yaml", "line": 3, "column": 1, "hint": ""}
    with stand_in(desk.environ, status=document(problems=[{**problem, "warning": False}])):
        done = desk.run("status")
    assert "no services" not in done.stdout + done.stderr
    assert "devenv up" not in done.stderr


def test_status_of_what_is_down_says_how_to_bring_it_up(desk: Desk) -> None:
    with stand_in(desk.environ, status=document(service("web", "stopped"))):
        assert "devenv up" in desk.run("status").stderr


def test_ports_and_open_give_addresses(desk: Desk) -> None:
    ports = [
        {"name": "db", "port": 20001, "url": "postgres://127.0.0.1:20001"},
        {"name": "web", "port": 20002, "url": "http://127.0.0.1:20002"},
    ]
    with stand_in(desk.environ, status=document(service("web", ports=ports), service("db"))):
        assert desk.run("ports").stdout.splitlines()[2].split() == [
            "web",
            "web",
            "20002",
            "http://127.0.0.1:20002",
        ]
        assert desk.run("open").stdout == "http://127.0.0.1:20002\n"
        done = desk.run("open", "db")
    assert done.returncode == 1
    assert "devenv ports" in done.stderr


def test_open_starts_a_browser_where_there_is_one(desk: Desk, tmp_path: Path) -> None:
    told = tmp_path / "told"
    os.mkfifo(told)
    browser = tmp_path / "xdg-open"
    browser.write_text(f'#!/bin/sh\necho "$1" > {told}\n')
    browser.chmod(0o755)
    environ = {**desk.environ, "DISPLAY": ":0", "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    ports = [
        {"name": "sql", "port": 1, "url": "postgresql://127.0.0.1:1"},
        {"name": "web", "port": 2, "url": "http://me:***@127.0.0.1:2"},
    ]
    with stand_in(desk.environ, status=document(service("web", ports=ports))):
        assert Desk(desk.folder, environ).run("open").returncode == 0
        assert told.read_text() == "http://me@127.0.0.1:2\n"


def test_env_masks_secrets_unless_asked(desk: Desk) -> None:
    with stand_in(desk.environ, environment=VARIABLES):
        assert desk.run("env", "web").stdout == "GREETING=it's\nTOKEN=***\n"
        shown = desk.run("env", "web", "--show-secrets").stdout
        assert "TOKEN=hidden" in shown


def test_env_export_can_be_evaluated(desk: Desk) -> None:
    with stand_in(desk.environ, environment=VARIABLES):
        done = desk.run("env", "web", "--export")
    assert done.stdout == "export GREETING='it'\"'\"'s'\n"
    assert "left out" in done.stderr


def test_exec_becomes_the_command_in_the_services_circumstances(desk: Desk) -> None:
    with stand_in(desk.environ, environment=VARIABLES):
        done = desk.run("exec", "web", "--", "sh", "-c", 'pwd; echo "$GREETING $HOME"; exit 7')
    assert done.stdout == f"/\nit's {desk.environ['HOME']}\n"
    assert done.returncode == 7


def test_exec_of_what_is_not_there_says_so(desk: Desk) -> None:
    with stand_in(desk.environ, environment=VARIABLES):
        done = desk.run("exec", "web", "--", "no-such-program")
        assert done.returncode == 1
        assert "cannot run no-such-program" in done.stderr
        assert desk.run("exec", "web").returncode == 2


def test_run_with_a_service_is_exec(desk: Desk) -> None:
    known = document(service("web"))
    with stand_in(desk.environ, status=known, environment=VARIABLES):
        done = desk.run("run", "--service", "web", "--", "sh", "-c", 'echo "$GREETING"')
    assert done.stdout == "it's\n"


def test_plan_shows_rounds_and_causes(desk: Desk) -> None:
    rounds = [["start db: it is wanted"], ["start web: it is wanted"]]
    plan = {"rounds": rounds, "problems": [], "requests": [], "ahead": ["pulls redis:7"]}
    with stand_in(desk.environ, plan=plan):
        done = desk.run("plan")
    assert done.stdout.splitlines() == [
        "before",
        "  pulls redis:7",
        "round 1",
        "  start db: it is wanted",
        "round 2",
        "  start web: it is wanted",
    ]


def test_list_says_which_folders_are_gone(desk: Desk) -> None:
    one = {"id": "a-1", "name": "a", "path": "/", "branch": "main", "state": "ready"}
    two = {"id": "b-1", "name": "b", "path": "/no/such", "branch": "", "state": "down"}
    counts = {"services": 3, "running": 2}
    environments = {"environments": [{**one, **counts}, {**two, **counts}], "previews": []}
    with stand_in(desk.environ, list=environments):
        lines = desk.run("list").stdout.splitlines()
    assert lines[1].split() == ["a-1", "a", "ready", "2/3", "main", "/"]
    assert lines[2].split() == ["b-1", "b", "down", "-", "-", "/no/such", "(gone)"]


def test_prune_removes_what_is_down_and_only_when_told(desk: Desk) -> None:
    two = {"id": "b-1", "name": "b", "path": "/no/such", "branch": "", "state": "down"}
    data = Path(desk.environ["XDG_STATE_HOME"]) / "devenv" / "b-1" / "data"
    data.mkdir(parents=True)
    (data / "file").write_bytes(bytes(5000))
    stray = {"id": "abc", "name": "c-1_default", "environment": "c-1"}
    answers: dict[str, Any] = {"list": {"environments": [two]}, "forget": {"forgotten": ["b-1"]}}
    answers |= {"strays": {"networks": [stray]}, "sweep": {"removed": ["c-1_default"]}}
    with stand_in(desk.environ, **answers) as daemon:
        refused = desk.run("prune")
        assert refused.returncode == 2
        assert "5.0 kB" in refused.stderr
        assert "c-1_default" in refused.stderr
        assert not {"forget", "sweep"} & set(daemon.methods())
        done = desk.run("prune", "--yes")
        assert daemon.asked[-2] == ("forget", {"environments": ["b-1"]})
        method, params = daemon.asked[-1]
        assert (method, params["networks"]) == ("sweep", ["abc"])
    assert done.stdout == "Removed 1 of 1, 5.0 kB. Removed 1 of 1 networks.\n"


def test_daemon_status_starts_none(desk: Desk) -> None:
    done = desk.run("daemon", "status")
    assert done.stdout == "No daemon is running.\n"
    assert not Path(desk.environ["XDG_RUNTIME_DIR"], "devenv").exists()


def test_daemon_stop_asks_it_to_end(desk: Desk) -> None:
    itself = {"pid": 1, "build": "1", "started_at": 1.0}

    def stop(params: object) -> None:
        raise Drop

    with stand_in(desk.environ, daemon__status=itself, daemon__stop=stop) as daemon:
        done = desk.run("daemon", "stop")
        assert daemon.methods() == ["daemon.status", "daemon.stop"]
    assert "Services stay up" in done.stdout


def test_doctor_says_what_to_do_about_each(desk: Desk) -> None:
    folder = Path(desk.environ["XDG_RUNTIME_DIR"], "devenv")
    folder.mkdir()
    folder.chmod(0o755)
    done = desk.run("doctor")
    assert done.returncode == 1
    assert "others may enter it" in done.stdout
    assert "chmod 700" in done.stdout


def test_doctor_looks_for_the_engine_that_is_named(desk: Desk) -> None:
    elsewhere = {**desk.environ, "DOCKER_HOST": "tcp://127.0.0.1:9"}
    done = replace(desk, environ=elsewhere).run("doctor")
    assert done.returncode == 1
    assert "the engine at tcp://127.0.0.1:9 refuses connections" in done.stdout
    assert "correct DOCKER_HOST" in done.stdout


def test_init_writes_a_profile_that_check_accepts(desk: Desk) -> None:
    (desk.folder / "package.json").write_text(json.dumps({"scripts": {"dev": "vite $FLAGS"}}))
    (desk.folder / "Procfile").write_text("worker: python worker.py\n")
    done = desk.run("init")
    assert done.returncode == 0, done.stderr
    text = (desk.folder / "devenv.profile.yaml").read_text()
    assert "npm run dev" in text
    assert "python worker.py" in text
    checked = desk.run("check")
    assert checked.returncode == 0, checked.stdout
    again = desk.run("init")
    assert again.returncode == 1
    assert (desk.folder / "devenv.profile.yaml").read_text() == text


def test_init_of_an_empty_folder_writes_an_example(desk: Desk) -> None:
    assert "example" in desk.run("init").stderr
    assert desk.run("check").returncode == 0


def test_check_lists_all_problems_with_their_place(desk: Desk) -> None:
    (desk.folder / "devenv.profile.yaml").write_text(
        "services:\n  web: {comand: x}\n  db: {command: y, portz: []}\n"
    )
    done = desk.run("check")
    assert done.returncode == 1
    assert "devenv.profile.yaml:2:" in done.stdout
    assert "devenv.profile.yaml:3:" in done.stdout


def test_config_masks_secrets(desk: Desk) -> None:
    (desk.folder / "devenv.profile.yaml").write_text(
        "services:\n  web:\n    command: serve\n    environment: {TOKEN: hidden, A: b}\n"
    )
    done = desk.run("config")
    assert done.returncode == 0
    assert "hidden" not in done.stdout
    assert "A: b" in done.stdout
    assert "hidden" in desk.run("config", "--show-secrets").stdout


def test_where_no_profile_is_it_is_said(desk: Desk) -> None:
    done = desk.run("check")
    assert done.returncode == 1
    assert "devenv.profile.yaml" in done.stderr


def test_numbers_are_written_for_people() -> None:
    assert [duration(n) for n in (0.42, 12, 75, 3700, 90000, -1)] == [
        "0.4s",
        "12s",
        "1m 15s",
        "1h 1m",
        "1d 1h",
        "0s",
    ]
    assert [size(n) for n in (5, 5000, 52_428_800, 3e12)] == ["5 B", "5.0 kB", "52.4 MB", "3000 GB"]
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(list("abcdefg")) == "a, b, c, d and 3 more"
    assert columns([("a", "b"), ("ccc", "d")]) == ["a    b", "ccc  d"]
    assert Style(width=4).cut("abcdef") == "abc…"
