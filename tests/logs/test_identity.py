"""A line is known again among other sources, however pages are cut."""

from __future__ import annotations

from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from devenv.logs.document import Document, Lens, Place
from devenv.logs.find import Finder
from devenv.logs.identity import LineId, find, identify, passes, shown_from, shown_until
from devenv.logs.pages import Pages
from devenv.logs.segment import STDOUT
from devenv.logs.source import Source
from tests.logs.stores import Chunk, Stores, small_marks, whole_lines
from tests.logs.test_document import all_lines, some, work_off


def document_of(*sources: Source, lens: Lens = Lens(folds=False)) -> Document:  # noqa: B008 - frozen
    document = Document(Pages(sources), lens)
    document.extend()
    work_off(document.survey(0))
    return document


def identities(document: Document) -> dict[Place, LineId | None]:
    return {place: identify(document, place) for place, _ in all_lines(document)}


@some
@given(written=whole_lines, every=st.sampled_from([30, 200, 10_000]))
def test_a_line_is_the_same_among_all_sources_and_alone(written: list[Chunk], every: int) -> None:
    with TemporaryDirectory() as folder, small_marks(every):
        stores = Stores(folder, segment_size=300)
        for number, chunk in enumerate(written):
            stores.time -= number % 3 > 0  # several are written at one moment
            stores.write([chunk])
        stores.close()
        merged = document_of(*stores.sources)
        known = identities(merged)
        assert None not in known.values()
        assert len(set(known.values())) == len(known)
        texts = {known[place]: data for place, data in all_lines(merged)}
        alone: dict[LineId | None, bytes] = {}
        for source in stores.sources:
            own = document_of(source)
            told = identities(own)
            alone |= {told[place]: data for place, data in all_lines(own)}
            assert all(find(merged, line) for line in told.values() if line)
            own.pages.close()
        assert alone == texts
        assert {place: find(merged, line) for place, line in known.items() if line} == {
            place: place for place in known
        }
        merged.pages.close()


def test_what_is_not_shown_has_a_line_before_and_behind_it() -> None:
    with TemporaryDirectory() as folder:
        stores = Stores(folder, segment_size=300)
        stores.write([(who, STDOUT, b"%d\n" % number) for number, who in enumerate((0, 1, 0, 1))])
        stores.close()
        whole, api = document_of(*stores.sources), document_of(stores.sources[0])
        first_of_db = identify(whole, (0, 1))
        assert first_of_db is not None
        assert find(api, first_of_db) is None
        assert (shown_until(api, first_of_db), shown_from(api, first_of_db)) == ((0, 0), (0, 1))
        only_threes = document_of(*stores.sources, lens=Lens(keep=Finder("3")))
        place = find(only_threes, first_of_db)
        assert place == (0, 1)
        assert not passes(only_threes, place)
        assert shown_from(only_threes, first_of_db) == (0, 3)
        for document in (whole, api, only_threes):
            document.pages.close()
