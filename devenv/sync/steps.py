"""What a receiver does with a batch when all of it has come, in this order. Pure."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping

from devenv.sync.tree import Entry, Folder, walk

Expected = Callable[[str, Entry], str | None]
"""The stamp that a path is taken to have in the target; None: nobody knows it."""
MANY = 500
"""Files that are looked at in one step."""
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/+,@=:%")
_FORMATS = "%s", "%s:%Y"
"""What tells stat to write a stamp of that many words, as one."""


def word(text: str) -> str:
    """Write a name as one word for the receiver."""
    raw = os.fsencode(text)
    if raw and all(byte in _PLAIN for byte in raw):
        return text
    return "".join(chr(b) if b in _PLAIN else f"\\0{b:03o}" for b in raw)


class Steps:
    """Collects them. What is overwritten or removed is first looked at: is it what was sent?"""

    def __init__(self, expected: Expected) -> None:
        self._expected = expected
        self._had: dict[str, list[tuple[str, str]]] = {}
        self._emptied: list[str] = []
        self._named: dict[str, dict[str, list[str]]] = {
            op: {} for op in ("free", "remove", "tidy", "clear")
        }
        self._placed: dict[str, list[str]] = {}
        self._numbers: dict[str, int] = {}
        self._modes: list[str] = []

    def number(self, folder: str) -> int:
        """The name of a folder within the batch, which is empty so far or has this folder's."""
        return self._numbers.setdefault(folder, len(self._numbers))

    def is_used(self, folder: str) -> bool:
        return folder in self._placed

    def remove(self, path: str, old: Entry) -> None:
        """Remove what was sent; a folder stays where something else is in it."""
        self._remove(path, old, "tidy")

    def place(self, path: str, old: Entry | None, new: Entry) -> None:
        """Move a file, link or whole folder to its place."""
        if old is None:
            self._name("free", path)
        elif isinstance(old, Folder) != isinstance(new, Folder):
            self._remove(path, old, "clear")
        else:
            self._expect(path, old)
        folder, _, name = path.rpartition("/")
        self._placed.setdefault(folder, []).append(name)

    def mode(self, path: str, mode: int) -> None:
        self._modes.append(f"mode {word(path)} {mode:o}")

    def lines(self) -> list[str]:
        """Checks, removals, then what is new: where one fails, none after it is done."""
        named = {op: list(_lines(op, folders)) for op, folders in self._named.items()}
        placed = [
            f"place {word(at or '.')} {self._numbers[at]} {_words(names)}"
            for at, names in self._placed.items()
        ]
        removals = [*self._emptied, *named["remove"], *named["tidy"], *named["clear"]]
        return [*self._checks(), *named["free"], *removals, *placed, *self._modes]

    def _remove(self, path: str, old: Entry, how: str) -> None:
        for below, entry in ((path, old), *walk(old, path)):
            self._expect(below, entry)
        if isinstance(old, Folder):
            self._emptied += _emptied(path, old)
        self._name(how if isinstance(old, Folder) else "remove", path)

    def _name(self, op: str, path: str) -> None:
        folder, _, name = path.rpartition("/")
        self._named[op].setdefault(folder, []).append(name)

    def _expect(self, path: str, old: Entry) -> None:
        stamp = self._expected(path, old)
        if stamp is not None:
            self._had.setdefault(_FORMATS[stamp.count(" ")], []).append((path, stamp))

    def _checks(self) -> Iterator[str]:
        for form, files in self._had.items():
            for begin in range(0, len(files), MANY):
                some = files[begin : begin + MANY]
                stamps = "\n".join(stamp.replace(" ", ":") for _, stamp in some)
                paths = _words(path for path, _ in some)
                yield f"had . {word(form)} {word(stamps)} {paths}"


def _emptied(path: str, folder: Folder) -> Iterator[str]:
    """Remove what is known to be in a folder, and folders that are empty then."""
    inner = {name: one for name, one in folder.entries.items() if isinstance(one, Folder)}
    for name, one in inner.items():
        yield from _emptied(f"{path}/{name}", one)
    if files := folder.entries.keys() - inner.keys():
        yield f"remove {word(path)} {_words(sorted(files))}"
    if inner:
        yield f"tidy {word(path)} {_words(inner)}"


def _lines(op: str, folders: Mapping[str, Iterable[str]]) -> Iterator[str]:
    for at, names in folders.items():
        yield f"{op} {word(at or '.')} {_words(names)}"


def _words(names: Iterable[str]) -> str:
    return " ".join(word(name) for name in names)
