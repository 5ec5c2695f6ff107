"""The grammar of a file, from small readers: each turns a value as written into its long form.

A reader raises DevenvError for what it cannot take; tables and lists go on with the next value,
so that all problems of a file are found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from devenv.errors import DevenvError, did_you_mean
from devenv.profile.problems import Problems
from devenv.profile.tree import Path, Table, origin_of

RESET = object()
"""Stands for a value with ``!reset``: it takes away what an earlier file says."""


@dataclass(frozen=True, slots=True)
class Override:
    """A value with ``!override``: it replaces what an earlier file says."""

    value: Any


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a file. Relative paths are relative to ``folder``."""

    tree: Table
    problems: Problems
    folder: str
    path: Path = ()

    def at(self, step: str | int) -> Spot:
        return Spot(self.tree, self.problems, self.folder, (*self.path, step))

    def error(self, error: DevenvError) -> None:
        about = ".".join(str(step) for step in self.path)
        self.problems.add(error, origin_of(self.tree, self.path), about)


Reader = Callable[[Any, Spot], Any]
Keys = Mapping[str, Reader]


def read(reader: Reader, value: Any, spot: Spot) -> Any:
    """Apply a reader; what it refuses becomes a problem at its place, and None."""
    if value is RESET:
        return RESET
    if isinstance(value, Override):
        return Override(read(reader, value.value, spot))
    try:
        return reader(value, spot)
    except DevenvError as error:
        spot.error(error)
        return None


def table(keys: Keys, *, open_: bool = False) -> Reader:
    """A mapping with these keys; others are errors unless ``open_``, and ``x-`` keys left out.

    A key without a value is as if it were not there.
    """

    def reader(value: Any, spot: Spot) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, inner in _mapping(value).items():
            known = keys.get(key)
            if known is not None:
                if inner is not None:
                    found[key] = read(known, inner, spot.at(key))
            elif open_:
                found[key] = inner
            elif not key.startswith("x-"):
                hint = did_you_mean(key, keys) or "remove it, or write it as `x-…`"
                spot.at(key).error(DevenvError("there is no such key", hint))
        return found

    return reader


def mapping(of: Reader) -> Reader:
    """A mapping of any keys; a key without a value stays."""

    def reader(value: Any, spot: Spot) -> dict[str, Any]:
        return {
            key: None if inner is None else read(of, inner, spot.at(key))
            for key, inner in _mapping(value).items()
        }

    return reader


def items(of: Reader) -> Reader:
    def reader(value: Any, spot: Spot) -> list[Any]:
        if not isinstance(value, list):
            raise DevenvError("a list is expected")
        read_items = (read(of, item, spot.at(index)) for index, item in enumerate(value))
        return [item for item in read_items if item is not None]

    return reader


def one_or_many(of: Reader) -> Reader:
    """A list, or the only item of one."""
    many = items(of)

    def reader(value: Any, spot: Spot) -> list[Any]:
        return many(value if isinstance(value, list) else [value], spot)  # type: ignore[no-any-return]

    return reader


def spread(of: Reader) -> Reader:
    """A list each of whose entries may stand for several."""
    many = items(of)

    def reader(value: Any, spot: Spot) -> list[Any]:
        return [one for found in many(value, spot) for one in found]

    return reader


def names_or_table(of: Reader, otherwise: Mapping[str, Any] | None = None) -> Reader:
    """A list of names, or a mapping from them; a name alone has ``otherwise``."""
    full = mapping(of)

    def reader(value: Any, spot: Spot) -> dict[str, Any]:
        if isinstance(value, list):
            value = {_word(name): None if otherwise is None else dict(otherwise) for name in value}
        return full(value, spot)  # type: ignore[no-any-return]

    return reader


def _word(value: Any) -> str:
    if not isinstance(value, str):
        raise DevenvError("a list of names is expected")
    return value


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise DevenvError("a mapping is expected")
    return value
