"""Several logs as one."""

from __future__ import annotations

from pathlib import Path

from devenv.logs.merge import joined_blocks, merged, window_for
from devenv.logs.read import WINDOW, Query
from devenv.logs.segment import STDERR, STDOUT, Writer
from devenv.logs.source import Source


def written(folder: Path, *records: tuple[int, int, bytes]) -> Source:
    writer = Writer(str(folder), 1 << 30)
    for time, stream, data in records:
        writer.write(stream, time, data)
    writer.close()
    return Source(folder.name, str(folder))


def test_lines_come_by_time(tmp_path: Path) -> None:
    web = written(tmp_path / "web", (1, STDOUT, b"a\nb\n"), (5, STDOUT, b"c\n"))
    db = written(tmp_path / "db", (2, STDERR, b"d\n"), (5, STDOUT, b"e\n"), (9, STDOUT, b"f"))
    empty = Source("empty", str(tmp_path / "empty"))
    assert [(source.name, line[2]) for source, line in merged([web, empty, db])] == [
        ("web", b"a"),
        ("web", b"b"),
        ("db", b"d"),
        ("web", b"c"),
        ("db", b"e"),
        ("db", b"f"),
    ]


def test_a_clock_that_was_set_back_reorders_nothing_in_one_log(tmp_path: Path) -> None:
    web = written(tmp_path / "web", (5, STDOUT, b"first\n"), (1, STDOUT, b"second\n"))
    db = written(tmp_path / "db", (3, STDOUT, b"other\n"))
    assert [line[2] for _, line in merged([web, db])] == [b"other", b"first", b"second"]


def test_joined_blocks_change_at_another_service_or_stream_only(tmp_path: Path) -> None:
    web = written(
        tmp_path / "web",
        (1, STDOUT, b"a\n"),
        (2, STDOUT, b"b\n"),
        (3, STDERR, b"c\n"),
        (7, STDOUT, b"e\n"),
    )
    db = written(tmp_path / "db", (5, STDOUT, b"d\n"))
    assert [(source.name, block[2]) for source, block in joined_blocks([web, db])] == [
        ("web", b"a\nb\n"),
        ("web", b"c\n"),
        ("db", b"d\n"),
        ("web", b"e\n"),
    ]
    assert list(joined_blocks([])) == []


def test_the_last_lines_count_for_each_service(tmp_path: Path) -> None:
    web = written(tmp_path / "web", (1, STDOUT, b"a\nb\nc\n"))
    db = written(tmp_path / "db", (2, STDOUT, b"d\ne\n"))
    assert [line[2] for _, line in merged([web, db], Query(last=1))] == [b"c", b"e"]


def test_a_replica_is_named_with_its_index(tmp_path: Path) -> None:
    assert [Source("web", str(tmp_path), index).name for index in (0, 1)] == ["web", "web[1]"]


def test_many_sources_read_in_smaller_bites() -> None:
    assert window_for(1) == WINDOW
    assert window_for(128) == WINDOW // 4
    assert window_for(100_000) == 64 * 1024
