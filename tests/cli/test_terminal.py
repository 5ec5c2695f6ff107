"""What a person at a terminal sees: colours, progress redrawn in place, questions, attach."""

from __future__ import annotations

import os
import signal
import socket
import threading
from typing import Any

import pytest

from devenv.api import frames
from devenv.cli.attach import read_keys, split_name
from devenv.errors import UsageError
from tests.api.daemon import WithDescriptors, stand_in
from tests.cli.desk import Desk, document, service
from tests.cli.terminal import Terminal

STARTING = document(service("web", "starting"), settled=False)
READY = document(service("web"))


def test_a_terminal_gets_colours(desk: Desk) -> None:
    with stand_in(desk.environ, status=READY), Terminal(desk, "status") as terminal:
        assert terminal.ended() == 0
    assert b"\x1b[32mready" in terminal.shown


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colours_can_be_refused(desk: Desk, environ: dict[str, str]) -> None:
    with (
        stand_in(desk.environ, status=READY),
        Terminal(desk, "status", environ=environ) as terminal,
    ):
        assert terminal.ended() == 0
    assert b"\x1b[" not in terminal.shown


def test_progress_is_redrawn_in_place(desk: Desk) -> None:
    go_on = threading.Event()

    def watch(params: dict[str, Any]) -> dict[str, Any]:
        if not go_on.wait(0.05):
            return {**STARTING, "revision": params["newer_than"]}
        return {**READY, "revision": 2}

    with (
        stand_in(desk.environ, up=STARTING, watch=watch),
        Terminal(desk, "up", "-d") as terminal,
    ):
        terminal.wait_for(b"\r\x1b[1A\x1b[J")
        go_on.set()
        assert terminal.ended() == 0
    assert b"starting" in terminal.shown
    assert b"SERVICE" in terminal.shown


def test_a_question_is_asked_at_a_terminal(desk: Desk) -> None:
    with stand_in(desk.environ, down=document(empty=True)) as daemon:
        with Terminal(desk, "down", "--volumes") as terminal:
            terminal.wait_for(b"[y/N]")
            terminal.type(b"n\n")
            assert terminal.ended() == 1
        assert daemon.methods() == []
        with Terminal(desk, "down", "--volumes") as terminal:
            terminal.wait_for(b"[y/N]")
            terminal.type(b"y\n")
            assert terminal.ended() == 0
        assert daemon.methods() == ["down"]


class _Other:
    """The daemon's end of an attached terminal."""

    def __init__(self) -> None:
        self.ours, self.theirs = socket.socketpair()
        self.ours.settimeout(20)
        self._splitter = frames.Splitter()
        self._frames: list[tuple[int, bytes]] = []

    def __enter__(self) -> _Other:
        return self

    def __exit__(self, *_: object) -> None:
        self.ours.close()
        self.theirs.close()

    def answer(self, params: dict[str, Any]) -> WithDescriptors:
        return WithDescriptors({}, (os.dup(self.theirs.fileno()),))

    def frame(self) -> tuple[int, bytes]:
        while not self._frames:
            self._frames += self._splitter.feed(self.ours.recv(65536))
        return self._frames.pop(0)

    def say(self, channel: int, data: bytes) -> None:
        self.ours.sendall(frames.pack(channel, data))


def test_attach_carries_keys_and_output_and_ends_with_the_childs_status(desk: Desk) -> None:
    with _Other() as other, stand_in(desk.environ, attach=other.answer) as daemon:
        with Terminal(desk, "attach", "shell.2") as terminal:
            other.say(frames.OUTPUT, b"\x1b[1mprompt$ ")
            terminal.wait_for(b"prompt$ ")
            terminal.type(b"ls\r\x03")
            typed = b""
            while len(typed) < 4:
                channel, data = other.frame()
                assert channel == frames.INPUT
                typed += data
            assert typed == b"ls\r\x03"
            other.say(frames.END, b"5")
            assert terminal.ended() == 5
            assert terminal.is_as_before()
        (_, params) = daemon.asked[0]
        assert (params["service"], params["index"]) == ("shell", 2)
        assert (params["columns"], params["rows"]) == (100, 30)


def test_the_detach_keys_leave_it_running(desk: Desk) -> None:
    with _Other() as other, stand_in(desk.environ, attach=other.answer):
        with Terminal(desk, "attach", "shell") as terminal:
            other.say(frames.OUTPUT, b"prompt$ ")
            terminal.wait_for(b"prompt$ ")
            terminal.type(b"a\x10b\x10\x11")
            assert terminal.ended() == 0
            assert terminal.is_as_before()
        assert b"\r\nDetached" in terminal.shown
        assert other.frame() == (frames.INPUT, b"a\x10b")


def test_a_resize_is_passed_on(desk: Desk) -> None:
    with (
        _Other() as other,
        stand_in(desk.environ, attach=other.answer),
        Terminal(desk, "attach", "shell") as terminal,
    ):
        other.say(frames.OUTPUT, b"prompt$ ")
        terminal.wait_for(b"prompt$ ")
        terminal.resize(132, 43)
        channel, data = other.frame()
        assert channel == frames.RESIZE
        assert frames.read_resize(data) == (132, 43)
        other.say(frames.END, b"0")
        assert terminal.ended() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_the_terminal_is_restored_when_attach_is_ended(desk: Desk, number: int) -> None:
    with (
        _Other() as other,
        stand_in(desk.environ, attach=other.answer),
        Terminal(desk, "attach", "shell") as terminal,
    ):
        other.say(frames.OUTPUT, b"prompt$ ")
        terminal.wait_for(b"prompt$ ")
        assert not terminal.is_as_before()
        terminal.signal(number)
        assert terminal.ended() == 130
        assert terminal.is_as_before()


def test_the_terminal_is_restored_when_the_connection_is_lost(desk: Desk) -> None:
    with _Other() as other, stand_in(desk.environ, attach=other.answer):
        with Terminal(desk, "attach", "shell") as terminal:
            other.say(frames.OUTPUT, b"prompt$ ")
            terminal.wait_for(b"prompt$ ")
            other.ours.shutdown(socket.SHUT_RDWR)
            assert terminal.ended() == 1
            assert terminal.is_as_before()
        assert b"was lost" in terminal.shown


def test_attach_works_in_a_pipe(desk: Desk) -> None:
    with _Other() as other, stand_in(desk.environ, attach=other.answer):
        other.say(frames.OUTPUT, b"result\n")
        other.say(frames.END, b"0")
        done = desk.run("attach", "shell", stdin="input")
    assert done.returncode == 0
    assert done.stdout.startswith("result\n")


def test_detach_keys_are_read_as_they_are_written() -> None:
    assert read_keys("ctrl-p,ctrl-q") == b"\x10\x11"
    assert read_keys("ctrl-],x") == b"\x1dx"
    for wrong in ("", "ctrl-", "alt-x", "ctrl-p,"):
        with pytest.raises(UsageError):
            read_keys(wrong)


def test_a_replica_is_named_by_its_number() -> None:
    assert split_name("web", None) == ("web", 0)
    assert split_name("web.2", None) == ("web", 2)
    assert split_name("web", 3) == ("web", 3)
    assert split_name("my.web", None) == ("my.web", 0)
