"""What a keeper answers: everything that the oldest daemon was told, it is told still."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from devenv.keeper import mark, tree
from tests.keeper.talking import COMMAND, Talk, assigned, connected, keeper, unit
from tests.scenarios.sandbox import eventually

TRANSCRIPT = Path(__file__).with_name("protocol-1.jsonl")


def assert_holds(expected: object, found: object) -> None:
    """``found`` has all of ``expected``; 0 and 0.5 in it stand for any number of their kind."""
    if isinstance(expected, dict):
        assert isinstance(found, dict)
        for key, value in expected.items():
            assert key in found
            assert_holds(value, found[key])
    elif isinstance(expected, list) and expected:
        assert isinstance(found, list)
        assert len(found) == len(expected)
        for one, other in zip(expected, found, strict=True):
            assert_holds(one, other)
    elif expected in (0, 0.5) and not isinstance(expected, bool):
        assert type(found) is type(expected)
    else:
        assert found == expected


def play(talk: Talk, line: dict[str, Any]) -> None:
    answer = talk.ask(**line["ask"])
    if "error" in line["answer"]:
        assert answer["error"] == line["answer"]["error"]
    assert_holds(line["answer"], answer)
    if "push" in line:
        while not talk.pushes:
            talk.pushes.append(talk.hear())
        assert_holds(line["push"], talk.pushes[-1])
    talk.pushes.clear()


def test_the_first_daemon_shipped_is_understood(tmp_path: Path) -> None:
    text = TRANSCRIPT.read_text().replace("BASE", str(tmp_path))
    with keeper() as talk:
        for line in text.splitlines():
            play(talk, json.loads(line))
        assert talk.is_over()


def test_an_answer_has_the_number_of_its_request(tmp_path: Path) -> None:
    with keeper() as talk:
        for number in (7, 3, 9):
            talk.tell({"id": number, "op": "hello"})
        assert [talk.hear()["id"] for _ in range(3)] == [7, 3, 9]


def test_many_starts_in_one_write_are_answered_in_one_read(tmp_path: Path) -> None:
    with keeper() as talk:
        assigned(talk, tmp_path)
        orders = [unit(tmp_path, "true", service=f"s{n}", log=f"{tmp_path}/{n}") for n in range(20)]
        messages = [{"id": 100 + n, "op": "start", "unit": order} for n, order in enumerate(orders)]
        talk.sock.sendall(b"".join(json.dumps(one).encode() + b"\n" for one in messages))
        answers = talk.sock.recv(1 << 20).splitlines()
        assert [json.loads(line)["id"] for line in answers] == list(range(100, 120))
        talk.ask("discard")


A_DAEMON = """
import os, pathlib, sys
from devenv.keeper import mark
mark.wear(mark.keeper_mark(sys.argv[1], ""))
os.setsid()
pathlib.Path("partial").write_text(str(os.getpid()))
os.rename("partial", "pid")
os.execvp("sleep", ["sleep", "999"])
"""


def test_a_daemon_that_a_service_has_started_outlives_keeper_and_warden(tmp_path: Path) -> None:
    command = shlex.join((sys.executable, "-c", A_DAEMON, str(tmp_path / "elsewhere")))
    with keeper() as talk:
        assigned(talk, tmp_path)
        talk.ask("start", unit=unit(tmp_path, "sh", "-c", f"{command} & exit"))
        eventually((tmp_path / "pid").exists)
        started = tree.read(int((tmp_path / "pid").read_text()))
        assert started is not None
        talk.ask("discard")
        assert talk.is_over()
    goes_on = tree.read(started.pid)
    os.kill(started.pid, signal.SIGKILL)
    assert goes_on is not None
    assert not goes_on.zombie


@pytest.mark.parametrize("line", [b"no json\n", b"[]\n", b'{"op": "stop"}\n', b'{"op": []}\n'])
def test_nonsense_ends_no_keeper(tmp_path: Path, line: bytes) -> None:
    with keeper() as first:
        path = assigned(first, tmp_path)
        second = connected(path)
        second.sock.sendall(line)
        second.close()
        assert first.ask("hello")["ok"]
        first.ask("discard")


def test_a_keeper_that_nobody_assigned_ends_with_its_connection() -> None:
    with keeper() as talk:
        pid = talk.ask("hello")["pid"]
        assert tree.read(pid) is not None


def test_an_assigned_keeper_listens_for_later_daemons(tmp_path: Path) -> None:
    with keeper() as first:
        path = assigned(first, tmp_path)
        assert path.stat().st_mode & 0o777 == 0o600
        first.ask("start", unit=unit(tmp_path, "sleep", "99"))
        first.close()
        second = connected(path)
        assert second.ask("hello")["environment"] == "shop-1"
        assert second.ask("recall")["prepared"]["memory"] == "secret"
        assert [row["service"] for row in second.ask("list")["rows"]] == ["web"]
        assert second.ask("discard")["ok"]
        assert second.is_over()
        second.close()
        assert not path.exists()


@pytest.mark.parametrize("name", ["keeper.after-fork", "keeper.before-reply", "keeper.in-stop"])
def test_a_keeper_killed_at_any_point_leaves_nothing(tmp_path: Path, name: str) -> None:
    with keeper(DEVENV_FAILPOINT=f"{name}:kill") as talk:
        path = f"{tmp_path}/a.keeper"
        given = {"fingerprint": "", "directory": "/", "umask": 0, "environment": {}, "memory": ""}
        stop = {"service": "web", "index": 0, "signal": "SIGUSR1", "grace": 9}
        talk.tell({"id": 1, "op": "assign", "environment": "a", "socket": path, "quota": 1})
        talk.tell({"id": 2, "op": "prepare", **given})
        talk.tell({"id": 3, "op": "start", "unit": unit(tmp_path, "/bin/sleep", "99")})
        talk.tell({"id": 4, "op": "stop", **stop})
        while not talk.is_over():
            pass
    assert _wearing(str(tmp_path)) == []


def _wearing(folder: str) -> list[int]:
    ours = mark.keeper_mark(folder, "")
    return [pid for pid in tree.read_all() if mark.same_folder(mark.worn_by(pid), ours)]


def test_it_imports_nothing_heavy() -> None:
    root = str(Path(COMMAND[-1]).parents[2])
    code = f"import sys; sys.path.append({root!r}); import devenv.keeper.main; print(*sys.modules)"
    done = subprocess.run([*COMMAND[:-1], "-c", code], capture_output=True, text=True, check=True)
    heavy = {"asyncio", "dataclasses", "logging", "pathlib", "subprocess", "threading", "typing"}
    assert not heavy & set(done.stdout.split())
