"""How many lines there are, before all of them are counted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devenv.logs.document import Document, Lens
from devenv.logs.pages import Pages
from devenv.logs.segment import STDOUT, Writer
from devenv.logs.source import Source

LINE = b"a line that is as long as all the others of it are\n"


class Written:
    def __init__(self, folder: Path) -> None:
        self.writer = Writer(str(folder / "web"), 1 << 30)
        self.pages = Pages([Source("web", str(folder / "web"))])
        self.document = Document(self.pages, Lens())
        self.count = 0

    def write(self, count: int) -> None:
        for _ in range(count):
            self.count += 1
            self.writer.write(STDOUT, self.count, LINE)
        self.document.extend()

    def counted(self) -> None:
        for _ in self.document.survey(self.pages.last):
            pass
        assert self.document.tally.total == self.count


@contextmanager
def written(folder: Path) -> Iterator[Written]:
    found = Written(folder)
    yield found
    found.writer.close()
    found.pages.close()


def test_a_last_page_that_has_few_lines_is_not_taken_for_a_full_one(tmp_path: Path) -> None:
    with written(tmp_path) as log:
        log.write(60_000)
        log.counted()
        log.write(100)
        assert abs(log.document.tally.total - log.count) < 500


def test_what_comes_makes_no_total_smaller(tmp_path: Path) -> None:
    with written(tmp_path) as log:
        log.write(60_000)
        log.counted()
        for _ in range(50):
            before = log.document.tally.total
            log.write(200)
            assert before <= log.document.tally.total
            log.counted()


def test_it_is_known_from_which_page_on_all_is_counted(tmp_path: Path) -> None:
    with written(tmp_path) as log:
        log.write(60_000)
        tally = log.document.tally
        assert log.document.end() is not None
        assert tally.is_done_from(log.pages.last)
        assert not tally.is_done_from(log.pages.first)
        log.write(1)
        assert not tally.is_done_from(log.pages.last)
