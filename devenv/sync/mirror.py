"""One unit's copy of a source: opened, compared, then kept equal change by change."""

from __future__ import annotations

import asyncio
import posixpath
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from devenv.errors import DevenvError
from devenv.sync.batch import Batch
from devenv.sync.comparing import compared
from devenv.sync.contact import UNMET, Contact, gift
from devenv.sync.contents import doubted
from devenv.sync.deposit import Put, put_all
from devenv.sync.diff import Change, Conflict, changes, outdated
from devenv.sync.ignore import Filter, kept
from devenv.sync.link import INLINE, Link, RefusedError
from devenv.sync.report import Sent
from devenv.sync.safety import halt
from devenv.sync.tree import EMPTY, Edit, Folder, edited, with_modes
from devenv.sync.watch.route import Place

NOT_DELETED = "it is deleted here, and still there: nothing can run in the container now"
REMEMBERED = 200
"""Latencies that the percentiles are made of."""


class Watched(Protocol):
    """The source of a mirror; see ``watch.source.Source``."""

    place: Place
    tree: Folder | None
    revision: int
    since: float
    rule: Filter

    def mark(self, path: str, *, deep: bool, soon: bool = False) -> None: ...


@dataclass(frozen=True, slots=True)
class Way:
    """Where to. ``names``: what a path is called in the source, if not the same."""

    target: str
    names: Mapping[str, str] | None = None

    def of(self, place: Place) -> Way:
        """The way from a folder: of a file, it leads to the folder that the file is to be in."""
        if not place.only:
            return self
        folder, name = posixpath.split(self.target)
        return Way(folder or "/", {name or place.only: place.only})

    def renamed(self, tree: Folder | None) -> Folder | None:
        """The source's tree with the target's names."""
        if tree is None or not self.names:
            return tree
        found = {new: tree.entries.get(old) for new, old in self.names.items()}
        return replace(tree, entries={n: one for n, one in found.items() if one is not None})


class Tally:
    """Counts what was sent, and how long it took from the first event to the acknowledgement."""

    def __init__(self) -> None:
        self.generation = 0
        self.files = 0
        self.bytes = 0
        self.latencies: deque[float] = deque(maxlen=REMEMBERED)
        self._untold = Sent()

    def take(self) -> Sent:
        """What was sent since the last call."""
        found, self._untold = self._untold, Sent()
        return found

    def percentile(self, share: float, *, newest: int = REMEMBERED) -> float | None:
        """Seconds within which a share of the newest batches has arrived; None: there was none."""
        found = sorted(list(self.latencies)[-newest:])
        return found[min(len(found) - 1, int(len(found) * share))] if found else None

    def add(self, batch: Batch, took: float) -> None:
        self.generation += 1
        self.files += batch.files
        self.bytes += batch.bytes
        self.latencies.append(took)
        self._untold = self._untold.with_more(Sent(batch.files, batch.bytes, took))


class Record(Protocol):
    """Where is written down what a target has; see ``ledger.Ledger``."""

    @property
    def is_long(self) -> bool: ...

    def begin(self, tree: Folder) -> None: ...

    def add(self, edits: Sequence[Edit], modes: Mapping[str, int]) -> None: ...


class _Notes:
    """Writes down what a target has, where there is a record of it."""

    def __init__(self, record: Record | None) -> None:
        self._record = record

    async def anew(self, agreed: Folder) -> None:
        if self._record is not None:
            await asyncio.to_thread(self._record.begin, agreed)

    async def add(self, batch: Batch, agreed: Folder) -> None:
        if self._record is None:
            return
        if self._record.is_long:
            await self.anew(agreed)
        elif len(batch) < INLINE:
            self._record.add(batch.edits, batch.modes)
        else:
            await asyncio.to_thread(self._record.add, batch.edits, batch.modes)


class Mirror:
    """``agreed``: what both sides have (None: not compared); ``sending``: the batch on its way."""

    def __init__(
        self,
        source: Watched,
        way: Way,
        contact: Contact = UNMET,
        record: Record | None = None,
    ) -> None:
        self._notes = _Notes(record)
        self._rule: Filter | None = None
        self.source = source
        self.agreed: Folder | None = None
        self.revision = 0
        self.halted = ""  # why it rests
        self.problems: dict[str, str] = {}
        self.conflicts: tuple[Conflict, ...] = ()
        self.tally = Tally()
        self.sending: Batch | None = None
        self.refusals = 0  # in a row: it is to be tried again
        self._to = way
        self._contact = contact
        self._accepted = False

    @property
    def _way(self) -> Way:
        return self._to.of(self.source.place)

    def accept(self) -> None:
        """Carry over what a halt has kept back, and nothing that may be halted later."""
        self.halted, self._accepted = "", bool(self.halted)

    def reset(self) -> None:
        """Compare everything again, and overwrite what the target changed by itself."""
        self.accept()
        self.agreed, self._contact, self.revision = None, UNMET, 0

    def doubt(self) -> None:
        """Look again at what the target has: nobody knows what came to it while it was away."""
        if self.agreed is not None:
            self._contact = self.left
            self.agreed, self.revision, self.refusals = None, 0, 0

    @property
    def left(self) -> Contact:
        """How the next contact begins with what has kept its files."""
        known = self.agreed
        return replace(self._contact, look=True) if known is None else Contact(known, is_same=True)

    async def bring(self, link: Link) -> None:
        """Make the target as the source is now. Raises BrokenError; the rest is in ``problems``."""
        revision, since = self.source.revision, self.source.since
        tree = self._way.renamed(self.source.tree)
        if not revision:
            return
        self._forget_ignored()
        told = self.conflicts
        if tree is not None:
            await link.at(self._way.target)
        if self.agreed is None and tree is not None:
            first = self._contact
            self.agreed = await self._compared(link, tree, first) if first.look else first.known
            await self._notes.anew(self.agreed)
        agreed = self.agreed or EMPTY
        self.halted = "" if self._accepted and tree is not None else halt(agreed, tree)
        self._accepted = False
        if self.halted or tree is None:
            return
        self.problems.clear()
        todo = list(changes(agreed, tree))
        if self.conflicts is told:
            self.conflicts = outdated(told, todo)
        try:
            await self._carry(link, todo, since)
            self.refusals = 0
        except RefusedError:  # it is not as we took it to be: look, then find what is to blame
            self.agreed = await self._compared(link, tree, Contact(agreed, is_same=True))
            await self._carry_or_halve(link, list(changes(self.agreed, tree)), since)
            self.refusals += 1
        self.revision = revision

    def _forget_ignored(self) -> None:
        """What is ignored from now on is left as it is there."""
        if self._way.names or self._rule is self.source.rule:
            return
        self._rule = rule = self.source.rule
        self._contact = replace(self._contact, known=kept(self._contact.known, rule))
        self.agreed = kept(self.agreed, rule) if self.agreed is not None else None

    async def deposit(self, put: Put) -> None:
        """Give a unit in which nothing can run what it lacks; nothing is deleted there."""
        revision = self.source.revision
        tree = self._way.renamed(self.source.tree)
        if not revision or tree is None:
            return
        self.doubt()
        self._forget_ignored()
        given = gift(self._contact, tree)
        self.problems = {change.path: NOT_DELETED for change in given.left}
        way, root = self._way, self.source.place.root
        try:
            await put_all(put, root, given.send, way.target, way.names)
        except (DevenvError, OSError):
            self._contact = replace(self._contact, known=doubted(self._contact.known, given.send))
            raise
        self._contact, self.revision = given.after, revision
        await self._notes.anew(given.after.known)

    async def _compared(self, link: Link, tree: Folder, contact: Contact) -> Folder:
        """Look what the target has of all that the source has, and of what it had."""
        root, names = self.source.place.root, self._way.names or {}
        found = await compared(link, root, names, tree, contact)
        self.conflicts = found.conflicts
        return found.agreed

    async def _carry(self, link: Link, todo: Sequence[Change], since: float) -> None:
        """Send changes. Raises RefusedError."""
        if not todo:
            return
        assert self.agreed is not None
        batch = self.sending = Batch(self.source.place.root, todo, self._way.names)
        try:
            await link.send(batch)
        except (DevenvError, OSError):
            self.agreed = doubted(self.agreed, todo)
            raise
        finally:
            self.sending = None
        self.agreed = edited(with_modes(self.agreed, batch.modes), batch.edits)
        self.tally.add(batch, time.monotonic() - since)
        await self._notes.add(batch, self.agreed)
        self.problems |= batch.unreadable
        for path in batch.unsettled:
            self.source.mark((self._way.names or {}).get(path, path), deep=False)

    async def _carry_or_halve(self, link: Link, todo: Sequence[Change], since: float) -> None:
        try:
            await self._carry(link, todo, since)
        except RefusedError as error:
            if len(todo) == 1:
                self.problems[todo[0].path] = error.message
                return
            middle = len(todo) // 2
            await self._carry_or_halve(link, todo[:middle], since)
            await self._carry_or_halve(link, todo[middle:], since)
