"""The contract of --json: each verb's document has the shape that docs/json.md shows."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from devenv.errors import DevenvError
from devenv.logs.segment import Writer
from tests.api.daemon import Answer, StandIn, WithDescriptors, stand_in
from tests.cli.desk import Desk, document, service

DOCUMENT = Path(__file__).parents[2] / "docs" / "json.md"
PROBLEM = {
    "message": "m",
    "file": "devenv.profile.yaml",
    "line": 3,
    "column": 5,
    "hint": "",
    "warning": True,
}
REQUEST = {"service": "web", "text": "the device /dev/kvm (devices)"}
WEB = service(
    "web",
    waits_for=["db"],
    ports=[{"name": "web", "port": 20123, "url": "http://127.0.0.1:20123"}],
    log_tail=["a line"],
)
STATUS = document(WEB, problems=[PROBLEM], changes=["web: the command differs"])
PREVIEW = {
    "name": "shop-feature-a-1f3c9a2b",
    "branch": "feature/a",
    "repository": "https://git.example.com/shop",
    "pull_request": None,
    "cluster": "team",
    "namespace": "shop-feature-a-1f3c9a2b",
    "state": "ready",
    "reason": "",
    "owner": "me@example.com",
    "created_at": 1.0,
    "last_used_at": 1.0,
    "expires_at": 2.0,
    "urls": {"web": "http://127.0.0.1:20123/"},
    "services": [{"name": "web", "state": "ready", "reason": ""}],
}
LISTED = {
    "id": "shop-1a2b3c4d",
    "name": "shop",
    "path": "/",
    "branch": "main",
    "state": "down",
    "services": 1,
    "running": 0,
}
TARGET = {
    "name": "web-0",
    "index": 0,
    "state": "equal",
    "reason": "",
    "generation": 1,
    "files": 1,
    "sending": {"files": 1, "of": 2},
    "bytes": 1,
    "last_ms": 1.5,
    "p50_ms": 1.5,
    "p95_ms": 1.5,
    "problems": [{"path": "a", "why": "no room"}],
    "conflicts": [{"path": "b", "overwritten": True}],
}
RULE = {
    "environment": "shop-1a2b3c4d",
    "service": "web",
    "rule": "sync",
    "source": "/src",
    "target": "/app",
    "state": "watching",
    "reason": "",
    "waiting": 0,
    "polled": ["a"],
    "remedy": "sudo sysctl fs.inotify.max_user_watches=524288",
    "targets": [TARGET],
}
FLUSHED = {**RULE, "targets": [{**TARGET, "problems": []}]}
STRAY = {"id": "abc", "name": "blog-5e6f7a8b_default", "environment": "blog-5e6f7a8b"}
VERDICT = {"service": "web", "rule": "sync", "source": "/src", "taken": True, "because": "b"}
ANSWERS: dict[str, Answer] = {
    "status": STATUS,
    "up": {**STATUS, "requests": [REQUEST]},
    "start": STATUS,
    "restart": STATUS,
    "scale": STATUS,
    "stop": document(service("web", "stopped")),
    "graph": {"services": {"web": []}},
    "down": document(empty=True),
    "samples": {
        "samples": {"web": [{"index": 0, "cpu_seconds": 3.0, "memory_bytes": 4096, "ports": []}]}
    },
    "plan": {
        "rounds": [["start web"]],
        "problems": [PROBLEM],
        "requests": [REQUEST],
        "ahead": ["pulls redis:7"],
    },
    "why": {"lines": ["web waits for db"]},
    "digests": {"digests": {"redis:7": f"sha256:{'a' * 64}"}},
    "environment": {
        "command": ["sleep"],
        "directory": "/",
        "environment": {"PORT": "1", "TOKEN": "x"},
        "secrets": ["TOKEN"],
        "container": "",
    },
    "sync.status": {"rules": [RULE]},
    "sync.flush": {"rules": [FLUSHED], "arrived": True, "moved": 0},
    "sync.explain": {"verdicts": [VERDICT]},
    "list": {"environments": [LISTED], "previews": [PREVIEW]},
    "forget": {"forgotten": ["shop-1a2b3c4d"]},
    "strays": {"networks": [STRAY]},
    "sweep": {"removed": ["blog-5e6f7a8b_default"]},
    "daemon.status": {"pid": 1, "build": "1", "started_at": 1.0},
}


def documented(heading: str) -> list[Any]:
    """The examples below a heading."""
    sections = re.split(r"^## ", DOCUMENT.read_text(encoding="utf-8"), flags=re.MULTILINE)
    section = next(one for one in sections if one.startswith(f"{heading}\n"))
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", section, re.DOTALL)]


def assert_shape(example: Any, value: Any, where: str = "") -> None:
    """Same keys and kinds; null fits anything, ``NAME`` any keys, ``…`` more of them."""
    if example is None or value is None:
        return
    if isinstance(example, dict):
        assert isinstance(value, dict), where
        if set(example) == {"NAME"}:
            example = dict.fromkeys(value, example["NAME"])
        if "…" in example:
            example = {key: item for key, item in example.items() if key != "…"}
            value = {key: value[key] for key in example}
        assert set(value) == set(example), where
        for key, item in value.items():
            assert_shape(example[key], item, f"{where}.{key}")
    elif isinstance(example, list):
        assert isinstance(value, list), where
        for item in value:
            assert_shape(example[0], item, f"{where}[]")
    else:
        kinds = (int, float) if isinstance(example, float) else type(example)
        assert isinstance(value, kinds), f"{where}: {value!r}"


@pytest.mark.parametrize(
    ("line", "heading"),
    [
        ("status", "status"),
        ("up", "status"),
        ("start web", "status"),
        ("stop web", "status"),
        ("restart", "status"),
        ("scale web=1", "status"),
        ("wait web", "status"),
        ("down", "down"),
        ("plan", "plan"),
        ("up --dry-run", "plan"),
        ("why web", "why"),
        ("ports", "ports"),
        ("open web", "open"),
        ("env web", "env"),
        ("list", "list"),
        ("doctor", "doctor"),
        ("prune --yes", "prune"),
        ("sync status", "sync"),
        ("sync flush", "sync"),
        ("daemon status", "daemon"),
        ("daemon start", "daemon"),
        ("completion bash", "completion"),
    ],
)
def test_a_document_has_the_documented_shape(desk: Desk, line: str, heading: str) -> None:
    with stand_in(desk.environ) as daemon:
        daemon.answers = ANSWERS
        done = desk.run(*line.split(), "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["version"] == 1
    assert_shape(documented(heading)[0], found)


def test_the_verdicts_about_a_path_have_the_documented_shape(desk: Desk) -> None:
    with stand_in(desk.environ) as daemon:
        daemon.answers = ANSWERS
        done = desk.run("sync", "explain", "a", "--json")
    assert_shape(documented("sync")[1], json.loads(done.stdout))


def test_status_has_processor_and_memory_use(desk: Desk) -> None:
    with stand_in(desk.environ) as daemon:
        daemon.answers = ANSWERS
        (web,) = json.loads(desk.run("status", "--json").stdout)["services"]
    assert web["memory_bytes"] == 4096
    assert web["cpu_percent"] is not None


PROFILE = "services:\n  web:\n    command: sleep 1\n    environment: {TOKEN: hidden}\n"


@pytest.mark.parametrize(("verb", "code"), [("check", 0), ("config", 0), ("init", 1)])
def test_verbs_without_a_daemon_have_the_documented_shape(desk: Desk, verb: str, code: int) -> None:
    (desk.folder / "devenv.profile.yaml").write_text(PROFILE)
    done = desk.run(verb, "--json")
    assert done.returncode == code, done.stderr
    assert_shape(documented(verb if code == 0 else "Errors")[0], json.loads(done.stdout))
    assert "hidden" not in done.stdout


def test_init_has_the_documented_shape(desk: Desk) -> None:
    assert_shape(documented("init")[0], json.loads(desk.run("init", "--json").stdout))


def test_a_lock_has_the_documented_shape(desk: Desk) -> None:
    (desk.folder / "devenv.profile.yaml").write_text("services: {db: {image: 'redis:7'}}")
    with stand_in(desk.environ) as daemon:
        daemon.answers = ANSWERS
        found = json.loads(desk.run("lock", "--json").stdout)
    assert_shape(documented("lock")[0], found)
    assert found["changed"] == ["redis:7"]


def test_a_stopped_daemon_is_null(desk: Desk) -> None:
    found = json.loads(desk.run("daemon", "status", "--json").stdout)
    assert found == {"version": 1, "daemon": None}


def _refuse(params: dict[str, Any]) -> None:
    raise DevenvError("it is wrong", "do that")


def test_a_failure_is_a_document_too(desk: Desk) -> None:
    with stand_in(desk.environ, status=_refuse):
        done = desk.run("status", "--json")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert_shape(documented("Errors")[0], found)
    assert found["error"]["message"] == "it is wrong"
    assert "do that" in done.stderr


def test_problems_of_the_profile_are_in_the_failure(desk: Desk) -> None:
    (desk.folder / "devenv.profile.yaml").write_text("services: {web: {comand: x}}\n")
    done = desk.run("config", "--json")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert_shape(documented("Errors")[0], found)
    assert found["error"]["problems"][0]["line"] == 1


def _logs_of(folder: Path) -> Callable[[dict[str, Any]], WithDescriptors]:
    writer = Writer(str(folder), 1_000_000)
    writer.write(1, 1_700_000_000_000_000_000, b"text\n")
    writer.close()

    def answer(params: dict[str, Any]) -> WithDescriptors:
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        return WithDescriptors(
            {"folders": [{"service": "web", "index": 0, "path": str(folder)}]}, (opened,)
        )

    return answer


def test_streams_print_one_object_a_line(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    event = {"at": 1.0, "service": "web", "kind": "ready", "text": "answered", "number": 12}
    logs, events = documented("Streams")
    with stand_in(desk.environ, events={"events": [event]}, logs=_logs_of(tmp_path / "log")):
        (line,) = desk.run("logs", "--json").stdout.splitlines()
        assert_shape(logs, json.loads(line))
        (line,) = desk.run("events", "--json").stdout.splitlines()
        assert_shape(events, json.loads(line))


def test_status_asks_the_daemon_once(desk: Desk) -> None:
    with stand_in(desk.environ) as daemon:
        assert isinstance(daemon, StandIn)
        daemon.answers = ANSWERS
        assert desk.run("status").returncode == 0
        assert daemon.methods() == ["status"]
