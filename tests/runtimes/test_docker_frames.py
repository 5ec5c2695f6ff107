"""An engine's log stream becomes lines of a store, however it is cut and whatever is in it."""

from __future__ import annotations

from itertools import groupby, pairwise
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devenv.runtimes.docker.frames import HEADER, STDERR, STDOUT, Frames
from devenv.runtimes.protocol import Chunk

SECOND = 1_767_225_600_000_000_000
"""2026-01-01T00:00:00Z in nanoseconds."""


def frame(after: int, text: bytes, kind: int = STDOUT) -> bytes:
    """A frame as the engine makes it, so many nanoseconds after the second."""
    body = b"2026-01-01T00:00:00.%09dZ " % after + text
    return HEADER.pack(kind, len(body)) + body


def told(chunks: list[Chunk]) -> list[tuple[int, bytes]]:
    """What each stream said, in its order, whatever the chunks are."""
    return [
        (kind, b"".join(one[2] for one in some)) for kind, some in groupby(chunks, lambda c: c[0])
    ]


def fed(data: bytes, cuts: list[int], *, after: int = 0, by_line: bool = True) -> list[Chunk]:
    frames = Frames(tty=False, after=after)
    found: list[Chunk] = []
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    with patch.object(Frames, "_one_by_line", Frames._one_by_line if by_line else _never):
        for begin, end in pairwise(edges):
            found += frames.feed(data[begin:end])
    return found


def _never(frames: Frames, buffer: bytes) -> None:
    """The way that is for all."""


TEXTS = st.one_of(
    st.binary(max_size=20).map(lambda text: text + b"\n"),
    st.sampled_from([b"x" * 234 + b"\n", b"half", b"", b"\n", frame(1, b"forged\n")]),
)
"""A line of 266 bytes with its time has a newline in the length of its frame."""


@given(
    texts=st.lists(st.tuples(TEXTS, st.sampled_from([STDOUT] * 9 + [STDERR]))),
    usual=st.integers(0, 60),
    cuts=st.lists(st.integers(0, 10_000), max_size=4),
    after=st.integers(-1, 40),
)
def test_lines_in_one_go_are_those_that_come_one_by_one(
    texts: list[tuple[bytes, int]], usual: int, cuts: list[int], after: int
) -> None:
    all_texts = [(b"a line\n", STDOUT)] * usual + texts
    data = b"".join(frame(n * 1000, *one) for n, one in enumerate(all_texts))
    known = SECOND + after * 1000
    quick = fed(data, cuts, after=known)
    slow = fed(data, cuts, after=known, by_line=False)
    assert told(quick) == told(slow)
    assert [one[1] for one in quick[-1:]] == [one[1] for one in slow[-1:]]


def test_lines_of_a_millisecond_are_one_chunk_with_the_time_of_the_last() -> None:
    data = b"".join(frame(n * 100_000, b"%d\n" % n) for n in range(20))
    assert fed(data, []) == [
        Chunk(STDOUT, SECOND + 900_000, b"".join(b"%d\n" % n for n in range(10))),
        Chunk(STDOUT, SECOND + 1_900_000, b"".join(b"%d\n" % n for n in range(10, 20))),
    ]


@pytest.mark.parametrize("by_line", [True, False])
def test_what_is_known_already_is_left_out(*, by_line: bool) -> None:
    data = b"".join(frame(n * 1000, b"%d\n" % n) for n in range(40))
    found = fed(data, [], after=SECOND + 29_000, by_line=by_line)
    assert told(found) == [(STDOUT, b"".join(b"%d\n" % n for n in range(30, 40)))]
