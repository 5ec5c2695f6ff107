"""Times as people write and read them; inside they are nanoseconds since the epoch."""

from __future__ import annotations

import re
from functools import lru_cache
from time import gmtime, localtime, strftime

from devenv.errors import UsageError

_SECOND = 1_000_000_000
_UNITS = {
    "w": 7 * 86_400 * _SECOND,
    "d": 86_400 * _SECOND,
    "h": 3_600 * _SECOND,
    "m": 60 * _SECOND,
    "s": _SECOND,
    "ms": 1_000_000,
    "us": 1_000,
    "ns": 1,
}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|us|ns|[wdhms])")
_DURATION = re.compile(rf"(?:{_PART.pattern})+")
_EPOCH = re.compile(r"(\d{1,11})(?:\.(\d{1,9}))?")
_TIME_OF_DAY = re.compile(r"\d{1,2}:\d\d(?::\d\d(?:[.,]\d{1,9})?)?")
_FRACTION = re.compile(r"(?<=:\d\d)[.,](\d{1,9})")


def parse_time(text: str, now: int) -> int:
    """Read ``10m`` or ``2h30m`` (so long before ``now``), an RFC 3339 date or time, or seconds.

    A date or time without a zone is local. Raises UsageError.
    """
    text = text.strip()
    if _DURATION.fullmatch(text):
        return now - sum(_nanoseconds(*part.groups()) for part in _PART.finditer(text))
    if epoch := _EPOCH.fullmatch(text):
        return int(epoch[1]) * _SECOND + _fraction(epoch[2])
    return _parse_date(text)


def parse_moment(text: str, now: int) -> int:
    """Read a time of day too, which was at most a day ago; else what ``parse_time`` reads."""
    if not _TIME_OF_DAY.fullmatch(text.strip()):
        return parse_time(text, now)
    hours, _, rest = text.strip().partition(":")
    for date in (now, now - _UNITS["d"]):
        day = strftime("%Y-%m-%d", localtime(date // _SECOND))
        moment = _parse_date(f"{day}T{hours:0>2}:{rest}", typed=text)
        if moment <= now:
            break
    return moment


def rfc3339(time_ns: int) -> str:
    """Write a time in UTC with all its nanoseconds."""
    seconds, rest = divmod(time_ns, _SECOND)
    return f"{_second(seconds)}.{rest:09}Z"


@lru_cache(maxsize=16)
def _second(seconds: int) -> str:
    return strftime("%Y-%m-%dT%H:%M:%S", gmtime(seconds))


def _parse_date(text: str, typed: str = "") -> int:
    from datetime import UTC, datetime, timedelta

    fraction = _FRACTION.search(text)
    if fraction:
        text = text.replace(fraction[0], "", 1)
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        hint = "for example 10m, 2h30m, 2026-01-31, 2026-01-31T09:30:00Z, or seconds since 1970"
        raise UsageError(f"not a time: {typed or text!r}", hint) from error
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    seconds = (moment - epoch) // timedelta(seconds=1)
    return seconds * _SECOND + (_fraction(fraction[1]) if fraction else 0)


def _nanoseconds(number: str, unit: str) -> int:
    whole, _, fraction = number.partition(".")
    scale = _UNITS[unit]
    return int(whole) * scale + (int(fraction) * scale // 10 ** len(fraction) if fraction else 0)


def _fraction(digits: str | None) -> int:
    return int((digits or "").ljust(9, "0"))
