"""Frames come out as they went in, however the stream is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devenv.api import frames


@given(
    sent=st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=50))),
    cuts=st.lists(st.integers(1, 20)),
)
def test_frames_survive_any_cutting(sent: list[tuple[int, bytes]], cuts: list[int]) -> None:
    stream = b"".join(frames.pack(channel, data) for channel, data in sent)
    splitter = frames.Splitter()
    received = []
    for cut in cuts:
        received += splitter.feed(stream[:cut])
        stream = stream[cut:]
    received += splitter.feed(stream)
    assert received == sent


def test_a_resize_says_columns_and_rows() -> None:
    ((channel, data),) = frames.Splitter().feed(frames.pack_resize(132, 43))
    assert channel == frames.RESIZE
    assert frames.read_resize(data) == (132, 43)


@pytest.mark.parametrize("length", [0, frames.LIMIT + 1, 0xFFFFFFFF])
def test_an_impossible_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="a frame of"):
        frames.Splitter().feed(length.to_bytes(4, "big"))
