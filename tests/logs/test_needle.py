"""Bytes found by the rarest of them: always where a plain search finds them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from devenv.logs.needle import Needle

ALPHABET = st.sampled_from([b"a", b"b", b"ab", b"aab", b"c", b"\n", b"a" * 700, b"b" * 700])
TEXTS = st.lists(ALPHABET, max_size=20).map(b"".join)
NEEDLES = st.lists(st.sampled_from([b"a", b"b", b"c"]), min_size=1, max_size=4).map(b"".join)


@given(NEEDLES, st.lists(TEXTS, max_size=5))
def test_it_tells_what_a_plain_search_does(data: bytes, texts: list[bytes]) -> None:
    needle = Needle(data)
    assert [needle.is_in(text) for text in texts] == [data in text for text in texts]


def test_a_byte_that_becomes_frequent_hides_nothing() -> None:
    needle = Needle(b"xyz")
    assert not needle.is_in(b"a line\n" * 5000)
    assert needle.is_in(b"z" * 100_000 + b"xyz")
    assert not needle.is_in(b"z" * 100_000 + b"xy")
