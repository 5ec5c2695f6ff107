"""What a target has, written down where there is a record of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

from devenv.sync.link import INLINE
from devenv.sync.tree import Edit, Folder, count_files


class Record(Protocol):
    """Where is written down what a target has; see ``ledger.Ledger``."""

    @property
    def is_long(self) -> bool: ...

    def begin(self, tree: Folder) -> None: ...

    def add(self, edits: Sequence[Edit], modes: Mapping[str, int]) -> None: ...


class Notes:
    """``record`` is None where nothing is kept over the daemon's death."""

    def __init__(self, record: Record | None) -> None:
        self._record = record

    async def anew(self, agreed: Folder) -> None:
        if self._record is not None:
            await asyncio.to_thread(self._record.begin, agreed)

    async def add(self, edits: Sequence[Edit], modes: Mapping[str, int], agreed: Folder) -> None:
        if self._record is None or not (edits or modes):
            return
        if self._record.is_long:
            await self.anew(agreed)
        elif sum(1 + count_files(edit.entry) for edit in edits) < INLINE:
            self._record.add(edits, modes)
        else:
            await asyncio.to_thread(self._record.add, edits, modes)
