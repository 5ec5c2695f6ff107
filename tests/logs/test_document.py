"""What a view shows of a store, against a plain list of all its lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from devenv.logs.document import Document, Lens, Place
from devenv.logs.find import Finder
from devenv.logs.pages import Pages
from devenv.logs.search import Search
from devenv.logs.segment import STDOUT, Writer
from devenv.logs.source import Source
from tests.logs.stores import Chunk, Stores, chunks, small_marks

some = settings(max_examples=20)
lenses = st.builds(
    Lens,
    keep=st.none() | st.sampled_from([Finder("a"), Finder("e+d")]),
    drop=st.none() | st.sampled_from([Finder("long"), Finder("[^x]x")]),
    folds=st.booleans(),
)


def work_off(work: Iterator[object]) -> None:
    for _ in work:
        pass


def all_lines(document: Document) -> list[tuple[Place, bytes]]:
    """Go through a document from its first line to its last."""
    found = []
    place = document.begin()
    while place is not None:
        found.append((place, document.shown(place[0]).page.line(place[1])[2]))
        place = document.after(place)
    return found


def plain_lines(pages: Pages, lens: Lens) -> list[tuple[Place, bytes]]:
    """Do what a lens says the slow way, but for folding."""
    found = []
    for number in range(pages.first, pages.last + 1):
        page = pages.load(number)
        for line in range(len(page)):
            data = page.line(line)[2]
            kept = lens.keep is None or lens.keep.lines(data + b"\n")
            if kept and not (lens.drop and lens.drop.lines(data + b"\n")):
                found.append(((number, line), data))
    return found


@some
@given(written=chunks, lens=lenses, every=st.sampled_from([30, 200, 10_000]))
def test_steps_in_both_directions_meet_every_line_that_is_to_be_shown(
    written: list[Chunk], lens: Lens, every: int
) -> None:
    with TemporaryDirectory() as folder, small_marks(every):
        stores = Stores(folder, segment_size=300)
        stores.write(written)
        stores.close()
        pages = Pages(stores.sources)
        document = Document(pages, lens)
        document.extend()
        work_off(document.survey(pages.last))
        shown = all_lines(document)
        back = []
        place = document.end()
        while place is not None:
            back.append(place)
            place = document.before(place)
        assert back[::-1] == [place for place, _ in shown]
        inside = [
            (number, line)
            for number in range(pages.first, pages.last + 1)
            for lines in document.shown(number).folds.values()
            for line in lines
        ]
        told = plain_lines(pages, lens)
        assert sorted([*inside, *(place for place, _ in shown)]) == [place for place, _ in told]
        assert not (inside and not lens.folds)
        assert document.tally.total == len(shown)
        assert [document.rank(place) for place, _ in shown] == list(range(len(shown)))
        assert [document.ranked(rank) for rank in range(len(shown))] == [p for p, _ in shown]
        pages.close()


@some
@given(
    written=chunks,
    lens=lenses,
    every=st.sampled_from([30, 200]),
    needle=st.sampled_from([b"t", b"aa", b"textneedle", b"aneedlea"]),
)
def test_a_search_counts_and_visits_every_match(
    written: list[Chunk], lens: Lens, every: int, needle: bytes
) -> None:
    with TemporaryDirectory() as folder, small_marks(every):
        stores = Stores(folder, segment_size=300)
        stores.write(written)
        stores.close()
        pages = Pages(stores.sources)
        document = Document(pages, lens)
        document.extend()
        search = Search(document, Finder(needle.decode()))
        wanted = [place for place, data in plain_lines(pages, lens) if needle in data]
        work_off(search.survey(pages.first))
        assert search.is_done
        assert search.total == len(wanted)
        assert [search.rank(place) for place in wanted] == list(range(1, len(wanted) + 1))
        forward, place = [], (pages.first, -1)
        while (found := last_of(search.after(place))) is not None:
            forward.append(found)
            place = found
        back, place = [], (pages.last + 1, 0)
        while (found := last_of(search.before(place))) is not None:
            back.append(found)
            place = found
        assert forward == wanted
        assert back == wanted[::-1]
        pages.close()


def last_of(work: Iterator[Place | None]) -> Place | None:
    return [None, *work][-1]


def store(folder: Path, *lines: bytes) -> tuple[Writer, Document]:
    writer = Writer(str(folder), 1 << 30)
    for number, line in enumerate(lines):
        writer.write(STDOUT, 1_000 * number, line + b"\n")
    document = Document(Pages([Source("web", str(folder))]), Lens())
    document.extend()
    return writer, document


def test_a_trace_is_folded_below_its_first_line(tmp_path: Path) -> None:
    writer, document = store(
        tmp_path,
        *(b"before", b"Traceback (most recent call last):", b'  File "a.py", line 1, in <module>'),
        *(b"    a()", b"ValueError: no", b"after", b"java.lang.Error: x", b"\tat a.B.c(B.java:1)"),
        *(b"\t... 3 more", b"Caused by: y", b"\tat d.E.f(E.java:2)", b"  a list:", b"end"),
    )
    assert [data for _, data in all_lines(document)] == [
        *(b"before", b"Traceback (most recent call last):", b"ValueError: no", b"after"),
        *(b"java.lang.Error: x", b"end"),
    ]
    assert document.shown(0).folds == {1: [2, 3], 6: [7, 8, 9, 10, 11]}
    assert [document.shown(0).head(line) for line in (5, 6, 8)] == [5, 6, 6]
    writer.close()
    document.pages.close()


def test_indented_lines_without_a_frame_are_no_trace(tmp_path: Path) -> None:
    writer, document = store(tmp_path, b"usage:", b"  a  one", b"  b  two", b"done")
    assert len(all_lines(document)) == 4
    writer.close()
    document.pages.close()


def test_a_time_leads_to_the_first_line_that_is_not_older(tmp_path: Path) -> None:
    writer, document = store(tmp_path, *(b"line %d" % number for number in range(100)))
    assert document.at(0) == (0, 0)
    assert document.at(41_500) == (0, 42)
    assert document.at(42_000) == (0, 42)
    assert document.at(10**9) == (0, 99)
    writer.close()
    document.pages.close()


def test_an_empty_store_has_no_lines(tmp_path: Path) -> None:
    document = Document(Pages([Source("web", str(tmp_path / "none"))]), Lens())
    assert not document.extend()
    assert document.begin() is document.end() is document.at(5) is document.ranked(0) is None
    assert document.tally.total >= 0


def test_a_filter_shows_what_comes_later_at_once(tmp_path: Path) -> None:
    writer, document = store(tmp_path, b"one", b"two")
    document = Document(document.pages, Lens(keep=Finder("o$")))
    assert [data for _, data in all_lines(document)] == [b"two"]
    writer.write(STDOUT, 9_000, b"hello\nnothing\n")
    assert document.extend()
    assert [data for _, data in all_lines(document)] == [b"two", b"hello"]
    writer.close()
    document.pages.close()
