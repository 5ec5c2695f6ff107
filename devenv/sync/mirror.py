"""One unit's copy of a source: opened, compared, then kept equal change by change."""

from __future__ import annotations

import posixpath
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from devenv.errors import DevenvError
from devenv.sync.comparing import Side
from devenv.sync.contact import UNMET, Contact, gift
from devenv.sync.contents import doubted
from devenv.sync.deposit import Put, put_all
from devenv.sync.diff import news
from devenv.sync.ignore import Filter, kept
from devenv.sync.link import Link
from devenv.sync.notes import Record
from devenv.sync.report import Sent
from devenv.sync.safety import halt
from devenv.sync.tally import Tally
from devenv.sync.target import Target
from devenv.sync.tree import Folder
from devenv.sync.watch.coalesce import Phase
from devenv.sync.watch.route import Place

NOT_DELETED = "it is deleted here, and still there: nothing can run in the container now"


class Watched(Protocol):
    """The source of a mirror; see ``watch.source.Source``."""

    place: Place
    tree: Folder | None
    revision: int
    since: float
    free: float
    rule: Filter

    def mark(self, path: str, *, deep: bool, phase: Phase = Phase.CHANGED) -> None: ...


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
        """The source's tree with the target's names; None: there is no such folder or file."""
        if tree is None or not self.names:
            return tree
        found = {new: tree.entries.get(old) for new, old in self.names.items()}
        there = {name: one for name, one in found.items() if one is not None}
        return replace(tree, entries=there) if there else None


class Mirror:
    """``target`` is what is known of the copy, ``halted`` why it rests.

    ``refusals`` counts how often in a row something was refused: it is to be tried again.
    ``tally``: the counts to go on from, of the copy in whose place this one is.
    """

    def __init__(
        self,
        source: Watched,
        way: Way,
        contact: Contact = UNMET,
        record: Record | None = None,
        tally: Tally | None = None,
    ) -> None:
        self.source = source
        self.target = Target(record, contact.known, tally or Tally())
        self.revision = 0
        self.halted = ""
        self.refusals = 0
        self._rule: Filter | None = None
        self._to = way
        self._contact = contact
        self._accepted = False
        self._begun = time.monotonic()
        self._counted = 0, 0
        """A revision of the source, and how many files waited of it."""

    @property
    def _way(self) -> Way:
        return self._to.of(self.source.place)

    @property
    def _since(self) -> float:
        """When what is to be sent could be sent at the earliest (monotonic)."""
        return max(self.source.since, self.source.free, self._begun)

    def accept(self) -> None:
        """Carry over what a halt has kept back, and nothing that may be halted later."""
        self.halted, self._accepted = "", bool(self.halted)

    def reset(self) -> None:
        """Compare everything again, and overwrite what the target changed by itself."""
        self.accept()
        self.target.agreed, self._contact, self.revision = None, UNMET, 0
        self._begun = time.monotonic()

    def doubt(self) -> None:
        """Look again at what the target has: nobody knows what came to it while it was away."""
        if self.target.agreed is not None:
            self._contact = self.left
            self.target.agreed, self.revision, self.refusals = None, 0, 0

    @property
    def waiting(self) -> int:
        """How many files are not there as the source has them now."""
        revision, tree = self.source.revision, self._way.renamed(self.source.tree)
        if self.revision >= revision or tree is None:
            return 0
        if self._counted[0] != revision:
            known = self._contact.known if self.target.agreed is None else self.target.agreed
            self._counted = revision, sum(1 for _ in news(known, tree))
        return self._counted[1]

    @property
    def left(self) -> Contact:
        """How the next contact begins with what has kept its files."""
        known = self.target.agreed
        return replace(self._contact, look=True) if known is None else Contact(known, is_same=True)

    async def bring(self, link: Link) -> None:
        """Make the target as the source is now. Raises BrokenError; the rest is in ``target``."""
        revision = self.source.revision
        since = self._since
        tree = self._way.renamed(self.source.tree)
        if not revision:
            return
        self._forget_ignored()
        target, side = self.target, Side(self.source.place.root, self._way.names or {}, since)
        if tree is not None:
            await link.at(self._way.target)
            if target.agreed is None:
                await target.meet(link, side, tree, self._contact)
        self.halted = "" if self._accepted and tree is not None else halt(target.known, tree)
        self._accepted = False
        if self.halted or tree is None:
            return
        refused = await target.become(link, side, tree)
        for path in target.unsettled:
            self.source.mark(side.names.get(path, path), deep=False)
        self.refusals = self.refusals + 1 if refused else 0
        self.revision = revision

    def _forget_ignored(self) -> None:
        """What is ignored from now on is left as it is there."""
        if self._way.names or self._rule is self.source.rule:
            return
        self._rule = rule = self.source.rule
        self._contact = replace(self._contact, known=kept(self._contact.known, rule))
        self.target.forget(rule)

    async def deposit(self, put: Put) -> None:
        """Give a unit in which nothing can run what it lacks; nothing is deleted there."""
        revision, since = self.source.revision, self._since
        tree = self._way.renamed(self.source.tree)
        if not revision:
            return
        self.halted = halt(self._contact.known, None) if tree is None else ""
        if tree is None:
            return
        self.doubt()
        self._forget_ignored()
        given = gift(self._contact, tree)
        self.target.problems = {change.path: NOT_DELETED for change in given.left}
        way, root = self._way, self.source.place.root
        try:
            sent = await put_all(put, root, given.send, way.target, way.names)
        except (DevenvError, OSError):
            self._contact = replace(self._contact, known=doubted(self._contact.known, given.send))
            raise
        if sent != Sent():
            self.target.tally.add(replace(sent, seconds=time.monotonic() - since))
        self._contact, self.revision = given.after, revision
        await self.target.notes.anew(given.after.known)
