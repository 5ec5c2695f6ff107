"""Open, count and search a large store of a log as the view does, and print what was found.

`python -m tests.benchmarks.programs.log_store end|count|search|first FOLDER [PATTERN]`
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator

from devenv.logs.document import Document, Lens
from devenv.logs.find import Finder
from devenv.logs.pages import Pages
from devenv.logs.search import Search
from devenv.logs.source import Source

SCREEN = 50


def opened(folder: str) -> Document:
    document = Document(Pages([Source("web", folder)]), Lens())
    document.extend()
    return document


def last_screen(document: Document) -> list[bytes]:
    """Return the last lines, as many as a screen has."""
    place = document.end()
    lines: list[bytes] = []
    while place is not None and len(lines) < SCREEN:
        lines.append(document.shown(place[0]).page.line(place[1])[2])
        place = document.before(place)
    return lines[::-1]


def worked_off(work: Iterator[object]) -> None:
    for _ in work:
        pass


def main(what: str, folder: str, pattern: str = "") -> dict[str, object]:
    document = opened(folder)
    if what in {"end", "count"}:
        lines = last_screen(document)
        if what == "count":
            worked_off(document.survey(document.pages.last))
        return {"last": lines[-1].decode(), "count": document.tally.total}
    begun = time.perf_counter()
    search = Search(document, Finder(pattern))
    if what == "search":
        worked_off(search.survey(document.pages.last))
        return {"seconds": time.perf_counter() - begun, "count": search.total}
    hits = 0
    place = (document.pages.last + 1, 0)
    while hits < SCREEN:
        *_, found = search.before(place)
        if found is None:
            break
        place, hits = found, hits + 1
    return {"seconds": time.perf_counter() - begun, "count": hits}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*sys.argv[1:])))
