"""The client over real sockets: hello, lost connections, descriptors, other builds, the start."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devenv.api import places
from devenv.api.client import Client
from devenv.api.codec import RemoteError
from devenv.api.connection import LostError, NoDaemonError
from devenv.errors import DevenvError
from tests.api.daemon import Drop, StandIn, WithDescriptors, private_environ, stand_in

TARGET = {"target": {"directory": "/"}}


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return private_environ(tmp_path)


def test_a_call_gives_the_result(environ: dict[str, str]) -> None:
    with stand_in(environ, status={"revision": 3}) as daemon, Client(environ) as client:
        assert client.call("status", TARGET) == {"revision": 3}
        assert client.call("status", TARGET) == {"revision": 3}
        assert daemon.methods() == ["status", "status"]


def test_a_refusal_becomes_an_error_with_its_hint(environ: dict[str, str]) -> None:
    def refuse(params: dict[str, Any]) -> None:
        raise DevenvError("there is no service 'x'", "did you mean 'y'?")

    with stand_in(environ, status=refuse), Client(environ) as client:
        with pytest.raises(RemoteError, match="no service 'x'") as refused:
            client.call("status", TARGET)
        assert refused.value.hint == "did you mean 'y'?"


def _once_dropped() -> Any:
    answers: Iterator[bool] = iter((False, True, True))

    def answer(params: dict[str, Any]) -> dict[str, Any]:
        if not next(answers):
            raise Drop
        return {"revision": 1}

    return answer


def test_a_lost_connection_is_made_again_for_what_may_be_asked_twice(
    environ: dict[str, str],
) -> None:
    with stand_in(environ, status=_once_dropped()) as daemon, Client(environ) as client:
        assert client.call("status", TARGET) == {"revision": 1}
        assert daemon.methods() == ["status", "status"]


def test_a_restart_is_not_asked_twice(environ: dict[str, str]) -> None:
    with stand_in(environ, restart=_once_dropped()) as daemon, Client(environ) as client:
        with pytest.raises(DevenvError, match="before it answered to restart"):
            client.call("restart", {**TARGET, "client": {}})
        assert daemon.methods() == ["restart"]


def test_a_connection_that_keeps_breaking_is_an_error_in_the_end(environ: dict[str, str]) -> None:
    def drop(params: dict[str, Any]) -> None:
        raise Drop

    with stand_in(environ, status=drop), Client(environ) as client, pytest.raises(LostError):
        client.call("status", TARGET)


def test_a_daemon_that_says_nothing_is_an_error_in_time(environ: dict[str, str]) -> None:
    import threading

    over = threading.Event()

    def hang(params: dict[str, Any]) -> dict[str, Any]:
        over.wait(10)
        return {}

    with stand_in(environ, status=hang), Client(environ) as client:
        with pytest.raises(DevenvError, match=r"did not answer to status within 0\.05 seconds"):
            client.call("status", TARGET, within=0.05)
        over.set()


def test_descriptors_come_in_order_however_many_there_are(
    environ: dict[str, str], tmp_path: Path
) -> None:
    count = 300
    for number in range(count):
        (tmp_path / str(number)).mkdir()
    opened = tuple(os.open(tmp_path / str(n), os.O_RDONLY | os.O_DIRECTORY) for n in range(count))
    folders = WithDescriptors({"folders": []}, opened)
    with stand_in(environ, logs=folders), Client(environ) as client:
        _, descriptors = client.call_for_descriptors("logs", TARGET)
    try:
        names = [Path(os.readlink(f"/proc/self/fd/{one}")).name for one in descriptors]
        assert names == [str(number) for number in range(count)]
        assert not any(os.get_inheritable(one) for one in descriptors)
    finally:
        for one in descriptors:
            os.close(one)


def test_where_no_daemon_is_none_is_started_unless_wanted(environ: dict[str, str]) -> None:
    with Client(environ, start=False) as client, pytest.raises(NoDaemonError):
        client.call("daemon.status")
    assert not Path(places.runtime_folder(environ)).exists()


def test_a_stale_socket_counts_as_no_daemon(environ: dict[str, str]) -> None:
    with stand_in(environ):
        pass
    assert Path(places.daemon_socket(environ)).exists()
    with Client(environ, start=False) as client, pytest.raises(NoDaemonError):
        client.call("daemon.status")


def test_two_builds_do_not_end_each_others_daemon_in_turns(environ: dict[str, str]) -> None:
    with stand_in(environ, status=_once_dropped()) as daemon, Client(environ) as client:

        def drop_and_change(params: dict[str, Any]) -> None:
            daemon.build = "0.0.2+other"
            raise Drop

        daemon.answers["status"] = drop_and_change
        with pytest.raises(DevenvError, match="another version"):
            client.call("status", TARGET)
        assert daemon.methods() == ["status"]


def _fake_daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Have the client start this script as the daemon; it gets --ready-fd N as its last words."""
    program = tmp_path / "python"
    program.write_text(f"#!{sys.executable}\n{script}")
    program.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(program))


LISTENING = """
import json, os, socket, sys
assert sys.argv[1:5] == ["-P", "-m", "devenv.daemon", "--ready-fd"], sys.argv
assert os.getsid(0) == os.getpid()
listening = socket.socket(socket.AF_UNIX)
listening.bind({path!r})
listening.listen()
ready = int(sys.argv[5])
os.write(ready, b"1")
os.close(ready)
connection, _ = listening.accept()
for line in connection.makefile("rb"):
    request = json.loads(line)
    result = dict(request["params"], pid=os.getpid())
    answer = {{"jsonrpc": "2.0", "id": request["id"], "result": result}}
    connection.sendall(json.dumps(answer).encode() + b"\\n")
"""


def test_the_daemon_is_started_and_waited_for_by_its_pipe(
    environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = LISTENING.format(path=places.daemon_socket(environ))
    _fake_daemon(tmp_path, monkeypatch, script)
    with Client(environ) as client:
        pid = client.call("daemon.status")["pid"]
        assert pid != os.getpid()
    os.waitpid(pid, 0)


def test_a_daemon_of_another_build_is_asked_to_stop_and_ours_is_started(
    environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(params: dict[str, Any]) -> None:
        old.stop_listening()
        raise Drop

    script = LISTENING.format(path=places.daemon_socket(environ))
    _fake_daemon(tmp_path, monkeypatch, script)
    with stand_in(environ, daemon__stop=stop) as old:
        old.build = "0.0.1+old"
        with Client(environ) as client:
            pid = client.call("daemon.status")["pid"]
        assert old.methods() == ["daemon.stop"]
    os.waitpid(pid, 0)


def test_a_daemon_that_cannot_start_says_why(
    environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fake_daemon(tmp_path, monkeypatch, "raise SystemExit('the disk is full')")
    with Client(environ) as client, pytest.raises(DevenvError, match="the disk is full"):
        client.call("daemon.status")


def test_one_that_finds_the_lock_taken_leaves_it_to_the_other(
    environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fake_daemon(tmp_path, monkeypatch, "raise SystemExit(0)")
    daemons: list[StandIn] = []

    def other_listens_late(seconds: float) -> None:
        daemons.append(StandIn(environ, {"status": {"revision": 1}}))

    monkeypatch.setattr("devenv.api.connection.sleep", other_listens_late)
    with Client(environ) as client:
        assert client.call("status", TARGET) == {"revision": 1}
    daemons[0].close()
