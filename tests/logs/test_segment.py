"""The writer: bounded, continued after a crash, never a record too many or half of one."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

from devenv.logs.read import Query, Reader, lines
from devenv.logs.segment import (
    HEADER,
    MARK,
    MARK_EVERY,
    NOTE,
    STDERR,
    STDOUT,
    Writer,
    enforce_quota,
    segment_numbers,
)
from devenv.logs.source import Source, position_at, position_of_last

KILO = 1024
PLENTY = 1 << 30


def texts(folder: Path) -> list[bytes]:
    return [data for _, _, data in lines(Source("web", str(folder)))]


def fill(writer: Writer, count: int, size: int = 32 * KILO, time: int = 0) -> None:
    for number in range(count):
        writer.write(STDOUT, time + number, b"x" * (size - 1) + b"\n")


def test_nothing_is_made_before_the_first_byte(tmp_path: Path) -> None:
    writer = Writer(str(tmp_path / "web.0"), PLENTY)
    writer.write(STDOUT, 1, b"")
    writer.close()
    assert not (tmp_path / "web.0").exists()


def test_only_the_owner_can_read(tmp_path: Path) -> None:
    folder = tmp_path / "web.0"
    writer = Writer(str(folder), PLENTY)
    fill(writer, 20)
    writer.close()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert {path.suffix for path in folder.iterdir()} == {".log", ".idx"}


def test_what_was_written_can_be_read_at_once(tmp_path: Path) -> None:
    writer = Writer(str(tmp_path), PLENTY)
    writer.write(STDOUT, 1, memoryview(b"one\ntwo\n"))
    assert texts(tmp_path) == [b"one", b"two"]
    writer.close()


def test_a_chunk_may_be_of_any_bytes_type(tmp_path: Path) -> None:
    writer = Writer(str(tmp_path), PLENTY)
    for data in (b"a\n", bytearray(b"b\n"), memoryview(bytearray(b"c\nrest"))[:2]):
        writer.write(STDOUT, 1, data)
    writer.close()
    assert texts(tmp_path) == [b"a", b"b", b"c"]


def test_the_oldest_segment_goes_first(tmp_path: Path) -> None:
    writer = Writer(str(tmp_path), 256 * KILO)
    begun = [writer.write(STDOUT, number, b"x" * 32 * KILO) for number in range(100)]
    numbers = segment_numbers(str(tmp_path))
    assert begun.count(True) == numbers[-1]
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    assert 192 * KILO <= writer.size <= 256 * KILO
    writer.close()


def test_an_old_folder_is_continued_with_a_new_segment(tmp_path: Path) -> None:
    for text in (b"first\n", b"second\n", b"third\n"):
        writer = Writer(str(tmp_path), PLENTY)
        writer.write(STDOUT, 1, text)
        writer.close()
    assert segment_numbers(str(tmp_path)) == [1, 2, 3]
    assert Writer(str(tmp_path), PLENTY).size == 3 * HEADER.size + 19
    assert texts(tmp_path) == [b"first", b"second", b"third"]


def test_old_segments_count_for_the_quota(tmp_path: Path) -> None:
    first = Writer(str(tmp_path), PLENTY)
    first._limit = 64 * KILO
    fill(first, 20)
    first.close()
    second = Writer(str(tmp_path), 256 * KILO)
    fill(second, 1)
    assert second.size <= 256 * KILO
    second.close()


def test_an_unfinished_line_is_not_joined_to_the_next_run(tmp_path: Path) -> None:
    for text in (b"unfinished", b"next run\n"):
        writer = Writer(str(tmp_path), PLENTY)
        writer.write(STDOUT, 1, text)
        writer.close()
    assert texts(tmp_path) == [b"unfinished", b"next run"]


def test_a_note_ends_unfinished_lines(tmp_path: Path) -> None:
    writer = Writer(str(tmp_path), PLENTY)
    writer.write(STDOUT, 1, b"un")
    writer.write(STDERR, 2, b"other")
    writer.write(STDOUT, 3, b"finished")
    writer.write(NOTE, 4, b"exited with 1")
    writer.write(STDOUT, 5, b"again\n")
    writer.close()
    assert texts(tmp_path) == [b"other", b"unfinished", b"exited with 1", b"again"]
    without = list(lines(Source("web", str(tmp_path)), Query(notes=False)))
    assert [data for _, _, data in without] == [b"other", b"unfinished", b"again"]


def test_a_torn_tail_ends_its_segment_only(tmp_path: Path) -> None:
    for cut in range(1, HEADER.size + 6):
        folder = tmp_path / str(cut)
        writer = Writer(str(folder), PLENTY)
        writer.write(STDOUT, 1, b"whole\n")
        writer.write(STDOUT, 2, b"torn!\n")
        writer.close()
        segment = folder / "00000001.log"
        os.truncate(segment, segment.stat().st_size - cut)
        writer = Writer(str(folder), PLENTY)
        writer.write(STDOUT, 3, b"after\n")
        writer.close()
        assert texts(folder) == [b"whole", b"after"]


def test_zeros_after_a_crash_end_their_segment_only(tmp_path: Path) -> None:
    writer = Writer(str(tmp_path), PLENTY)
    writer.write(STDOUT, 1, b"whole\n")
    writer.close()
    with (tmp_path / "00000001.log").open("ab") as file:
        file.write(bytes(4096))
    writer.write(STDOUT, 3, b"after\n")
    writer.close()
    assert texts(tmp_path) == [b"whole", b"after"]


def test_a_reader_waits_behind_a_torn_tail_for_the_next_segment(tmp_path: Path) -> None:
    writer = Writer(str(tmp_path), PLENTY)
    writer.write(STDOUT, 1, b"whole\n")
    writer.close()
    with (tmp_path / "00000001.log").open("ab") as file:
        file.write(bytes(100))
    reader = Reader(Source("web", str(tmp_path)))
    assert reader.read() == [(1, STDOUT, b"whole\n")]
    assert reader.read() == reader.read() == []
    writer.write(STDOUT, 2, b"after\n")
    assert reader.read() == [(2, STDOUT, b"after\n")]
    writer.close()
    reader.close()


def test_a_removed_folder_is_made_again_with_the_next_segment(tmp_path: Path) -> None:
    folder = tmp_path / "web.0"
    writer = Writer(str(folder), PLENTY)
    fill(writer, 1)
    writer.close()
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    writer.write(STDOUT, 2, b"again\n")
    writer.close()
    assert texts(folder) == [b"again"]


def test_a_folder_that_cannot_be_made_costs_the_bytes_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    writer = Writer(str(tmp_path / "file" / "web.0"), PLENTY)
    writer.write(STDOUT, 1, b"lost\n")
    assert writer.lost == 5
    (tmp_path / "file").unlink()
    writer.write(STDOUT, 2, b"kept\n")
    assert writer.lost == 0
    writer.close()
    assert texts(tmp_path / "file" / "web.0") == [
        b"5 bytes of output lost: Not a directory",
        b"kept",
    ]


def test_marks_lead_to_records(tmp_path: Path) -> None:
    writer = Writer(str(tmp_path), PLENTY)
    for number in range(40_000):
        writer.write(STDOUT, number, b"line %05d of a log\n" % number)
    writer.close()
    source = Source("web", str(tmp_path))
    marks = source.marks(1, PLENTY)
    assert len(marks) == (tmp_path / "00000001.log").stat().st_size // MARK_EVERY
    data = (tmp_path / "00000001.log").read_bytes()
    assert [HEADER.unpack_from(data, offset)[4] for offset, _ in marks] == [m[1] for m in marks]
    assert position_at(source, marks[1][1]) == (1, marks[0][0])
    assert position_at(source, marks[1][1] + 1) == (1, marks[1][0])
    assert position_of_last(source, 10) == (1, marks[-1][0])
    assert [line[0] for line in lines(source, Query(since=39_990))] == list(range(39_990, 40_000))


def test_reading_does_without_marks(tmp_path: Path) -> None:
    writer = Writer(str(tmp_path), PLENTY)
    for number in range(40_000):
        writer.write(STDOUT, number, b"line %05d of a log\n" % number)
    writer.close()
    index = tmp_path / "00000001.idx"
    source = Source("web", str(tmp_path))
    expected = list(lines(source, Query(last=3)))
    assert len(expected) == 3
    for damage in (index.read_bytes()[: MARK.size + 3], bytes(100), b""):
        index.write_bytes(damage)
        assert list(lines(source, Query(last=3))) == expected
        assert list(lines(source, Query(since=39_997))) == expected


def test_the_environment_drops_what_is_oldest_over_all_services(tmp_path: Path) -> None:
    writers = [Writer(str(tmp_path / name), 1024 * KILO) for name in ("old", "young", "quiet")]
    fill(writers[0], 10, time=1_000)
    fill(writers[1], 10, time=2_000)
    writers[2].write(STDOUT, 1, b"a word\n")
    enforce_quota(writers, 500 * KILO)
    assert sum(writer.size for writer in writers) <= 500 * KILO
    assert writers[0].size < writers[1].size
    assert writers[1].size > 320 * KILO
    assert texts(tmp_path / "quiet") == [b"a word"]
    enforce_quota(writers, 20 * KILO)
    assert texts(tmp_path / "quiet") == [b"a word"]
    enforce_quota(writers, 0)
    assert [writer.size for writer in writers] == [0, 0, 0]
    writers[0].write(STDOUT, 1, b"goes on\n")
    assert texts(tmp_path / "old") == [b"goes on"]
    for writer in writers:
        writer.close()


def test_the_keeper_can_import_it_without_a_heavy_module() -> None:
    heavy = ["typing", "enum", "dataclasses", "logging", "asyncio", "re", "collections"]
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parents[2])!r}); "
        f"import devenv.logs.segment; print([m for m in {heavy} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
