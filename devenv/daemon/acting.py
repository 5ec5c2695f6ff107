"""The hands of the loop: each step of a plan becomes a task, and says when it has landed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping

from devenv.errors import DevenvError, TransientError
from devenv.failpoints import failpoint
from devenv.model.environment import Desired, EnvironmentId, ReplicaId
from devenv.model.plan import Pause, Prepare, Remove, Start, Step, StopUnit
from devenv.model.unit import Failure
from devenv.runtimes.protocol import Preparation, Runtime

RETRY = 1.0
"""Seconds until a step that has failed is tried again."""
AGAIN = 0.2
"""The same for one of which nobody can know yet whether it goes on to fail."""
TRIES = 5
"""How often such a step fails in a row until that counts as lasting."""
DISCARD = "discard"
"""The key under which an environment goes away; nothing else is begun meanwhile."""
Note = Callable[[str, str], None]


class Acting:
    """Steps in flight of one environment. A step that nobody wants any more is cancelled."""

    def __init__(
        self,
        environment: EnvironmentId,
        runtimes: Mapping[str, Runtime],
        *,
        wake: Callable[[], None],
        note: Note,
        drained: Callable[[ReplicaId], Awaitable[None]],
    ) -> None:
        """``drained`` waits until the log of a unit that has ended is safe."""
        self.failures: dict[ReplicaId | str, Failure] = {}
        """What steps have failed with, until they are tried again."""
        self.said: dict[ReplicaId, str] = {}
        """What the starts in flight have last said of their progress."""
        self._tries: dict[ReplicaId | str, int] = {}
        self._environment = environment
        self._runtimes = runtimes
        self._wake = wake
        self._note = note
        self._drained = drained
        self._tasks: dict[ReplicaId | str, asyncio.Task[None]] = {}
        self._verbs: dict[ReplicaId, str] = {}

    @property
    def busy(self) -> Mapping[ReplicaId, str]:
        return dict(self._verbs)

    @property
    def preparing(self) -> frozenset[str]:
        return frozenset(name for name in self._runtimes if name in self._tasks)

    @property
    def is_discarding(self) -> bool:
        return DISCARD in self._tasks

    @property
    def may_discard(self) -> bool:
        """Nothing is under way, and the last try did not fail just now."""
        return not self._tasks and DISCARD not in self.failures

    def begin(self, step: Step, preparation: Callable[[], Preparation]) -> None:
        """Perform a step in the background."""
        match step:
            case Prepare(runtime):
                self.spawn(runtime, runtime, self._prepare(runtime, preparation()))
            case Start(replica, runtime):
                self._verbs[replica.id] = "starting"
                self.spawn(replica.id, runtime, self._start(step))
            case StopUnit(unit):
                self._verbs[unit.id] = "stopping"
                self.spawn(unit.id, unit.runtime, self._stop(step))
            case Pause(unit, paused):
                self._verbs[unit.id] = "pausing" if paused else "resuming"
                self.spawn(unit.id, unit.runtime, self._pause(step))
            case Remove(unit):
                self._verbs[unit.id] = "removing"
                self.spawn(unit.id, unit.runtime, self._remove(step))

    def discard(self, ending: Iterable[ReplicaId], work: Coroutine[None, None, None]) -> None:
        """Let the environment go as a whole, by ``work``, and what still runs of it along."""
        self._verbs |= dict.fromkeys(ending, "stopping")
        self.spawn(DISCARD, DISCARD, work)

    def spawn(self, key: ReplicaId | str, runtime: str, work: Coroutine[None, None, None]) -> None:
        """Run ``work`` under ``key``; what it raises counts as a failure of ``runtime``."""
        task = asyncio.create_task(work)
        self._tasks[key] = task
        task.add_done_callback(lambda done: self._landed(key, runtime, done))

    def cancel_unwanted(self, desired: Desired) -> None:
        """Give up the starts of what ``desired`` does not want."""
        starting = {key for key, verb in self._verbs.items() if verb == "starting"}
        if starting:
            wanted = {r.id for service in desired.services.values() for r in service.replicas}
            for key in starting - wanted:
                self._tasks[key].cancel()

    def forgive(self) -> None:
        """Try all that has failed again at once: somebody asks for it."""
        self.failures.clear()

    def close(self) -> None:
        for task in self._tasks.values():
            task.cancel()

    def _landed(self, key: ReplicaId | str, runtime: str, task: asyncio.Task[None]) -> None:
        del self._tasks[key]
        if isinstance(key, ReplicaId):
            self._verbs.pop(key, None)
            self.said.pop(key, None)
        if key == DISCARD:
            self._verbs.clear()
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._failed(key, runtime, error)
        elif not task.cancelled():
            self._tries.pop(key, None)
        self._wake()

    def _failed(self, key: ReplicaId | str, runtime: str, error: BaseException) -> None:
        if not isinstance(error, DevenvError):
            logging.error("a step of %s failed", self._environment, exc_info=error)
        text = error.told if isinstance(error, DevenvError) else f"a bug of devenv: {error!r}"
        self._note("", f"{runtime}: {text}")
        tries = self._tries[key] = self._tries.get(key, 0) + 1
        lasting = tries >= TRIES or not isinstance(error, TransientError)
        self.failures[key] = Failure(text, lasting)
        asyncio.get_running_loop().call_later(RETRY if lasting else AGAIN, self._try_again, key)

    def _try_again(self, key: ReplicaId | str) -> None:
        self.failures.pop(key, None)
        self._wake()

    async def _prepare(self, runtime: str, preparation: Preparation) -> None:
        failpoint("prepare")
        await self._runtimes[runtime].prepare(self._environment, preparation, self._report)
        failpoint("prepared")

    async def _start(self, step: Start) -> None:
        failpoint("start")
        await self._drained(step.replica.id)
        key = step.replica.id

        def report(line: str) -> None:
            self.said[key] = line
            self._wake()

        await self._runtimes[step.runtime].start(self._environment, step, report)
        failpoint("started")

    async def _stop(self, step: StopUnit) -> None:
        failpoint("stop")
        await self._runtimes[step.unit.runtime].stop(self._environment, step, self._report)
        failpoint("stopped")

    async def _pause(self, step: Pause) -> None:
        runtime = self._runtimes[step.unit.runtime]
        await runtime.pause(self._environment, step.unit.id, paused=step.paused)

    async def _remove(self, step: Remove) -> None:
        failpoint("remove")
        await self._drained(step.unit.id)
        await self._runtimes[step.unit.runtime].remove(self._environment, step.unit.id)
        failpoint("removed")

    def _report(self, line: str) -> None:
        self._note("", line)
