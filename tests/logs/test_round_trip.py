"""What goes in comes out: nothing lost, changed or reordered within a stream."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from devenv.logs.assemble import Line, coalesce, split
from devenv.logs.follow import Follower
from devenv.logs.read import Query, blocks, lines
from devenv.logs.segment import NOTE, STDERR, STDOUT, TERMINAL, Writer
from devenv.logs.source import Source

PLENTY = 1 << 30
some = settings(max_examples=40)
pieces = st.one_of(
    st.binary(min_size=1, max_size=40),
    st.lists(st.sampled_from([b"a", b"\n", b"\r\n", b"\xff", b"longer text"]), min_size=1).map(
        b"".join
    ),
)
chunks = st.lists(st.tuples(st.sampled_from([STDOUT, STDERR, TERMINAL]), pieces), max_size=30)


def stored(folder: str, written: list[tuple[int, bytes]], size: int = 64 * 1024) -> Source:
    writer = Writer(folder, PLENTY)
    writer._limit = size
    for number, (stream, data) in enumerate(written):
        writer.write(stream, number, data)
    writer.close()
    return Source("web", folder)


def of_stream(written: list[tuple[int, bytes]], stream: int) -> list[bytes]:
    data = b"".join(data for of, data in written if of == stream)
    if not data:
        return []
    return data.removesuffix(b"\n").split(b"\n")


def assert_same_but_for_lost_beginnings(read: list[Line], wanted: list[Line]) -> None:
    """Reading may begin within a line."""
    assert [line[:2] for line in read] == [line[:2] for line in wanted]
    assert all(whole[2].endswith(part[2]) for part, whole in zip(read, wanted, strict=True))


@some
@given(written=chunks, size=st.sampled_from([1, 50, 200, 10_000]))
def test_every_line_of_a_stream_comes_back_in_its_order(
    written: list[tuple[int, bytes]], size: int
) -> None:
    with TemporaryDirectory() as folder:
        read = list(lines(stored(folder, written, size)))
        for stream in (STDOUT, STDERR, TERMINAL):
            assert [data for _, of, data in read if of == stream] == of_stream(written, stream)


@some
@given(
    written=st.lists(st.tuples(st.just(STDOUT), pieces), max_size=40),
    size=st.sampled_from([1, 100, 10_000]),
    count=st.integers(0, 30),
)
def test_the_last_lines_are_the_end_of_all_lines(
    written: list[tuple[int, bytes]], size: int, count: int
) -> None:
    with TemporaryDirectory() as folder:
        source = stored(folder, written, size)
        everything = list(lines(source))
        wanted = everything[max(len(everything) - count, 0) :]
        assert_same_but_for_lost_beginnings(list(lines(source, Query(last=count))), wanted)


@some
@given(written=chunks, size=st.sampled_from([1, 100, 10_000]), data=st.data())
def test_a_slice_of_time_is_what_was_ended_then(
    written: list[tuple[int, bytes]], size: int, data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder:
        source = stored(folder, written, size)
        since, until = sorted(data.draw(st.tuples(st.integers(0, 70), st.integers(0, 70))))
        wanted = [line for line in lines(source) if since <= line[0] <= until]
        read = list(lines(source, Query(since=since, until=until)))
        assert_same_but_for_lost_beginnings(read, wanted)


@some
@given(written=chunks, data=st.data())
def test_a_follower_sees_what_a_reader_sees(
    written: list[tuple[int, bytes]], data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder:
        writer = Writer(folder, PLENTY)
        writer._limit = data.draw(st.sampled_from([1, 100, 10_000]))
        source = Source("web", folder)
        follower = Follower([source])
        followed = list(follower.history())
        for number, (stream, chunk) in enumerate(written):
            writer.write(stream, number, chunk)
            if data.draw(st.booleans()):
                followed += follower.poll()
        writer.write(NOTE, len(written), b"ended")
        followed += follower.poll()
        follower.close()
        writer.close()
        assert [line for _, block in followed for line in split(block)] == list(lines(source))


@some
@given(
    written=st.lists(st.tuples(st.just(STDOUT), st.binary(min_size=1, max_size=9_000)), max_size=80)
)
def test_the_quota_takes_the_oldest_and_nothing_else(written: list[tuple[int, bytes]]) -> None:
    written = [*written, (STDOUT, b"\n")]
    with TemporaryDirectory() as folder:
        writer = Writer(folder, 70_000)
        writer._limit = 10_000
        for number, (stream, data) in enumerate(written):
            writer.write(stream, number, data)
        writer.close()
        assert writer.size <= 70_000
        assert writer.size == sum(path.stat().st_size for path in Path(folder).glob("*.log"))
        read = b"".join(data for _, _, data in blocks(Source("web", folder)))
        everything = b"".join(data for _, data in written)
        assert everything.endswith(read)
        assert len(read) >= min(len(everything), 70_000 - 20_000 - 16 * len(written))


def test_joined_blocks_hold_the_same_bytes() -> None:
    blocks = [(1, STDOUT, b"a\n"), (2, STDOUT, b"b\n"), (3, STDERR, b"c\n"), (4, STDOUT, b"d\n")]
    assert coalesce(blocks) == [(1, STDOUT, b"a\nb\n"), (3, STDERR, b"c\n"), (4, STDOUT, b"d\n")]


def test_a_line_of_five_megabytes_is_one_line(tmp_path: Path) -> None:
    long = b"x" * 5_000_000
    data = long + b"\nshort\n"
    written = [(STDOUT, data[at : at + 65_536]) for at in range(0, len(data), 65_536)]
    read = [line for _, _, line in lines(stored(str(tmp_path), written))]
    assert read == [long, b"short"]


def test_a_stream_without_newlines_is_given_in_pieces(tmp_path: Path) -> None:
    written = [(STDOUT, b"x" * 1_000_000)] * 40
    read = [len(line) for _, _, line in lines(stored(str(tmp_path), written, 16 << 20))]
    assert len(read) == 3
    assert sum(read) == 40_000_000


def test_an_empty_or_absent_log_has_no_lines(tmp_path: Path) -> None:
    assert list(lines(Source("web", str(tmp_path)))) == []
    assert list(lines(Source("web", str(tmp_path / "none")), Query(last=5, since=3))) == []
