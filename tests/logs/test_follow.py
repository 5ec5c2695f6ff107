"""Following: every line once, while segments are begun and dropped and folders come and go."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from threading import Event
from time import monotonic

from devenv.logs.assemble import split
from devenv.logs.follow import MOST_AT_ONCE, Follower
from devenv.logs.read import EVERYTHING, Query, Reader, lines
from devenv.logs.segment import NOTE, STDERR, STDOUT, Writer
from devenv.logs.source import Source

PLENTY = 1 << 30


def following(*folders: Path, query: Query = EVERYTHING) -> Follower:
    return Follower([Source(folder.name, str(folder)) for folder in folders], query)


def news(follower: Follower) -> list[tuple[str, bytes]]:
    return [(source.name, data) for source, block in follower.poll() for _, _, data in split(block)]


def test_a_line_comes_when_it_is_finished(tmp_path: Path) -> None:
    writer = Writer(str(tmp_path / "web"), PLENTY)
    follower = following(tmp_path / "web")
    writer.write(STDOUT, 1, b"one\ntw")
    assert news(follower) == [("web", b"one")]
    assert news(follower) == []
    writer.write(STDERR, 2, b"aside\n")
    writer.write(STDOUT, 3, b"o\n")
    assert news(follower) == [("web", b"aside"), ("web", b"two")]
    writer.close()
    follower.close()


def test_a_folder_may_appear_later(tmp_path: Path) -> None:
    follower = following(tmp_path / "web")
    assert news(follower) == []
    writer = Writer(str(tmp_path / "web"), PLENTY)
    writer.write(STDOUT, 1, b"hello\n")
    assert news(follower) == [("web", b"hello")]
    writer.close()
    follower.close()


def test_a_folder_may_be_removed_and_made_anew(tmp_path: Path) -> None:
    follower = following(tmp_path / "web")
    for round_ in range(3):
        writer = Writer(str(tmp_path / "web"), PLENTY)
        for number in range(3):
            writer.write(STDOUT, 1, b"%d %d\n" % (round_, number))
            writer.close()
        assert [data for _, data in news(follower)] == [b"%d %d" % (round_, n) for n in range(3)]
        shutil.rmtree(tmp_path / "web")
        assert news(follower) == []
    follower.close()


def test_new_segments_are_followed(tmp_path: Path) -> None:
    writer = Writer(str(tmp_path / "web"), PLENTY)
    writer._limit = 100
    follower = following(tmp_path / "web")
    seen = []
    for number in range(200):
        writer.write(STDOUT, number, b"%d\n" % number)
        if number % 7 == 0:
            seen += news(follower)
    seen += news(follower)
    assert [data for _, data in seen] == [b"%d" % number for number in range(200)]
    writer.close()
    follower.close()


def test_a_gap_is_told_where_the_quota_was_faster(tmp_path: Path) -> None:
    writer = Writer(str(tmp_path / "web"), 4_000)
    writer._limit = 400
    follower = following(tmp_path / "web")
    writer.write(STDOUT, 5, b"begins")
    assert news(follower) == []
    for number in range(1_000):
        writer.write(STDOUT, 10 + number, b"%d\n" % number)
    blocks = [block for _, block in follower.poll()]
    notes = [index for index, block in enumerate(blocks) if block[1] == NOTE]
    assert len(notes) == 1
    assert blocks[notes[0]][2].endswith(b"were dropped by the quota before they were read\n")
    assert blocks[notes[0]][0] == blocks[notes[0] + 1][0]
    before = [data for block in blocks[: notes[0]] for _, _, data in split(block)]
    after = [int(data) for block in blocks[notes[0] + 1 :] for _, _, data in split(block)]
    assert before[:2] == [b"begins0", b"1"]
    assert after == list(range(after[0], 1_000))
    assert news(follower) == []
    writer.close()
    follower.close()


def test_a_reader_survives_rotation_while_it_reads(tmp_path: Path) -> None:
    writer = Writer(str(tmp_path), 100_000)
    writer._limit = 10_000
    for number in range(10_000):
        writer.write(STDOUT, number, b"%d\n" % number)
    reader = Reader(Source("web", str(tmp_path)), window=500)
    seen: list[int] = []
    written = 10_000
    while written < 30_000:
        seen += [int(line[2]) for block in reader.read() if block[1] for line in split(block)]
        for _ in range(200):
            writer.write(STDOUT, written, b"%d\n" % written)
            written += 1
    while blocks := reader.read():
        seen += [int(line[2]) for block in blocks if block[1] for line in split(block)]
    assert seen == sorted(set(seen))
    assert seen[-1] == 29_999
    writer.close()
    reader.close()


def test_history_goes_before_news(tmp_path: Path) -> None:
    writers = {name: Writer(str(tmp_path / name), PLENTY) for name in ("db", "web")}
    for number in range(6):
        writers["db" if number % 2 else "web"].write(STDOUT, number, b"%d\n" % number)
    follower = following(tmp_path / "db", tmp_path / "web", query=Query(last=2))
    past = [(source.name, block[2]) for source, block in follower.history()]
    assert past == [("web", b"2\n"), ("db", b"3\n"), ("web", b"4\n"), ("db", b"5\n")]
    assert news(follower) == []
    writers["web"].write(STDOUT, 8, b"8\n")
    writers["db"].write(STDOUT, 7, b"7\n")
    assert news(follower) == [("db", b"7"), ("web", b"8")]
    for writer in writers.values():
        writer.close()
    follower.close()


def test_no_history_still_completes_a_line_that_had_begun(tmp_path: Path) -> None:
    writer = Writer(str(tmp_path / "web"), PLENTY)
    writer.write(STDOUT, 1, b"old\nbeg")
    follower = following(tmp_path / "web", query=Query(last=0))
    assert list(follower.history()) == []
    writer.write(STDOUT, 2, b"un\n")
    assert news(follower) == [("web", b"begun")]
    writer.close()
    follower.close()


def test_one_poll_reads_no_more_than_some_megabytes(tmp_path: Path) -> None:
    writer = Writer(str(tmp_path / "web"), PLENTY)
    for number in range(80):
        writer.write(STDOUT, number, b"x" * 99_999 + b"\n")
    follower = following(tmp_path / "web")
    first = news(follower)
    assert follower.behind
    assert sum(len(data) for _, data in first) < MOST_AT_ONCE + 2 * 1024 * 1024
    assert len(first) + len(news(follower)) == 80
    assert not follower.behind
    writer.close()
    follower.close()


WRITE = """
import sys, time
from devenv.logs.segment import STDERR, STDOUT, Writer
writer = Writer(sys.argv[1], int(sys.argv[2]))
writer._limit = int(sys.argv[3])
text = b"".join(b"%d\\n" % number for number in range(300_000))
at, size = 0, 1
while at < len(text):
    writer.write(STDOUT, time.time_ns(), text[at:at + size])
    at += size
    size = size * 7 % 9973 + 1
writer.write(STDERR, time.time_ns(), b"end\\n")
writer.close()
"""


def followed_to_the_end(folder: Path, quota: int, segment: int) -> list[bytes]:
    """Follow another process that writes 300,000 numbers, each a line, and then ``end``."""
    arguments = [sys.executable, "-c", WRITE, str(folder), str(quota), str(segment)]
    process = subprocess.Popen(arguments)
    follower = following(folder)
    seen: list[bytes] = []
    deadline = monotonic() + 30
    while seen[-1:] != [b"end"]:
        assert monotonic() < deadline
        seen += [data for _, data in news(follower)]
        Event().wait(0.001)
    assert process.wait(30) == 0
    follower.close()
    return seen


def test_two_processes_write_and_follow_at_once(tmp_path: Path) -> None:
    seen = followed_to_the_end(tmp_path / "web", PLENTY, 300_000)
    assert seen == [*(b"%d" % number for number in range(300_000)), b"end"]
    assert seen == [data for _, _, data in lines(Source("web", str(tmp_path / "web")))]


def test_segments_may_be_dropped_under_a_follower_in_another_process(tmp_path: Path) -> None:
    seen = followed_to_the_end(tmp_path / "web", 100_000, 10_000)
    gaps = [index for index, data in enumerate(seen) if b"dropped" in data]
    # What was dropped before the first look leaves no gap, but maybe the end of a line.
    beside_gaps = {0, *(index + side for index in gaps for side in (-1, 1))}
    numbers = [
        int(data) for index, data in enumerate(seen) if data.isdigit() and index not in beside_gaps
    ]
    assert numbers == sorted(set(numbers))
    assert len(numbers) + 3 * len(gaps) + 2 >= len(seen)
