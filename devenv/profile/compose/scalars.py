"""Readers of single values, in the forms that Compose's own resolver gives them."""

from __future__ import annotations

import posixpath
import re
from typing import Any

from devenv.errors import DevenvError
from devenv.profile import fields
from devenv.profile.compose.shape import Reader, Spot

_TRUE = frozenset({"true", "y", "yes", "on", "1", "t"})
_FALSE = frozenset({"false", "n", "no", "off", "0", "f"})
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgtp]?)i?b?", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_URL = re.compile(r"(?:[a-z+]+://|git@|github\.com/)", re.IGNORECASE)
WINDOWS = re.compile(r"[A-Za-z]:[\\/]")
"""How an absolute path of Windows begins."""


def anything(value: Any, spot: Spot) -> Any:
    return value


def string(value: Any, spot: Spot) -> str:
    if not isinstance(value, str):
        raise DevenvError("a string is expected", "quote it")
    return value


def scalar(value: Any, spot: Spot) -> str:
    """A string, number or truth value, as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise DevenvError("a string or a number is expected")


def one_of(*words: str) -> Reader:
    def reader(value: Any, spot: Spot) -> str:
        if value not in words:
            raise DevenvError(f"`{value}` is none of {', '.join(words)}")
        return str(value)

    return reader


def boolean(value: Any, spot: Spot) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).lower()
    if isinstance(value, str) and word in _TRUE | _FALSE:
        return word in _TRUE
    raise DevenvError("true or false is expected")


def integer(value: Any, spot: Spot) -> int:
    try:
        if isinstance(value, bool):
            raise ValueError
        return int(str(value), 0) if not str(value).startswith("0") or value == 0 else int(value)
    except ValueError as error:
        raise DevenvError("a whole number is expected") from error


def number(value: Any, spot: Spot) -> int | float:
    try:
        found = float(str(value))
    except ValueError as error:
        raise DevenvError("a number is expected") from error
    return int(found) if found.is_integer() else found


def size(value: Any, spot: Spot) -> str:
    """``64m`` → ``67108864``."""
    text = str(value).strip()
    if text in ("-1", "0"):
        return text
    match = _SIZE.fullmatch(text)
    if match is None or isinstance(value, bool):
        raise DevenvError(f"`{value}` is not a size", "write one like 512k, 64m or 2g")
    return str(int(float(match[1]) * 1024 ** _POWERS[match[2].lower()]))


def duration(value: Any, spot: Spot) -> str:
    """``90s`` → ``1m30s``, as Go writes a time.Duration."""
    text = str(value)
    nanoseconds = round(fields.duration(text.lstrip("+-")) * 1e9)
    return go_duration(nanoseconds)


def go_duration(nanoseconds: int) -> str:
    if nanoseconds == 0:
        return "0s"
    if nanoseconds < 1_000_000_000:
        for unit, name in ((1_000_000, "ms"), (1000, "µs"), (1, "ns")):
            if nanoseconds >= unit:
                return f"{_decimal(nanoseconds, unit)}{name}"
    hours, rest = divmod(nanoseconds, 3_600_000_000_000)
    minutes, rest = divmod(rest, 60_000_000_000)
    text = f"{hours}h" if hours else ""
    text += f"{minutes}m" if hours or minutes else ""
    return f"{text}{_decimal(rest, 1_000_000_000)}s"


def _decimal(value: int, unit: int) -> str:
    whole, rest = divmod(value, unit)
    digits = str(rest).rjust(len(str(unit)) - 1, "0").rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)


def command(value: Any, spot: Spot) -> list[str]:
    """A list of words, or a line that is split as a shell would split it."""
    if isinstance(value, list):
        return [scalar(word, spot) for word in value]
    return list(fields.words(string(value, spot)))


def path(value: Any, spot: Spot) -> str:
    return absolute(string(value, spot), spot.folder)


def context(value: Any, spot: Spot) -> str:
    """A folder, or something elsewhere that is left as it is."""
    text = string(value, spot)
    return text if is_remote(text) or ":" in text.split("/")[0] else absolute(text, spot.folder)


def is_remote(text: str) -> bool:
    return _URL.match(text) is not None


def absolute(text: str, folder: str) -> str:
    if not text or text.startswith(("/", "~")) or WINDOWS.match(text):
        return text
    return posixpath.normpath(posixpath.join(folder, text))


def pairs(value: Any, spot: Spot) -> dict[str, str | None]:
    """A mapping, or a list of ``NAME=VALUE``; a name alone has None."""
    if isinstance(value, list):
        split = (scalar(item, spot).partition("=") for item in value)
        return {name: text if equals else None for name, equals, text in split}
    if not isinstance(value, dict):
        raise DevenvError("a mapping is expected, or a list of `NAME=VALUE`")
    return {name: None if one is None else _flag(one, spot.at(name)) for name, one in value.items()}


def _flag(value: Any, spot: Spot) -> Any:
    from devenv.profile.compose.shape import read

    return read(scalar, value, spot)


def labels(value: Any, spot: Spot) -> dict[str, str]:
    """Like ``pairs``; a name alone has an empty value."""
    found = pairs(value, spot)
    return {name: "" if text is None else text for name, text in found.items()}


def hosts(value: Any, spot: Spot) -> list[str]:
    """``name:address``, ``name=address`` or a mapping, as ``name=address``."""
    if isinstance(value, dict):
        many = ((name, one if isinstance(one, list) else [one]) for name, one in value.items())
        found = [f"{name}={_bare(scalar(one, spot))}" for name, ones in many for one in ones]
    elif isinstance(value, list):
        found = [_host(string(one, spot)) for one in value]
    else:
        raise DevenvError("a mapping is expected, or a list of `NAME:ADDRESS`")
    return sorted(found, key=lambda host: host.partition("=")[0])


def _host(text: str) -> str:
    separator = "=" if "=" in text else ":"
    name, found, address = text.partition(separator)
    if not found or not address:
        raise DevenvError(f"`{text}` is not `NAME:ADDRESS`")
    return f"{name}={_bare(address)}"


def _bare(address: str) -> str:
    return address[1:-1] if address.startswith("[") and address.endswith("]") else address
