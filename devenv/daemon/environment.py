"""The loop of one environment: take in wishes, look, decide, act, publish; nobody else writes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace

from devenv.daemon import claims, store
from devenv.daemon.board import Board, Published
from devenv.daemon.desired import desired
from devenv.daemon.hands import Hands
from devenv.daemon.host import Host
from devenv.daemon.inbox import Inbox, Kept, nothing
from devenv.daemon.intent import Change, Intent, Leaving, leaving
from devenv.daemon.journal import Journal
from devenv.daemon.looking import Seen
from devenv.daemon.syncing import Syncer
from devenv.errors import DevenvError
from devenv.failpoints import failpoint
from devenv.model.environment import EnvironmentId, ReplicaId
from devenv.model.plan import HoldKind, Plan
from devenv.model.snapshot import Snapshot
from devenv.model.unit import Observed
from devenv.planning.plan import ends_at_once, plan
from devenv.planning.probing import Probing
from devenv.planning.wishes import Wishes

NOT_GONE = "it is not all gone yet"
PATIENCE = 60.0
"""Seconds within which a second death of a keeper means: do not bring it up once more."""
PORT_INTERVAL = 1.0
"""Seconds between two looks at a port that keeps a service from starting."""


def boottime() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class LiveEnvironment:
    """One environment in the daemon. Only its own task changes what is in here."""

    def __init__(self, intent: Intent, host: Host) -> None:
        self.id: EnvironmentId = intent.checkout.id
        self.journal = Journal(host.folders.journal(self.id))
        self._host = host
        self._intent = intent
        self._desired = desired(intent, host.home)
        self.board = Board(intent, self._desired, self.journal)
        self._inbox = Inbox()
        self._lost_at: float | None = None
        self._wake = asyncio.Event()
        self._hands = self._new_hands()

    @property
    def intent(self) -> Intent:
        return self._intent

    @property
    def syncer(self) -> Syncer:
        return self._hands.syncer

    def wake(self) -> None:
        """Look again soon: something may have changed."""
        self._wake.set()

    async def change(self, decide: Change, kept: Kept = nothing) -> Published:
        """Change what is wanted; return the round that took it in. Raises what ``decide`` does."""
        taken_in = self._inbox.put(decide, kept)
        self._hands.acting.forgive()
        self.wake()
        await taken_in
        return self.board.newest

    async def first_look(self, within: float) -> None:
        """Wait until every probe of what runs was tried once, for at most ``within`` seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self.board.newer_than(0, within)
                while not self._hands.prober.all_tried:
                    await self.board.newer_than(self.board.newest.revision, within)

    def probing(self, replica: ReplicaId) -> Probing | None:
        """What is known of a replica's readiness; None: it has no probe, or was not tried yet."""
        return self._hands.prober.result(replica)

    def fail_pending(self) -> None:
        """Answer those who wait for a round that a bug of ours ended."""
        self._inbox.fail(DevenvError("a bug of devenv: its log has more", "devenv doctor"))

    async def run(self) -> None:
        """Go on until cancelled."""
        try:
            while True:
                await self._turn()
        finally:
            self._hands.close()
            self._hands = self._new_hands()

    def _new_hands(self) -> Hands:
        return Hands(self.id, self._host, self.journal, wake=self.wake, change=self.change)

    async def _turn(self) -> None:
        self._wake.clear()
        self._take_in()
        await self._round()
        self._inbox.answer()
        await self._pause()

    async def _pause(self) -> None:
        decided = self.board.newest.plan
        at = [] if decided.wake_at is None else [decided.wake_at - boottime()]
        if any(hold.kind is HoldKind.PORT for hold in decided.holds):
            at.append(PORT_INTERVAL)
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, min(at)) if at else None):
                await self._wake.wait()

    def _take_in(self) -> None:
        for decide, kept, done in self._inbox.take():
            try:
                self._set(decide(self._intent, self.board.newest.snapshot))
                kept()
            except DevenvError as error:
                if not done.done():
                    done.set_exception(error)

    def _set(self, intent: Intent) -> None:
        if intent == self._intent and _entry(intent) == _entry(self._intent):
            return
        made = desired(intent, self._host.home)
        try:
            self._store(intent)
        except DevenvError as error:
            if not intent.wishes.wanted <= self._intent.wishes.wanted:
                raise
            self.journal.note("", error.message)  # to stop something needs no room
        self._intent, self._desired = intent, made

    def _store(self, intent: Intent) -> None:
        path = self._host.folders.desired(self.id)
        if intent.wishes == Wishes() and not intent.leaving:
            store.forget(path)
        else:
            store.write(path, intent)

    def _try_set(self, intent: Intent) -> None:
        try:
            self._set(intent)
        except DevenvError as error:
            self.journal.note("", error.message)

    async def _round(self) -> None:
        hands = self._hands
        seen = await hands.look(self._desired, watching=self._intent.wishes.watching)
        self._mind(seen)
        observed = seen.observed
        decided = plan(self._desired, observed, boottime())
        hands.follow(observed, self._desired, self._intent)
        if hands.acting.may_discard and _goes(self._intent, decided, observed):
            hands.acting.discard(observed.units, self._discard(seen))
        if hands.acting.is_discarding or (self._intent.is_up and self._intent.loaded is None):
            decided = Plan()
        hands.perform(decided, self._desired, self._intent)
        gone = seen.empty and not self._intent.leaving and not self._intent.is_up
        self.board.publish(self._intent, self._desired, observed, plan=decided, gone=gone)

    def _mind(self, seen: Seen) -> None:
        """Change what is wanted where the world leaves no other way."""
        if seen.lost and self._intent.is_up:
            self.journal.note("", seen.lost)
            before, self._lost_at = self._lost_at, boottime()
            twice = before is not None and self._lost_at - before < PATIENCE
            if twice or self._intent.preview is not None:
                self._try_set(at_rest(self._intent, f"{seen.lost}{', twice' if twice else ''}"))
        if seen.strangers:
            moved = claims.moved(self._intent, seen.strangers, self._host.taken(self.id))
            for service, text in claims.differences(self._intent, moved):
                self.journal.note(service, text)
            self._try_set(moved)

    async def _discard(self, seen: Seen) -> None:
        self._hands.leave_logs()
        try:
            await _discard_all(self._host, lambda: self._intent, seen)
        except DevenvError as error:
            self._inbox.put(_not_gone(error.message))
            raise
        self._inbox.put(_left)


async def take_down(live: LiveEnvironment, why: str = "") -> None:
    """Want nothing of it any more, nor its data. ``why`` is noted where nobody has asked."""
    if why:
        live.journal.note("", f"{why}: it is taken down")
    await live.change(lambda intent, _: leaving(intent, Leaving.WITH_DATA))


async def _discard_all(host: Host, intent: Callable[[], Intent], seen: Seen) -> None:
    """Leave nothing; what is on disk stays where somebody has asked for it again meanwhile."""
    begun = intent()
    data, environment = begun.leaving is Leaving.WITH_DATA, begun.checkout.id
    for runtime in seen.observed.prepared:
        await host.runtimes[runtime].discard(environment, data=data)
    failpoint("discarded")
    if data and intent().leaving:
        await asyncio.to_thread(host.folders.remove, environment)


def _entry(intent: Intent) -> object:
    """All that is said of its cluster, which may change though the cluster is the same one."""
    return intent.preview and asdict(intent.preview.cluster)


def _goes(intent: Intent, decided: Plan, observed: Observed) -> bool:
    """Tell whether it goes as a whole now; what still runs goes along, if no data is to stay."""
    if intent.leaving is Leaving.WITH_DATA and ends_at_once(decided, observed):
        return True
    return bool(intent.leaving) and not observed.units


def _not_gone(why: str) -> Change:
    return lambda intent, _: replace(intent, notice=f"{NOT_GONE}: {why}")


def at_rest(intent: Intent, notice: str) -> Intent:
    """Want nothing to run any more, and say why; the next ``up`` starts anew."""
    return replace(intent, wishes=replace(intent.wishes, wanted=frozenset()), notice=notice)


def _left(intent: Intent, snapshot: Snapshot) -> Intent:
    if not intent.leaving:
        return intent
    notice = "" if intent.notice.startswith(NOT_GONE) else intent.notice
    return replace(claims.left(intent), notice=notice)
