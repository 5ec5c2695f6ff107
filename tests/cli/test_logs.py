"""logs and run over real segments: prefixes, escapes, following, tasks, speed's correctness."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from devenv.logs.segment import Writer
from tests.api.daemon import StandIn, WithDescriptors, stand_in
from tests.cli.desk import Desk, document, service

STDOUT = 1
QUOTA = 50_000_000


class Store:
    """Log folders as the keeper has them, and the daemon's answer that hands them over."""

    def __init__(self, folder: Path, *names: str) -> None:
        self._folder = folder
        self._writers: dict[str, Writer] = {}
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        (self._folder / name).mkdir(parents=True)
        self._writers[name] = Writer(str(self._folder / name), QUOTA)

    def write(self, name: str, data: bytes) -> None:
        self._writers[name].write(STDOUT, time.time_ns(), data)
        self._writers[name].flush()

    def close(self) -> None:
        for writer in self._writers.values():
            writer.close()

    def answer(self, params: dict[str, Any]) -> WithDescriptors:
        names = [one for one in self._writers if one in (params["services"] or self._writers)]
        opened = [os.open(self._folder / one, os.O_RDONLY | os.O_DIRECTORY) for one in names]
        folders = [{"service": one, "index": 0, "path": str(self._folder / one)} for one in names]
        return WithDescriptors({"folders": folders}, tuple(opened))


def test_lines_are_prefixed_merged_and_made_harmless(desk: Desk, tmp_path: Path) -> None:
    store = Store(tmp_path / "logs", "db", "web")
    store.write("db", b"one\n")
    store.write("web", b"\x1b]0;title\x07two\xff\n")
    store.write("db", b"three\n")
    store.close()
    with stand_in(desk.environ, logs=store.answer):
        done = desk.run("logs")
        assert done.stdout == "db  | one\nweb | two\ufffd\ndb  | three\n"
        assert desk.run("logs", "web", "--no-prefix").stdout == "two\ufffd\n"
        assert desk.run("logs", "--grep", "t[hw]", "--no-prefix").stdout == "two\ufffd\nthree\n"
        assert desk.run("logs", "-n", "1", "db").stdout == "db | three\n"
        assert desk.run("logs", "--since", "1h", "--until", "30m").stdout == ""
        stamped = desk.run("logs", "db", "--timestamps", "--no-prefix").stdout
        assert stamped.splitlines()[0].endswith("Z one")


def test_raw_bytes_come_out_as_they_went_in(desk: Desk, tmp_path: Path) -> None:
    store = Store(tmp_path / "logs", "web")
    data = b"\x1b]0;title\x07two\xff\n"
    store.write("web", data)
    store.close()
    with (
        stand_in(desk.environ, logs=store.answer),
        desk.start("logs", "--raw", "--no-prefix", stdout=subprocess.PIPE) as process,
    ):
        assert process.stdout is not None
        assert process.stdout.read() == data


def test_many_lines_all_come_out(desk: Desk, tmp_path: Path) -> None:
    store = Store(tmp_path / "logs", "web")
    for first in range(0, 200_000, 1000):
        store.write("web", b"".join(b"line %d\n" % n for n in range(first, first + 1000)))
    store.close()
    with stand_in(desk.environ, logs=store.answer):
        out = desk.run("logs", "--no-prefix").stdout
    assert out.splitlines() == [f"line {n}" for n in range(200_000)]


def test_wrong_times_and_patterns_are_wrong_use(desk: Desk, tmp_path: Path) -> None:
    store = Store(tmp_path / "logs", "web")
    with stand_in(desk.environ, logs=store.answer):
        assert desk.run("logs", "--since", "whenever").returncode == 2
        assert desk.run("logs", "--grep", "(").returncode == 2
    store.close()


def _read_line(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stdout is not None
    return process.stdout.readline()


def test_following_shows_what_comes_and_what_is_new(desk: Desk, tmp_path: Path) -> None:
    store = Store(tmp_path / "logs", "web")
    store.write("web", b"before\n")
    with (
        stand_in(desk.environ, logs=store.answer),
        desk.start("logs", "-f", stdout=subprocess.PIPE) as process,
    ):
        assert _read_line(process) == b"web | before\n"
        store.write("web", b"after\n")
        assert _read_line(process) == b"web | after\n"
        store.add("db")
        store.write("db", b"new\n")
        assert _read_line(process) == b"db  | new\n"
        process.send_signal(signal.SIGINT)
        process.wait(20)
    assert process.returncode == 130
    store.close()


def test_a_follower_whose_reader_leaves_ends_quietly(desk: Desk, tmp_path: Path) -> None:
    store = Store(tmp_path / "logs", "web")
    store.write("web", b"one\n")
    reading, writing = os.pipe()
    with stand_in(desk.environ, logs=store.answer):
        process = desk.start("logs", "-f", stdout=writing, stderr=subprocess.PIPE)
        os.close(writing)
        assert os.read(reading, 100) == b"web | one\n"
        os.close(reading)
        store.write("web", b"two\n")
        _, told = process.communicate(timeout=20)
    assert told == b""
    assert process.returncode == 0
    store.close()


def test_run_shows_what_the_task_writes_and_ends_with_its_status(
    desk: Desk, tmp_path: Path
) -> None:
    store = Store(tmp_path / "logs", "migrate")
    store.write("migrate", b"of an earlier run\n")
    ended = threading.Event()

    def begin(params: dict[str, Any]) -> dict[str, Any]:
        assert params["task"] == "migrate"
        store.write("migrate", b"begun\n")
        return document(service("migrate", "running", kind="task"), settled=False)

    def watch(params: dict[str, Any]) -> dict[str, Any]:
        if not ended.is_set():
            store.write("migrate", b"end without a newline")
            ended.set()
        return document(
            service("migrate", "failed", exit_code=3, reason="ended with 3"), revision=2
        )

    with stand_in(desk.environ, logs=store.answer, run=begin, watch=watch):
        done = desk.run("run", "migrate")
    store.close()
    assert done.stdout == "begun\nend without a newline\n"
    assert done.returncode == 3
    assert "migrate: failed: ended with 3" in done.stderr


def test_run_takes_a_task_or_a_service(desk: Desk) -> None:
    with stand_in(desk.environ) as daemon:
        assert isinstance(daemon, StandIn)
        assert desk.run("run").returncode == 2
        assert desk.run("run", "--service", "web").returncode == 2
        assert desk.run("run", "task", "--", "x").returncode == 2
        assert daemon.methods() == []


def test_run_gives_up_waiting_in_time(desk: Desk, tmp_path: Path) -> None:
    store = Store(tmp_path / "logs", "migrate")
    running = document(service("migrate", "running"), settled=False)
    with stand_in(desk.environ, logs=store.answer, run=running, watch=running):
        done = desk.run("run", "migrate", "--timeout", "50ms")
    store.close()
    assert done.returncode == 124
    assert "devenv stop migrate" in done.stderr


def test_events_are_followed_by_their_number(desk: Desk) -> None:
    def event(number: int, name: str) -> dict[str, Any]:
        return {"at": 1.0, "service": name, "kind": "ready", "text": "answered", "number": number}

    answers = iter(([event(1, "web"), event(2, "db")], [event(3, "web")]))
    asked: list[dict[str, Any]] = []
    over = threading.Event()

    def answer(params: dict[str, Any]) -> dict[str, Any]:
        asked.append(params)
        following = next(answers, None)
        if following is None:
            over.wait(20)
        return {"events": following or []}

    with stand_in(desk.environ, events=answer):
        with desk.start("events", "-f", "web", stdout=subprocess.PIPE) as process:
            assert _read_line(process).endswith(b"web  ready  answered\n")
            assert _read_line(process).endswith(b"web  ready  answered\n")
            process.send_signal(signal.SIGINT)
            process.wait(20)
        over.set()
    assert [params.get("newer_than") for params in asked[:2]] == [None, 2]
