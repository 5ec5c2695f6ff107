"""The units of a service, each with a link into it and a mirror of every source."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from devenv.errors import DevenvError
from devenv.model.environment import ReplicaId
from devenv.model.sync import SyncRule
from devenv.sync.contact import Contact
from devenv.sync.ledger import Ledger
from devenv.sync.link import Link, RefusedError, Stream
from devenv.sync.mirror import Mirror
from devenv.sync.strand import Strand
from devenv.sync.tree import EMPTY

RETRY = 0.2, 2.0
"""Seconds until a unit that could not be reached is tried again, at first and at most."""
FAR = 5.0
"""The same, at most, where no engine of this machine is asked: a try costs others more."""
REFUSED = 30.0
"""The same, at most, for what a unit refuses: each try may send it all again."""
STALL = 5.0
"""Seconds in which nothing moves to or from a unit that others do not wait for any longer."""
MANY = 10
"""Failures after which the pause does not grow any more."""
ROOT = "0"
LACKS = "not found in $PATH", "the image has no "
"""What an engine says where an image has no ``sh``, and a receiver where it has no tool."""


@dataclass(frozen=True, slots=True)
class UnitKey:
    """A unit as it was started. ``container``: what keeps its files over a restart.

    ``runs`` is False for one that has ended: it may be started again. ``name``: what its users call
    it, where the replica does not say it.
    """

    replica: ReplicaId
    started: float
    container: str
    runs: bool = True
    name: str = ""


class Opener(Protocol):
    """The way into units, and where is written down what they have.

    ``has_engine``: one helps where a receiver cannot, as root or by what it puts there itself.
    """

    has_engine: bool

    def ledger(self, key: UnitKey, rule: SyncRule) -> Ledger: ...

    async def open(self, replica: ReplicaId, user: str) -> Stream:
        """Start a receiver in a unit, as its own user where ``user`` is "". Raises DevenvError."""
        ...

    async def put(self, replica: ReplicaId, data: bytes) -> None:
        """Unpack an archive at "/" of a unit that need not run. Raises DevenvError."""
        ...

    async def filled(self, replica: ReplicaId, rule: SyncRule) -> None:
        """Take in that a unit has what it lacked of a rule at the first contact. DevenvError."""
        ...


class Copy:
    """One unit: the link into it, and a mirror for each rule that sends.

    ``lack``: why no receiver can run in it; an engine brings its files then.
    """

    def __init__(self, key: UnitKey, mirrors: Mapping[Strand, Mirror]) -> None:
        self.key = key
        self.mirrors = mirrors
        self.problem = ""
        self.failures = 0
        self._link: Link | None = None
        self._unmet = {strand: one.target.tally.generation for strand, one in mirrors.items()}
        self.lack = ""

    async def bring(self, opener: Opener) -> None:
        """Make the unit's files as the sources are. What goes wrong is in ``problem``."""
        try:
            await self._bring(opener)
            self.problem, self.failures = "", 0
        except DevenvError as error:
            await self._failed(error.message)
        except OSError as error:  # of the source: it may just be moved
            await self._failed(f"{error.filename or 'the source'}: {error.strerror}")

    async def _failed(self, problem: str) -> None:
        self.problem = problem
        self.failures += 1
        await self.close()

    async def _bring(self, opener: Opener) -> None:
        if not self.is_behind:
            return
        if not self.key.runs or self.lack:
            await self._deposit(opener)
            return
        try:
            await self._bring_as(opener, "")
        except RefusedError as error:
            await self.close()
            if any(text in error.message for text in LACKS):
                self.lack = _lack(error.message, opener)
                await self._deposit(opener)
            elif opener.has_engine:
                await self._bring_as(opener, ROOT)  # its own user may not write there
            else:
                raise

    async def _deposit(self, opener: Opener) -> None:
        if not opener.has_engine:
            raise DevenvError(self.lack)
        for mirror in self.mirrors.values():
            if mirror.revision < mirror.source.revision:
                await mirror.deposit(partial(opener.put, self.key.replica))

    async def _bring_as(self, opener: Opener, user: str) -> None:
        if self._link is None:
            self._link = Link(await opener.open(self.key.replica, user))
            for mirror in self.mirrors.values():
                mirror.doubt()
        refused: RefusedError | None = None
        for strand, mirror in self.mirrors.items():
            if _is_due(mirror):
                try:
                    await mirror.bring(self._link)
                    await self._meet(strand, opener)
                except RefusedError as error:  # another rule may well be possible
                    refused = refused or error
        if refused is not None:
            raise refused

    async def _meet(self, strand: Strand, opener: Opener) -> None:
        """Say so when the first contact has found something to send."""
        sent = self.mirrors[strand].target.tally.generation
        if sent > self._unmet.pop(strand, sent):
            await opener.filled(self.key.replica, strand.rule)

    @property
    def is_behind(self) -> bool:
        return any(_is_due(mirror) for mirror in self.mirrors.values())

    @property
    def moved(self) -> int:
        """Bytes to and from the receiver that runs now."""
        return self._link.moved if self._link is not None else 0

    async def close(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            with suppress(DevenvError):
                await link.close()


def _lack(message: str, opener: Opener) -> str:
    what = message if message.startswith(LACKS[1]) else f"{LACKS[1]}sh"
    if opener.has_engine:
        return f"{what}: the engine brings its files, and nothing is deleted"
    return f"{what}: nothing can be sent there"


def _is_due(mirror: Mirror) -> bool:
    """Whether there is something to send, or to try again."""
    is_time = mirror.target.pause == 0.0
    return mirror.revision < mirror.source.revision or mirror.refusals > 0 or is_time


def _pause(failures: int, most: float) -> float:
    return min(most, RETRY[0] * 2.0 ** min(failures, MANY))


class Copies:
    """``follow`` says which units there are; ``settle`` and ``bring`` make it so.

    ``wake``: called when a unit is done that was not waited for.

    ``born`` is when the sources had been looked at first (boottime): what was started before
    that may lack what was saved in between.
    """

    def __init__(
        self, strands: Sequence[Strand], opener: Opener, *, wake: Callable[[], None]
    ) -> None:
        self.now: dict[ReplicaId, Copy] = {}
        self.born = 0.0
        self._strands = strands
        self._opener = opener
        self._wake = wake
        self._going: dict[Copy, asyncio.Task[None]] = {}
        self._units: Mapping[ReplicaId, UnitKey] = {}
        self._earlier: dict[ReplicaId, Copy] = {}

    def follow(self, units: Mapping[ReplicaId, UnitKey]) -> bool:
        """Take in which units there are; tell whether that is news."""
        changed, self._units = units != self._units, units
        return changed

    async def settle(self) -> None:
        """Have a copy in each of the units, and none elsewhere."""
        for replica in [r for r, c in self.now.items() if self._units.get(r) != c.key]:
            self._earlier[replica] = self.now.pop(replica)
            await self._leave(self._earlier[replica])
        for replica, key in self._units.items():
            if replica not in self.now:
                self.now[replica] = self._copy(key, self._earlier.pop(replica, None))

    async def bring(self) -> None:
        """Make the files of all units as the sources are; one that stalls is left to itself."""
        fresh = [copy for copy in self.now.values() if copy not in self._going]
        waiting = {copy: asyncio.create_task(copy.bring(self._opener)) for copy in fresh}
        self._going |= waiting
        while waiting:
            moved = {copy: copy.moved for copy in waiting}
            done, _ = await asyncio.wait(waiting.values(), timeout=STALL)
            for copy in [one for one in waiting if waiting[one] in done]:
                del self._going[copy]
                waiting.pop(copy).result()
            for copy in [one for one in waiting if one.moved == moved[one]]:
                waiting.pop(copy).add_done_callback(partial(self._goes_on, copy))

    def _goes_on(self, copy: Copy, task: asyncio.Task[None]) -> None:
        self._going.pop(copy, None)
        if not task.cancelled():
            task.result()
            self._wake()

    async def _leave(self, copy: Copy) -> None:
        if (task := self._going.pop(copy, None)) is not None:
            task.cancel()
            await asyncio.wait([task])
        await copy.close()

    async def close(self) -> None:
        for copy in self.now.values():
            await self._leave(copy)

    @property
    def mirrors(self) -> list[Mirror]:
        return [mirror for copy in self.now.values() for mirror in copy.mirrors.values()]

    @property
    def is_behind(self) -> bool:
        """Something that can be reached, or may be at the next try, has not got everything yet."""
        return any(
            copy.failures < 2 and not mirror.halted and mirror.revision < mirror.source.revision
            for copy in self.now.values()
            for mirror in copy.mirrors.values()
        )

    @property
    def retry(self) -> float | None:
        """Seconds until what could not be reached, or was refused, is to be tried again."""
        most = RETRY[1] if self._opener.has_engine else FAR
        pauses = [_pause(copy.failures, most) for copy in self.now.values() if copy.problem]
        pauses += [_pause(one.refusals, REFUSED) for one in self.mirrors if one.refusals]
        pauses += [pause for one in self.mirrors if (pause := one.target.pause) is not None]
        return min(pauses, default=None)

    def _copy(self, key: UnitKey, before: Copy | None) -> Copy:
        senders = [strand for strand in self._strands if strand.rule.is_sent_to(key.replica.index)]
        return Copy(key, {strand: self._mirror(strand, key, before) for strand in senders})

    def _mirror(self, strand: Strand, key: UnitKey, before: Copy | None) -> Mirror:
        ledger = self._opener.ledger(key, strand.rule)
        contact = self._contact(strand, key, before)
        if before is None and (known := ledger.read()) is not None:
            contact = Contact(known, is_same=True)
        tally = None if before is None else before.mirrors[strand].target.tally
        return Mirror(strand.source, strand.way, contact, ledger, tally)

    def _contact(self, strand: Strand, key: UnitKey, before: Copy | None) -> Contact:
        """What a unit has is only taken for granted where it has just been started."""
        base = strand.base or EMPTY
        if before is not None:
            kept = before.key.container == key.container
            return before.mirrors[strand].left if kept else Contact(base)
        return Contact(base, look=strand.rule.initial or key.started < self.born)
