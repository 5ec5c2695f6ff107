"""What is known of one unit's copy of a source, and what makes it as the source is."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from devenv.errors import DevenvError
from devenv.sync.batch import Batch
from devenv.sync.comparing import Compared, Side, compared, compared_again
from devenv.sync.contact import Contact
from devenv.sync.contents import begun, doubted
from devenv.sync.diff import Change, Conflict, changes, outdated, unsent
from devenv.sync.ignore import Filter, kept
from devenv.sync.link import ChangedError, Link, RefusedError
from devenv.sync.notes import Notes, Record
from devenv.sync.obstacles import Obstacles, kept_back, obstacle
from devenv.sync.report import Sent
from devenv.sync.restless import WHY, Restless, changed
from devenv.sync.stamps import Stamps
from devenv.sync.tally import Tally
from devenv.sync.tree import EMPTY, Edit, Folder, Odd, edited, with_modes


class Target:
    """``agreed``: what it has of the source (None: not compared); ``sending``: what is on its way.

    ``unsettled``: files that changed while they were sent; ``restless`` those that keep doing so.
    """

    def __init__(self, record: Record | None, assumed: Folder, tally: Tally) -> None:
        self.agreed: Folder | None = None
        self.problems: dict[str, str] = {}
        self.conflicts: tuple[Conflict, ...] = ()
        self.unsettled: list[str] = []
        self.restless: dict[str, Restless] = {}
        self._told: tuple[Conflict, ...] = ()
        self._obstacles: Obstacles = {}
        self.sending: Batch | None = None
        self.tally = tally
        self.notes = Notes(record)
        self._stamps = Stamps(assumed)

    @property
    def known(self) -> Folder:
        return self.agreed or EMPTY

    def forget(self, rule: Filter) -> None:
        """Leave what a rule does not take as it is."""
        if self.agreed is not None:
            self.agreed = kept(self.agreed, rule)

    async def meet(self, link: Link, side: Side, tree: Folder, contact: Contact) -> None:
        """Find out what it has. Raises BrokenError."""
        if contact.look:
            await self._compare(link, side, tree, contact)
        else:
            self.agreed = contact.known
        await self.notes.anew(self.known)

    async def become(self, link: Link, side: Side, tree: Folder) -> bool:
        """Make it as the source is; tell whether something was refused. Raises BrokenError."""
        self.problems.clear()
        self.unsettled.clear()
        if self._obstacles and await _kinds(link, self._obstacles) != self._obstacles:
            await self._compare(link, side, tree, Contact(self.known, is_same=True))
        todo = self._todo(tree)
        if self.conflicts is self._told:  # else they are of the comparison just now
            self.conflicts = outdated(self.conflicts, todo)
        refused = False
        try:
            await self._carry_over(link, side, tree, todo)
        except RefusedError:  # it is not as we took it to be: look, then find what is to blame
            refused = True
            await self._compare(link, side, tree, Contact(self.known, is_same=True))
            await self._carry_or_halve(link, side, self._todo(tree))
        self._told = self.conflicts
        self.problems |= {path: WHY for path, one in self.restless.items() if one.waits}
        return refused or not self.problems.keys().isdisjoint(self._obstacles)

    @property
    def pause(self) -> float | None:
        """Seconds until a file that keeps changing is to be tried again; None: there is none."""
        now = time.monotonic()
        pauses = (max(0.0, one.until - now) for one in self.restless.values() if one.waits)
        return min(pauses, default=None)

    def _todo(self, tree: Folder) -> list[Change]:
        """What differs, but for what keeps changing: the rest must not wait for that."""
        now, found = time.monotonic(), list(changes(self.known, tree))
        self.problems |= {path: why for change in found for path, why in unsent(change)}
        self.problems |= kept_back(found, self._obstacles)
        paths = {change.path for change in found}
        self.restless = {path: one for path, one in self.restless.items() if path in paths}
        return [
            change
            for change in found
            if not isinstance(change.new, Odd)
            and not obstacle(change, self._obstacles)
            and self.restless.get(change.path, Restless()).until <= now
        ]

    async def _compare(self, link: Link, side: Side, tree: Folder, contact: Contact) -> None:
        """Look what it has of all that the source has, and of what it had."""
        found = await compared(link, side, tree, contact, self._stamps)
        self.conflicts, self._obstacles = (), found.obstacles
        await self._take(found)

    async def _take(self, found: Compared) -> None:
        """Take in what was found; what the target keeps of its own is not ours any more."""
        self.agreed = found.agreed
        news = {conflict.path for conflict in found.conflicts}
        before = (one for one in self.conflicts if one.path not in news)
        self.conflicts = (*before, *found.conflicts)
        if found.own:
            await self.notes.add([Edit(path, None) for path in found.own], {}, found.agreed)

    async def _carry_over(
        self, link: Link, side: Side, tree: Folder, todo: Sequence[Change]
    ) -> None:
        """Send changes; where the target has changed something by itself, that is told first."""
        try:
            await self._carry(link, side, todo)
        except ChangedError:
            await self._take(await compared_again(link, side, self.known, todo, self._stamps))
            await self._carry(link, side, self._todo(tree))

    async def _carry(self, link: Link, side: Side, todo: Sequence[Change]) -> None:
        """Send changes. Raises RefusedError."""
        if not todo:
            return
        batch = self.sending = Batch(side.root, todo, side.names, self._stamps.expected)
        if doubts := begun(todo):
            await self.notes.add(doubts, {}, edited(self.known, doubts))
        try:
            await link.send(batch)
        except ChangedError:  # nothing is done
            await self.notes.add([Edit(one.path, None) for one in doubts], {}, self.known)
            raise
        except (DevenvError, OSError):
            self.agreed = doubted(self.known, todo)
            raise
        finally:
            self.sending = None
        self.agreed = edited(with_modes(self.known, batch.modes), batch.edits)
        self.tally.add(Sent(batch.files, batch.bytes, time.monotonic() - side.since))
        self._stamps.carried(todo)
        await self.notes.add(batch.edits, batch.modes, self.agreed)
        self.problems |= batch.unreadable
        self.unsettled += batch.unsettled
        for path in {edit.path for edit in batch.edits} - set(batch.unsettled):
            self.restless.pop(path, None)
        for path in batch.unsettled:
            self.restless[path] = changed(self.restless.get(path), time.monotonic())

    async def _carry_or_halve(self, link: Link, side: Side, todo: Sequence[Change]) -> None:
        try:
            await self._carry(link, side, todo)
        except RefusedError as error:
            if len(todo) == 1:
                self.problems[todo[0].path] = error.message
                return
            middle = len(todo) // 2
            await self._carry_or_halve(link, side, todo[:middle])
            await self._carry_or_halve(link, side, todo[middle:])


async def _kinds(link: Link, paths: Iterable[str]) -> Obstacles:
    return {path: one.kind for path, one in (await link.look(paths)).items()}
