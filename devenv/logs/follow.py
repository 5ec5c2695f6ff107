"""Follow logs while they are written. It never sleeps: the caller polls as often as it likes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from devenv.logs.assemble import Block
from devenv.logs.merge import by_time, window_for
from devenv.logs.read import EVERYTHING, Query, Reader, history
from devenv.logs.source import Source

MOST_AT_ONCE = 4 * 1024 * 1024


class Follower:
    """Follows ``sources``, whose folders and segments may come and go.

    ``query.last`` counts for each source, and for its history only. A poll without news costs
    two system calls for each source.
    """

    def __init__(self, sources: Iterable[Source] = (), query: Query = EVERYTHING) -> None:
        self.behind = False
        """The last poll left something for the next: no need to wait before it."""
        self._query = query
        sources = list(sources)
        window = window_for(len(sources))
        self._readers = [Reader(source, query.start(source), window=window) for source in sources]

    def add(self, source: Source) -> None:
        """Follow one more, from its beginning on."""
        self._readers.append(Reader(source))

    def history(self) -> Iterator[tuple[Source, Block]]:
        """Yield, by time, what there is already; to be read to its end before the first poll."""
        return by_time([(reader.source, history(reader, self._query)) for reader in self._readers])

    def poll(self) -> list[tuple[Source, Block]]:
        """Return the lines that were completed since the last call, by time."""
        self.behind = False
        return list(
            by_time([(reader.source, iter(self._news(reader))) for reader in self._readers])
        )

    def close(self) -> None:
        """Give the descriptors back."""
        for reader in self._readers:
            reader.close()

    def _news(self, reader: Reader) -> list[Block]:
        news: list[Block] = []
        size = 0
        while blocks := reader.read():
            news += self._query.narrow(blocks)
            size += sum(len(block[2]) for block in blocks)
            if size >= MOST_AT_ONCE:
                self.behind = True
                break
        return news
