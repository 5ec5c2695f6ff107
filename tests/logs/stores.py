"""Stores of several services, written in random pieces, with marks and segments close together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from hypothesis import strategies as st

from devenv.logs import pages, segment, track
from devenv.logs.segment import STDERR, STDOUT, Writer
from devenv.logs.source import Source

Chunk = tuple[int, int, bytes]
"""Which service, which stream, what."""

WORDS = [
    b"a",
    b"longer text",
    b"\n",
    b"\n\n",
    b"\r\n",
    b"\xff",
    b"one\ntwo\n",
    b"\tat x\n",
    b"needle",
]
chunks = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from([STDOUT, STDERR]),
        st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(b"".join),
    ),
    max_size=40,
)
whole_lines = chunks.map(lambda some: [(who, what, data + b"\n") for who, what, data in some])


@contextmanager
def small_marks(every: int) -> Iterator[None]:
    """Mark, and cut pages, after so many bytes."""
    with (
        patch.object(segment, "MARK_EVERY", every),
        patch.object(track, "MARK_EVERY", every),
        patch.object(track, "_MANY", 2 * every),
        patch.object(pages, "LARGEST_LAST", every),
        patch.object(pages, "LARGEST", 2 * every),
    ):
        yield


class Stores:
    """Three services that write below ``folder``; time goes on with each chunk."""

    def __init__(self, folder: str, *, segment_size: int, quota: int = 1 << 30) -> None:
        self.writers = [Writer(str(Path(folder) / name), quota) for name in ("api", "db", "web")]
        for writer in self.writers:
            writer._limit = segment_size
        self.sources = [Source(Path(w.folder).name, w.folder) for w in self.writers]
        self.time = 1_000

    def write(self, some: Sequence[Chunk]) -> None:
        for service, stream, data in some:
            self.time += 1
            self.writers[service].write(stream, self.time, data)

    def close(self) -> None:
        """End all lines, and stop."""
        for writer in self.writers:
            for stream in (STDOUT, STDERR):
                if writer._unfinished >> stream & 1:
                    writer.write(stream, self.time + 1, b"\n")
            writer.close()
