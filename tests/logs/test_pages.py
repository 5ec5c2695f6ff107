"""Pages against the plain reading of the same store: nothing lost, nothing twice, in order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from devenv.logs.assemble import Line
from devenv.logs.merge import merged
from devenv.logs.pages import Pages
from devenv.logs.read import lines
from devenv.logs.segment import STDOUT, Writer
from devenv.logs.source import Source
from tests.logs.stores import Chunk, Stores, chunks, small_marks, whole_lines

some = settings(max_examples=20)
sizes = st.sampled_from([30, 200, 10_000])
Told = list[tuple[str, Line]]


def page(pages: Pages, number: int) -> Told:
    loaded = pages.load(number)
    return [(loaded.source(line).name, loaded.line(line)) for line in range(len(loaded))]


def everything(pages: Pages, order: Sequence[int] | None = None) -> Told:
    """Load all pages, in this order, and put them one behind the other."""
    numbers = range(pages.first, pages.last + 1)
    loaded = {number: page(pages, number) for number in order or numbers}
    return [line for number in numbers for line in loaded[number]]


def of(source: Source, told: Told) -> list[Line]:
    return [line for name, line in told if name == source.name]


@some
@given(written=chunks, size=sizes, every=sizes, data=st.data())
def test_pages_hold_the_lines_of_each_source_in_whatever_order_they_are_read(
    written: list[Chunk], size: int, every: int, data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder, small_marks(every):
        stores = Stores(folder, segment_size=size)
        stores.write(written)
        stores.close()
        pages = Pages(stores.sources)
        pages.extend()
        order = data.draw(st.permutations(range(pages.first, pages.last + 1)))
        told = everything(pages, order)
        for source in stores.sources:
            assert of(source, told) == list(lines(source))
        assert everything(pages) == told
        pages.close()


@some
@given(written=whole_lines, size=sizes, every=sizes)
def test_pages_of_several_sources_are_in_the_order_of_time(
    written: list[Chunk], size: int, every: int
) -> None:
    with TemporaryDirectory() as folder, small_marks(every):
        stores = Stores(folder, segment_size=size)
        stores.write(written)
        stores.close()
        pages = Pages(stores.sources)
        pages.extend()
        wanted = [(source.name, line) for source, line in merged(stores.sources)]
        assert everything(pages) == wanted
        pages.close()


@some
@given(rounds=st.lists(chunks, max_size=5), size=sizes, every=sizes, data=st.data())
def test_what_comes_later_changes_no_page_but_the_last(
    rounds: list[list[Chunk]], size: int, every: int, data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder, small_marks(every):
        stores = Stores(folder, segment_size=size)
        pages = Pages(stores.sources)
        seen: dict[int, Told] = {}
        for written in rounds:
            stores.write(written)
            assert pages.extend() == bool(written)
            some_numbers = data.draw(st.sets(st.integers(pages.first, pages.last)))
            seen |= {number: page(pages, number) for number in some_numbers - {pages.last}}
        stores.close()
        pages.extend()
        told = everything(pages)
        for source in stores.sources:
            assert of(source, told) == list(lines(source))
        assert seen == {number: page(pages, number) for number in seen}
        pages.close()


@some
@given(rounds=st.lists(whole_lines, max_size=6), size=sizes, every=sizes)
def test_a_line_that_was_seen_keeps_its_place(
    rounds: list[list[Chunk]], size: int, every: int
) -> None:
    with TemporaryDirectory() as folder, small_marks(every):
        stores = Stores(folder, segment_size=size)
        pages = Pages(stores.sources)
        seen: dict[int, Told] = {}
        for written in rounds:
            stores.write(written)
            pages.extend()
            for number, told in seen.items():
                assert page(pages, number)[: len(told)] == told
            seen = {number: page(pages, number) for number in range(pages.first, pages.last + 1)}
        stores.close()
        pages.close()


@some
@given(rounds=st.lists(whole_lines, max_size=6), every=sizes)
def test_what_the_quota_took_has_no_lines_and_the_rest_is_whole(
    rounds: list[list[Chunk]], every: int
) -> None:
    with TemporaryDirectory() as folder, small_marks(every):
        stores = Stores(folder, segment_size=50, quota=400)
        pages = Pages(stores.sources)
        for written in rounds:
            stores.write(written)
            pages.extend()
            told = everything(pages)
            for source in stores.sources:
                left = list(lines(source))
                assert of(source, told) == left
        stores.close()
        pages.close()


def test_what_is_gone_is_forgotten(tmp_path: Path) -> None:
    with small_marks(100):
        writer = Writer(str(tmp_path), 2_000)
        writer._limit = 200
        pages = Pages([Source("web", str(tmp_path))])
        for number in range(1_000):
            writer.write(STDOUT, number, b"line %d\n" % number)
            pages.extend()
        writer.close()
        assert pages.first > 150
        assert pages.last - pages.first < 60
        assert everything(pages)[-1][1][2] == b"line 999"
        pages.close()


def test_a_time_leads_to_its_page(tmp_path: Path) -> None:
    with small_marks(100):
        writer = Writer(str(tmp_path), 1 << 30)
        for number in range(200):
            writer.write(STDOUT, 10 * number, b"line %d\n" % number)
        writer.close()
        pages = Pages([Source("web", str(tmp_path))])
        pages.extend()
        for time in (0, 5, 990, 1_234, 1_990):
            number = pages.at(time)
            page_ = pages.load(number)
            line = page_.since(time)
            if line == len(page_):
                page_, line = pages.load(number + 1), 0
            assert page_.line(line)[0] == -(-time // 10) * 10
        pages.close()


def test_a_record_as_large_as_a_pipe_is_read(tmp_path: Path) -> None:
    writer = Writer(str(tmp_path), 1 << 30)
    lines_ = [b"%06d " % number + b"x" * 90 for number in range(40_000)]
    text = b"".join(line + b"\n" for line in lines_)
    for number, begin in enumerate(range(0, len(text), 1 << 20)):
        writer.write(STDOUT, number, text[begin : begin + (1 << 20)])
    writer.close()
    pages = Pages([Source("web", str(tmp_path))])
    pages.extend()
    assert [line[2] for _, line in everything(pages)] == lines_
    pages.close()
