"""The sync sessions of one environment: one for each service that has rules and is wanted."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from devenv.api.wording import duration, size
from devenv.daemon.host import Host
from devenv.daemon.mounting import is_mounted, rules_of
from devenv.daemon.units import Containers, Pods, Units, Wishes
from devenv.errors import DevenvError
from devenv.model.environment import Desired, EnvironmentId, Wanted
from devenv.model.sync import Hook, SyncRule
from devenv.model.unit import Observed
from devenv.planning.capabilities import KUBERNETES
from devenv.runtimes.docker.runtime import DockerRuntime
from devenv.sync.copies import UnitKey
from devenv.sync.ignore import GitPatterns
from devenv.sync.ledger import Ledger
from devenv.sync.report import Sent
from devenv.sync.session import Session

FAILED = "sync has failed: a bug of devenv, its log has more"
AGAIN = 10.0
"""Seconds until a session that a bug of ours has ended is begun anew."""


class Going(NamedTuple):
    """The session of a service, by its task, and the units that it is about."""

    rules: tuple[SyncRule, ...]
    units: Units
    task: asyncio.Task[None]


class Syncer:
    """Follows each round of the loop. ``wake`` asks for the next one."""

    def __init__(
        self,
        environment: EnvironmentId,
        host: Host,
        wishes: Wishes,
        *,
        wake: Callable[[], None],
    ) -> None:
        self._environment = environment
        self._host = host
        self._wishes = wishes
        self._wake = wake
        self._refusal = ""
        self._bound: set[tuple[str, str]] = set()
        self._running: dict[str, Going] = {}
        self.sessions: dict[str, Session] = {}

    def unread(self, desired: Desired, *, watching: bool) -> frozenset[str]:
        """Name the services that must not start yet: what is saved then would not be seen.

        Where nothing can be watched, nothing is waited for.
        """
        if self._refusal:
            return frozenset()
        wanted = _watched(desired) if watching else {}
        seen = {name for name, one in self.sessions.items() if one.has_looked or one.is_over}
        return frozenset(wanted.keys() - seen)

    def follow(self, observed: Observed, desired: Desired, *, watching: bool) -> None:
        """Begin, end and feed the sessions as a round has found things."""
        wanted = _watched(desired) if watching else {}
        for name in [n for n, going in self._running.items() if wanted.get(n) != going.rules]:
            self._end(name)
        for name in [n for n in wanted if n not in self._running]:
            self._begin(desired.services[name], wanted[name])
        self.sessions = {name: self.sessions[name] for name in wanted if name in self.sessions}
        if watching:
            self._tell_of_mounts(desired)
        for name, session in self.sessions.items():
            seen = _as_wanted(observed, desired.services[name])
            session.follow(self._running[name].units.now(seen))

    def _tell_of_mounts(self, desired: Desired) -> None:
        """Say once of each rule that its files are there by themselves."""
        bound = {
            (name, rule.source)
            for name, one in desired.services.items()
            if one.replicas and one.runtime == DockerRuntime.name
            for rule in one.service.sync
            if is_mounted(one.service, rule)
        }
        for name, source in sorted(bound - self._bound):
            self._wishes.note(name, f"{source} is a bind mount of it: nothing is sent")
        self._bound = bound

    def close(self) -> None:
        for name in list(self._running):
            self._end(name)

    def _begin(self, wanted: Wanted, rules: tuple[SyncRule, ...]) -> None:
        name = wanted.service.name
        try:
            watcher = self._host.watching.watcher()
        except DevenvError as error:  # tried again in the next round
            if error.message != self._refusal:
                self._refusal = error.message
                self._wishes.note(name, f"{error.message}: {error.hint}")
                self._wake()
            return
        self._refusal = ""
        made = Pods if wanted.runtime == KUBERNETES else Containers
        units = made(self._environment, name, self._host, self._wishes)
        ledgers = self._host.folders.ledgers(self._environment)
        hands = _Hands(name, units, ledgers, self._wishes, looked=self._wake)
        session = Session(rules, watcher, hands, boottime=_boottime)
        task = asyncio.create_task(session.run())
        task.add_done_callback(partial(self._ended, name))
        self.sessions[name] = session
        self._running[name] = Going(rules, units, task)

    def _end(self, name: str) -> None:
        self._running.pop(name).task.cancel()
        del self.sessions[name]

    def _ended(self, name: str, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            logging.error("the sync session of %s failed", name, exc_info=task.exception())
            self._wishes.note(name, f"{FAILED}; it is begun anew in {AGAIN:.0f} s")
            asyncio.get_running_loop().call_later(AGAIN, self._begin_anew, name, task)

    def _begin_anew(self, name: str, failed: asyncio.Task[None]) -> None:
        going = self._running.get(name)
        if going is not None and going.task is failed:
            self._end(name)
            self._wake()


def _as_wanted(observed: Observed, wanted: Wanted) -> Observed:
    """What is seen of a service; what has another definition is to go, and gets nothing."""
    seen = ((one, observed.units.get(one.id)) for one in wanted.replicas)
    units = {one.id: unit for one, unit in seen if unit and unit.fingerprint == one.fingerprint}
    return replace(observed, units=units)


def _watched(desired: Desired) -> dict[str, tuple[SyncRule, ...]]:
    """The services that are to get what changes, each with its rules."""
    return {
        name: rules
        for name, one in desired.services.items()
        if one.replicas and (rules := rules_of(one))
    }


class _Hands:
    """What a session of one service may do."""

    def __init__(
        self,
        service: str,
        units: Units,
        ledgers: Path,
        wishes: Wishes,
        *,
        looked: Callable[[], None],
    ) -> None:
        self.has_engine = units.has_engine
        self.hold = units.hold
        self.open = units.open
        self.put = units.put
        self.filled = units.filled
        self.looked = looked
        self._service = service
        self._units = units
        self._ledgers = ledgers
        self._wishes = wishes

    def ledger(self, key: UnitKey, rule: SyncRule) -> Ledger:
        ends = hashlib.sha256(f"{rule.source}\0{rule.target}".encode()).hexdigest()[:16]
        name = f"{self._service}.{key.replica.index}.{ends}.jsonl"
        return Ledger(self._ledgers / name, key.container)

    async def act(self, rule: SyncRule, paths: Sequence[str]) -> None:
        """Build the service anew, restart it, or run what the rule names in each unit."""
        reason = f"{_shown(paths)} changed"
        if rule.rebuild:
            await self._units.rebuild(reason, self.note)
        elif rule.restart:
            await self._units.restart(reason)
        for hook in rule.hooks:
            if _concerns(hook, paths):
                await self._run(hook, rule.replica)

    def note(self, text: str) -> None:
        self._wishes.note(self._service, text)

    def sent(self, what: Sent) -> None:
        files = "a file" if what.files == 1 else f"{what.files:,} files"
        ms = what.seconds * 1000
        took = f"{ms:.0f} ms" if ms < 1000 else duration(what.seconds)
        self._units.used()
        self._wishes.sent(self._service, f"{files}, {size(what.bytes)}, within {took}")

    async def _run(self, hook: Hook, replica: int | None) -> None:
        """Run a hook in each unit. Raises DevenvError with what it said where it fails."""
        words = " ".join(hook.command)
        for outcome in await self._units.perform(hook, replica):
            if outcome.code:
                raise DevenvError(f"{words} ended with {outcome.code}: {outcome.output}")
            self.note(f"ran {words}" + (f": {outcome.output}" if outcome.output else ""))


def _concerns(hook: Hook, paths: Sequence[str]) -> bool:
    if not hook.paths:
        return True
    patterns = GitPatterns(hook.paths)
    return any(patterns.match(path, folder=False) for path in paths)


def _boottime() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _shown(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return f"{paths[0]}{more}"
