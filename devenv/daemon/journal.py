"""What happened in an environment, numbered: in memory, and in a file for later."""

from __future__ import annotations

import json
import time
from collections import deque
from contextlib import suppress
from itertools import islice
from pathlib import Path

from devenv.model.snapshot import Event

KEPT = 1000
MAX_BYTES = 1024 * 1024


class Journal:
    """The newest events; the file keeps up to two times ``MAX_BYTES``, and may be missing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._events: deque[tuple[int, Event]] = deque(maxlen=KEPT)
        self._number = 0

    def note(self, service: str, text: str) -> None:
        """Record something in words, now."""
        self.record([Event(time.time(), service, "note", text)])

    def note_sent(self, service: str, text: str) -> None:
        """Record in words which files were sent."""
        self.record([Event(time.time(), service, "sync", text)])

    def record(self, events: list[Event] | tuple[Event, ...]) -> None:
        """Take events in; a disk that is full costs the file's lines only."""
        if not events:
            return
        for event in events:
            self._number += 1
            self._events.append((self._number, event))
        with suppress(OSError):
            self._append("".join(_line(event) for event in events))

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
            self._path.replace(self._path.with_suffix(".old.jsonl"))


def _line(event: Event) -> str:
    fields = {"at": event.at, "service": event.service, "kind": event.kind, "text": event.text}
    return json.dumps(fields) + "\n"
