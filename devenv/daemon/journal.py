"""What happened in an environment, numbered: in memory, and in a file for the next daemon."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from devenv.model.snapshot import Event

KEPT = 1000
MAX_BYTES = 1024 * 1024
NOTE, SENT = "note", "sync"
"""The kinds of events that are no states."""


class Journal:
    """The newest events; the files keep up to two times ``MAX_BYTES``, and may be missing.

    It begins with what an earlier daemon wrote.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._events = deque(_read_back((_older(path), path)), maxlen=KEPT)
        self._number = self._events[-1][0] if self._events else 0

    def states(self) -> dict[str, str]:
        """The state that was told last of each replica."""
        return {e.service: e.kind for _, e in self._events if e.kind not in {NOTE, SENT}}

    def note(self, service: str, text: str) -> None:
        """Record something in words, now."""
        self.record([Event(time.time(), service, NOTE, text)])

    def note_sent(self, service: str, text: str) -> None:
        """Record in words which files were sent."""
        self.record([Event(time.time(), service, SENT, text)])

    def record(self, events: list[Event] | tuple[Event, ...]) -> None:
        """Take events in; a disk that is full costs the file's lines only."""
        if not events:
            return
        numbered = list(enumerate(events, self._number + 1))
        self._events += numbered
        self._number += len(numbered)
        with suppress(OSError):
            self._append("".join(_line(number, event) for number, event in numbered))

    def newer_than(self, number: int, limit: int) -> list[tuple[int, Event]]:
        """Return up to ``limit`` of the newest events whose number is over ``number``."""
        newest_first = (item for item in reversed(self._events) if item[0] > number)
        return list(islice(newest_first, limit))[::-1]

    def _append(self, lines: str) -> None:
        if not self._path.parent.is_dir():
            return
        with self._path.open("a", encoding="utf-8") as file:
            file.write(lines)
            full = file.tell() > MAX_BYTES
        if full:
            self._path.replace(_older(self._path))


def _older(path: Path) -> Path:
    """Where the older half lies."""
    return path.with_suffix(".old.jsonl")


def _line(number: int, event: Event) -> str:
    fields = {"at": event.at, "service": event.service, "kind": event.kind, "text": event.text}
    return json.dumps({**fields, "number": number}) + "\n"


def _read_back(paths: tuple[Path, ...]) -> Iterator[tuple[int, Event]]:
    """The newest of what was written, its numbers rising; what is no event is passed over."""
    number = 0
    for line in [line for path in paths for line in _lines(path)][-KEPT:]:
        with suppress(ValueError, KeyError, TypeError):
            found = json.loads(line)
            event = Event(
                float(found["at"]), str(found["service"]), str(found["kind"]), str(found["text"])
            )
            number = max(int(found.get("number", 0)), number + 1)
            yield number, event


def _lines(path: Path) -> list[bytes]:
    try:
        with path.open("rb") as file:
            return file.read(2 * MAX_BYTES).splitlines()
    except OSError:
        return []
