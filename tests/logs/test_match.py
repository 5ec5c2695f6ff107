"""Searching, and lines for programs."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from devenv.errors import UsageError
from devenv.logs.match import as_json, select
from devenv.logs.read import Query, lines
from devenv.logs.segment import STDERR, STDOUT, TERMINAL, Writer
from devenv.logs.source import Source
from devenv.logs.watch import LogWatch, tail

PLENTY = 1 << 30


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        ("ready", b"server is ready"),
        ("^ready$", b"ready\r"),
        ("listening on .*80$", b"\x1b[32mlistening\x1b[0m on :80"),
        ("(?i)über", "ÜBER".encode()),
        ("^.$", "ü".encode()),
        ("caf. au", b"caf\xe9 au lait"),
        ("\udce9", b"caf\xe9"),
        ("^$", b""),
    ],
)
def test_a_line_is_searched_as_it_is_seen(pattern: str, line: bytes) -> None:
    assert select(pattern)(line)


def test_other_lines_are_left_out() -> None:
    assert not select("ready")(b"not yet")
    assert not select(r"a\sb")(b"ab")


def test_what_is_no_regular_expression_is_refused() -> None:
    with pytest.raises(UsageError, match=r"not a regular expression: '\('"):
        select("(")


def test_the_last_lines_are_counted_among_those_that_match(tmp_path: Path) -> None:
    writer = Writer(str(tmp_path), PLENTY)
    writer.write(STDOUT, 1, b"".join(b"%d\n" % number for number in range(1_000)))
    writer.close()
    query = Query(keep=select("7$"), last=2)
    assert [data for _, _, data in lines(Source("web", str(tmp_path)), query)] == [b"987", b"997"]


def test_a_line_as_json_is_plain_ascii() -> None:
    source = Source('w"eb', "folder", 2)
    text = as_json(
        source, (1_700_000_000_000_000_001, STDERR, b"caf\xe9 \xc2\x9b\x1b \xe2\x86\x92\r")
    )
    assert text.isascii()
    assert text.isprintable()
    assert json.loads(text) == {
        "time": "2023-11-14T22:13:20.000000001Z",
        "service": 'w"eb',
        "index": 2,
        "stream": "stderr",
        "line": "caf\ufffd \x9b\x1b →",
    }


def test_a_folder_may_be_an_open_descriptor(tmp_path: Path) -> None:
    writer = Writer(str(tmp_path), PLENTY)
    writer._limit = 20
    for number in range(9):
        writer.write(TERMINAL, number, b"%d\r\n" % number)
    descriptor = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    found = [data for _, _, data in lines(Source("web", descriptor), Query(since=3, last=2))]
    assert found == [b"7\r", b"8\r"]
    os.close(descriptor)
    writer.close()


def test_readiness_waits_for_the_line_of_this_run(tmp_path: Path) -> None:
    folder = str(tmp_path / "web")
    writer = Writer(folder, PLENTY)
    writer.write(STDOUT, 10, b"ready\n")
    writer.write(0, 20, b"ready, says the note")
    watch = LogWatch(folder, "ready", since=15)
    assert not watch.matched()
    writer.write(STDERR, 30, b"almost rea")
    assert not watch.matched()
    writer.write(STDERR, 40, b"dy\n")
    assert watch.matched()
    assert watch.matched()
    writer.close()
    watch.close()


def test_readiness_waits_for_a_folder_too(tmp_path: Path) -> None:
    watch = LogWatch(str(tmp_path / "later"), "up")
    assert not watch.matched()
    writer = Writer(str(tmp_path / "later"), PLENTY)
    writer.write(STDOUT, 1, b"up\n")
    assert watch.matched()
    writer.close()


def test_the_tail_is_fit_to_be_shown(tmp_path: Path) -> None:
    writer = Writer(str(tmp_path), PLENTY)
    writer.write(STDOUT, 1, b"old\n")
    writer.write(STDERR, 2, b"\x1b[31mError:\x1b[0m no \xff\n" + b"x" * 5_000 + b"\nlast")
    writer.write(0, 3, b"exited with 1")
    writer.close()
    assert tail(str(tmp_path), 3) == ["Error: no \ufffd", "x" * 1_000 + "…", "last"]
    assert tail(str(tmp_path), 10, since=2) == tail(str(tmp_path), 3)
    assert tail(str(tmp_path / "none"), 3) == []
