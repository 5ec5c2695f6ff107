"""The sync of one service: its sources, a mirror of each in every unit, and what they lead to."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from devenv.errors import DevenvError
from devenv.model.environment import ReplicaId
from devenv.model.sync import SyncRule
from devenv.sync.diff import changes, paths_of
from devenv.sync.guard import Guard, acted, changed
from devenv.sync.link import Link, RefusedError, Stream
from devenv.sync.mirror import Contact, Mirror
from devenv.sync.rules import Prepared, prepare
from devenv.sync.tree import EMPTY, Folder
from devenv.sync.watch.source import Source
from devenv.sync.watch.watcher import Watcher

SPINS = "{} changes each time that it was done"
RETRY = 0.2, 2.0
"""Seconds until a unit that could not be reached is tried again, at first and at most."""


ROOT = "0"


@dataclass(frozen=True, slots=True)
class UnitKey:
    """A unit as it was started. ``container``: what keeps its files over a restart."""

    replica: ReplicaId
    started: float
    container: str


class Hands(Protocol):
    """What a session asks of the world."""

    async def open(self, replica: ReplicaId, user: str) -> Stream:
        """Start a receiver in a unit, as its own user where ``user`` is "". Raises DevenvError."""
        ...

    async def act(self, rule: SyncRule, paths: Sequence[str]) -> None:
        """Do what a rule says when its files have changed and are where they belong."""
        ...

    def note(self, text: str) -> None: ...


class Strand:
    """One rule: its source, the tree at the beginning, and the one that was last acted on.

    ``guard`` keeps a service from spinning that writes into what its rule watches; ``pending``
    are the paths that will be acted on when they are ``due`` (monotonic).
    """

    def __init__(self, prepared: Prepared, watcher: Watcher) -> None:
        self.rule = prepared.rule
        self.way = prepared.way
        self.source = Source(prepared.root, prepared.filter, watcher)
        self.base: Folder | None = None
        self.guard = Guard()
        self.pending: list[str] = []
        self.due = 0.0
        self._acted: Folder | None = None

    def take(self) -> list[str]:
        """Return the paths that have changed since the last call; the first tree is no change."""
        tree = self.source.tree
        if tree is None or not self.source.revision:
            return []
        if self._acted is None:
            self.base = self._acted = tree
        found = [path for change in changes(self._acted, tree) for path in paths_of(change)]
        self._acted = tree
        return found


class Copy:
    """One unit: the link into it, and a mirror for each rule that sends."""

    def __init__(self, key: UnitKey, mirrors: Mapping[Strand, Mirror]) -> None:
        self.key = key
        self.mirrors = mirrors
        self.problem = ""
        self.failures = 0
        self._link: Link | None = None

    async def bring(self, hands: Hands) -> None:
        """Make the unit's files as the sources are. What goes wrong is in ``problem``."""
        try:
            await self._bring(hands)
            self.problem, self.failures = "", 0
        except DevenvError as error:
            self.problem = error.message
            self.failures += 1
            await self.close()

    async def _bring(self, hands: Hands) -> None:
        if not self.is_behind:
            return
        try:
            await self._bring_as(hands, "")
        except RefusedError:  # its own user may not write there
            await self.close()
            await self._bring_as(hands, ROOT)

    async def _bring_as(self, hands: Hands, user: str) -> None:
        if self._link is None:
            self._link = Link(await hands.open(self.key.replica, user))
        for mirror in self.mirrors.values():
            if mirror.revision < mirror.source.revision:
                await mirror.bring(self._link)

    @property
    def is_behind(self) -> bool:
        return any(one.revision < one.source.revision for one in self.mirrors.values())

    async def close(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            with suppress(DevenvError):
                await link.close()


class Session:
    """Runs until cancelled. ``follow`` says which units there are, and wakes it.

    ``born``: what was started before (boottime) was here before this daemon.
    """

    def __init__(
        self, rules: Sequence[SyncRule], watcher: Watcher, hands: Hands, *, born: float
    ) -> None:
        self.strands = [Strand(prepare(rule), watcher) for rule in rules]
        self.copies: dict[ReplicaId, Copy] = {}
        self.paused = False
        self._units: Mapping[ReplicaId, UnitKey] = {}
        self._earlier: dict[ReplicaId, Copy] = {}
        self._done = asyncio.Event()
        self._is_busy = True
        self._hands = hands
        self._born = born
        self._wake = asyncio.Event()

    def follow(self, units: Mapping[ReplicaId, UnitKey]) -> None:
        """Keep a copy in each of these units, and none elsewhere."""
        if units != self._units:
            self._units = units
            self._wake.set()

    def pause(self, *, paused: bool) -> None:
        """Send and do nothing until it is to go on."""
        self.paused = paused
        self._wake.set()

    def accept(self) -> None:
        """Carry over what was halted, and do again what was spinning."""
        for strand in self.strands:
            strand.guard = Guard()
        for copy in self.copies.values():
            for mirror in copy.mirrors.values():
                mirror.accept()
        self._wake.set()

    def reset(self) -> None:
        """Compare everything again."""
        self.accept()
        for copy in self.copies.values():
            for mirror in copy.mirrors.values():
                mirror.reset()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for strand in self.strands:
                group.create_task(strand.source.run())
            for strand in self.strands:
                await strand.source.newer_than(0)
                group.create_task(self._listen(strand.source))
            try:
                while True:
                    await self._turn()
                    await self._rest()
            finally:
                for copy in self.copies.values():
                    await copy.close()

    async def caught_up(self) -> None:
        """Wait until all that was saved before this call is in every unit that can be reached."""
        for strand in self.strands:
            await strand.source.caught_up()
        while self._is_busy or self._wake.is_set() or self._is_behind:
            await self._done.wait()

    @property
    def _is_behind(self) -> bool:
        return not self.paused and any(
            not copy.problem and not mirror.halted and mirror.revision < mirror.source.revision
            for copy in self.copies.values()
            for mirror in copy.mirrors.values()
        )

    async def _listen(self, source: Source) -> None:
        while True:
            await source.newer_than(source.revision)
            self._wake.set()

    async def _rest(self) -> None:
        """Wait for news, or until a unit that could not be reached is to be tried again."""
        failures = [copy.failures for copy in self.copies.values() if copy.problem]
        pauses = [min(RETRY[1], RETRY[0] * 2.0 ** min(failures))] if failures else []
        now = time.monotonic()
        pauses += [max(0.0, one.due - now) for one in self.strands if one.pending]
        pause = min(pauses, default=None)
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await self._wake.wait()

    async def _turn(self) -> None:
        self._is_busy = True
        self._wake.clear()
        if not self.paused:
            await self._work()
        self._is_busy = False
        self._done.set()
        self._done = asyncio.Event()

    async def _work(self) -> None:
        for strand in self.strands:
            if paths := strand.take():
                strand.pending = [*strand.pending, *paths]
                strand.due = time.monotonic() + strand.rule.debounce
        acting = self._due()
        await self._settle_copies()
        await self._act({s: paths for s, paths in acting.items() if s.rule.rebuild})
        await asyncio.gather(*(copy.bring(self._hands) for copy in self.copies.values()))
        await self._act({s: paths for s, paths in acting.items() if not s.rule.rebuild})

    def _due(self) -> dict[Strand, list[str]]:
        """Take what is to be acted on now."""
        now = time.monotonic()
        found = {one: one.pending for one in self.strands if one.pending and one.due <= now}
        for strand in found:
            strand.pending = []
        return found

    async def _settle_copies(self) -> None:
        for replica in [r for r, c in self.copies.items() if self._units.get(r) != c.key]:
            self._earlier[replica] = self.copies.pop(replica)
            await self._earlier[replica].close()
        for replica, key in self._units.items():
            if replica not in self.copies:
                self.copies[replica] = self._copy(key, self._earlier.pop(replica, None))

    def _copy(self, key: UnitKey, before: Copy | None) -> Copy:
        mirrors = {
            strand: Mirror(strand.source, strand.way, self._contact(strand, key, before))
            for strand in self.strands
            if strand.rule.target
        }
        return Copy(key, mirrors)

    def _contact(self, strand: Strand, key: UnitKey, before: Copy | None) -> Contact:
        """What a unit has is only taken for granted where it has just been started."""
        base = strand.base or EMPTY
        if before is not None:
            agreed = before.mirrors[strand].agreed
            if before.key.container == key.container and agreed is not None:
                return Contact(agreed, is_same=True)
            return Contact(base)
        return Contact(base, look=strand.rule.initial or key.started < self._born)

    async def _act(self, acting: Mapping[Strand, Sequence[str]]) -> None:
        for strand, paths in acting.items():
            rule = strand.rule
            if not (rule.rebuild or rule.restart or rule.hooks):
                continue
            strand.guard = changed(strand.guard, strand.source.since)
            if strand.guard.is_spinning:
                self._hands.note(f"{rule.title} is not done any more: {SPINS.format(paths[0])}")
                continue
            try:
                await self._hands.act(rule, paths)
            except DevenvError as error:
                self._hands.note(f"{rule.title} of {rule.source}: {error.message}")
            strand.guard = acted(strand.guard, time.monotonic())
