"""What an engine cannot keep of a container: which start this was, and whether we stopped it.

A container's labels are fixed when it is made, but it is started again and again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Record:
    """``stopped``: when we asked for its end, in seconds since the epoch; 0: we did not.

    ``files``: which files were at the paths that it has mounted alone, when it was started.
    ``unfinished``: what is to come after its start has not been seen to end well.
    """

    generation: int = 0
    attempt: int = 0
    restarts: int = 0
    stopped: float = 0.0
    files: Mapping[str, str] = field(default_factory=dict)
    unfinished: bool = False


DONE = "done"
"""The one key of the file that is no container's."""


class Records:
    """The records of an environment's containers by container id, in memory and in one file.

    Beside them, what was done once and is not to be done again.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._records, self._done = _read(path)

    def get(self, container: str, otherwise: Record) -> Record:
        return self._records.get(container, otherwise)

    def put(self, container: str, record: Record) -> None:
        if self._records.get(container) != record:
            self._records[container] = record
            self._write()

    def is_done(self, what: str, fingerprint: str) -> bool:
        """Tell whether something of this fingerprint was done since the environment came up."""
        return self._done.get(what) == fingerprint

    def note_done(self, what: str, fingerprint: str) -> None:
        self._done[what] = fingerprint
        self._write()

    def forget(self, container: str) -> None:
        if self._records.pop(container, None) is not None:
            self._write()

    def clear(self) -> None:
        self._records.clear()
        self._done.clear()
        with suppress(OSError):
            os.unlink(self._path)

    def _write(self) -> None:
        """A full disk costs what the next daemon would know of the last starts, no more."""
        partial = f"{self._path}.{os.getpid()}"
        records = {key: asdict(record) for key, record in self._records.items()}
        content = json.dumps({**records, DONE: self._done})
        with suppress(OSError):
            os.makedirs(os.path.dirname(self._path), 0o700, exist_ok=True)
            with open(partial, "w", encoding="utf-8") as file:
                file.write(content)
            os.replace(partial, self._path)


def _record(written: Mapping[str, Any]) -> Record:
    """Read a record, without what only another build knows."""
    known = {one.name for one in fields(Record)}
    return Record(**{key: value for key, value in written.items() if key in known})


def _read(path: str) -> tuple[dict[str, Record], dict[str, str]]:
    try:
        with open(path, encoding="utf-8") as file:
            found: dict[str, dict[str, Any]] = json.load(file)
        done: dict[str, str] = found.pop(DONE, {})
        return {key: _record(written) for key, written in found.items()}, done
    except (OSError, ValueError, TypeError, AttributeError):
        return {}, {}
