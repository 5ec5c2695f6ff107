"""The sync of one service: its sources, a mirror of each in every unit, and what they lead to."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from devenv.errors import DevenvError
from devenv.model.environment import ReplicaId
from devenv.model.sync import SyncRule
from devenv.sync.copies import Copies, Copy, Opener, UnitKey
from devenv.sync.guard import acted
from devenv.sync.report import Report, Sent
from devenv.sync.strand import Strand
from devenv.sync.watch.source import Source
from devenv.sync.watch.watcher import Watcher

SPINS = "{} waits until nothing has changed for {:.0f} s: {} changes each time that it was done"


@dataclass(frozen=True, slots=True)
class Hold:
    """Why nothing is sent and nothing done now, and in how many seconds to ask again."""

    reason: str
    again: float


class Hands(Opener, Protocol):
    """What a session asks of the world."""

    def hold(self) -> Hold | None: ...

    def looked(self) -> None:
        """Take in that all sources have been looked at: what is saved from now on is seen."""
        ...

    async def act(self, rule: SyncRule, paths: Sequence[str]) -> None:
        """Do what a rule says when its files have changed and are where they belong."""
        ...

    def note(self, text: str) -> None: ...

    def sent(self, what: Sent) -> None: ...


class Session:
    """Runs until cancelled. ``follow`` says which units there are, and wakes it.

    ``is_over``: it runs no more, which nobody but a bug of ours brings about without being asked.
    ``has_looked``: what is saved from then on is seen.
    ``boottime``: the clock by which units say when they were started.
    """

    def __init__(
        self,
        rules: Sequence[SyncRule],
        watcher: Watcher,
        hands: Hands,
        *,
        boottime: Callable[[], float],
    ) -> None:
        self.strands = [Strand(rule, watcher) for rule in rules]
        self.paused = False
        self.is_over = self.has_looked = False
        self._report = Report()
        self._wake = asyncio.Event()
        self._copies = Copies(self.strands, hands, wake=self._wake.set)
        self._done = asyncio.Event()
        self._is_busy = True
        self._hands = hands
        self._boottime = boottime

    def follow(self, units: Mapping[ReplicaId, UnitKey]) -> None:
        """Keep a copy in each of these units, and none elsewhere."""
        if self._copies.follow(units):
            self._wake.set()

    @property
    def held(self) -> Hold | None:
        """Why nothing may be sent now."""
        return self._hands.hold()

    @property
    def copies(self) -> Mapping[ReplicaId, Copy]:
        return self._copies.now

    def pause(self, *, paused: bool) -> None:
        """Send and do nothing until it is to go on."""
        self.paused = paused
        self._wake.set()

    def accept(self) -> None:
        """Carry over what was halted, and do again what was spinning."""
        for strand in self.strands:
            strand.calm()
        for mirror in self._copies.mirrors:
            mirror.accept()
        self._wake.set()

    def reset(self) -> None:
        """Compare everything again."""
        self.accept()
        for mirror in self._copies.mirrors:
            mirror.reset()

    async def run(self) -> None:
        try:
            await self._run()
        finally:
            self.is_over = True
            self._done.set()

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for strand in self.strands:
                group.create_task(strand.source.run())
            for strand in self.strands:
                await strand.source.newer_than(0)
                group.create_task(self._listen(strand.source))
            self._copies.born = self._boottime()
            self.has_looked = True
            self._hands.looked()
            try:
                while True:
                    await self._turn()
                    await self._rest()
            finally:
                await self._copies.close()

    async def caught_up(self) -> None:
        """Wait until all that was saved before this call is in every unit that can be reached."""
        if self.is_over:
            return
        for strand in self.strands:
            await strand.source.caught_up()
        while not self.is_over and self._is_behind():
            await self._done.wait()

    def _is_behind(self) -> bool:
        if self._is_busy or self._wake.is_set():
            return True
        return not self.paused and self.held is None and self._copies.is_behind

    async def _listen(self, source: Source) -> None:
        while True:
            await source.newer_than(source.revision)
            self._wake.set()

    async def _rest(self) -> None:
        """Wait for news, or until a unit that could not be reached is to be tried again."""
        held, now = self.held, time.monotonic()
        pauses = [] if self._copies.retry is None else [self._copies.retry]
        pauses += [] if held is None else [held.again]
        dues = [one.due for one in self.strands if one.pending]
        dues += [] if self._report.due is None else [self._report.due]
        pauses += [max(0.0, due - now) for due in dues]
        with suppress(TimeoutError):
            async with asyncio.timeout(min(pauses, default=None)):
                await self._wake.wait()

    async def _turn(self) -> None:
        self._is_busy = True
        self._wake.clear()
        is_kept = self.paused or self.held is not None
        for strand in self.strands:
            strand.keep(is_kept=is_kept)
        if not is_kept:
            await self._work()
        self._tell()
        self._is_busy = False
        self._done.set()
        self._done = asyncio.Event()

    async def _work(self) -> None:
        for strand in self.strands:
            if (paths := strand.take()) and strand.put_off(paths):
                pause, path = strand.guard.pause, strand.pending[0]
                self._hands.note(SPINS.format(strand.rule.title, pause, path))
        acting = _due(self.strands)
        await self._copies.settle()
        await _act(self._hands, {s: paths for s, paths in acting.items() if s.rule.rebuild})
        await self._copies.bring()
        await _act(self._hands, {s: paths for s, paths in acting.items() if not s.rule.rebuild})

    def _tell(self) -> None:
        """Say what was sent, unless it was said just now."""
        waiting = self._report.waiting
        for mirror in self._copies.mirrors:
            waiting = waiting.with_more(mirror.target.tally.take())
        self._report = replace(self._report, waiting=waiting)
        now, due = time.monotonic(), self._report.due
        if due is not None and due <= now:
            self._hands.sent(waiting)
            self._report = Report(told=now)


def _due(strands: Sequence[Strand]) -> dict[Strand, list[str]]:
    """Take what is to be acted on now."""
    now = time.monotonic()
    found = {one: one.pending for one in strands if one.pending and one.due <= now}
    for strand in found:
        strand.pending = []
    return found


async def _act(hands: Hands, acting: Mapping[Strand, Sequence[str]]) -> None:
    for strand, paths in acting.items():
        rule = strand.rule
        if not rule.acts:
            continue
        try:
            await hands.act(rule, paths)
            strand.failure = ""
        except DevenvError as error:
            strand.failure = error.message
            hands.note(f"{rule.title} of {rule.source}: {error.message}")
        strand.guard = acted(strand.guard, time.monotonic())
