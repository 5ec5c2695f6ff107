"""Times as people write them."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devenv.errors import UsageError
from devenv.logs.when import parse_time, rfc3339

SECOND = 1_000_000_000
NOW = 1_800_000_000 * SECOND


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "CET-1")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10m", 600),
        ("2h30m", 9_000),
        ("1h1m1s", 3_661),
        ("1w1d", 8 * 86_400),
        ("0s", 0),
        ("1.5s", 1.5),
        ("250ms", 0.25),
        (" 5s ", 5),
    ],
)
def test_a_duration_is_so_long_ago(text: str, seconds: float) -> None:
    assert parse_time(text, NOW) == NOW - int(seconds * SECOND)


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("1700000000", 1_700_000_000 * SECOND),
        ("1700000000.25", 1_700_000_000 * SECOND + SECOND // 4),
        ("2026-01-31T00:00:00Z", 1_769_817_600 * SECOND),
        ("2026-01-31T01:30:00+01:30", 1_769_817_600 * SECOND),
        ("2026-01-31 00:00:00Z", 1_769_817_600 * SECOND),
        ("2026-01-31T00:00:00.123456789Z", 1_769_817_600 * SECOND + 123_456_789),
        ("1969-12-31T23:59:59.5Z", -SECOND // 2),
    ],
)
def test_a_time_is_exact(text: str, nanoseconds: int) -> None:
    assert parse_time(text, NOW) == nanoseconds


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize("text", ["2026-01-31", "2026-01-31T00:00", "2026-01-31 00:00:00"])
def test_a_date_without_a_zone_is_local(text: str) -> None:
    assert parse_time(text, NOW) == (1_769_817_600 - 3_600) * SECOND


def test_a_bare_number_is_seconds_since_1970() -> None:
    assert parse_time("10", NOW) == 10 * SECOND


@pytest.mark.parametrize(
    "text", ["", "yesterdayish", "2026-13-01", "10x", "m", "-5m", "1h-", "9" * 30]
)
def test_anything_else_is_refused_with_examples(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_time(text, NOW)
    assert "2h30m" in caught.value.hint


@given(st.integers(0, 4_000_000_000 * SECOND))
def test_what_is_printed_can_be_given_back(moment: int) -> None:
    assert parse_time(rfc3339(moment), NOW) == moment
