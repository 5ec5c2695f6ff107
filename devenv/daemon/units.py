"""The units of a service whose files are followed, and the way into each: containers, or pods."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from devenv.daemon.desired import preparation
from devenv.daemon.heads import AGAIN, hold
from devenv.daemon.host import Host
from devenv.daemon.images import images_of
from devenv.daemon.intent import Change, Intent
from devenv.errors import DevenvError
from devenv.model.environment import EnvironmentId, ReplicaId
from devenv.model.sync import Hook, SyncRule
from devenv.model.unit import Observed
from devenv.runtimes.docker.frames import STDOUT
from devenv.runtimes.executing import outcome_of
from devenv.runtimes.kubernetes.objects.supervisor import RENEW
from devenv.runtimes.protocol import Command, Outcome, Report
from devenv.sync.copies import UnitKey
from devenv.sync.link import RefusedError, Stream, command
from devenv.sync.session import Hold

if TYPE_CHECKING:  # loaded when the first cluster is asked
    from devenv.runtimes.kubernetes.executing import Shell
    from devenv.runtimes.kubernetes.rows import Running

COMPARED = float("-inf")
"""When a pod was started, as a session is told: it is compared, since its clock is not ours."""
REGISTRY = "devenv cluster add --registry"
WITHIN = 'cd -- "$1" && shift && exec "$@"'
"""Runs a command in a folder: a cluster has no word for that."""


class Speaking(Protocol):
    """An open command of any runtime."""

    async def read(self) -> tuple[int, bytes] | None: ...

    async def write(self, data: bytes) -> None: ...

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the loop lets its sessions do: know and change what is wanted, write in the journal.

    ``restart`` restarts a service, for a reason; ``sent`` writes down what was sent.
    """

    intent: Callable[[], Intent]
    change: Callable[[Change], Awaitable[object]]
    restart: Callable[[str, str], Awaitable[None]]
    note: Callable[[str, str], None]
    sent: Callable[[str, str], None]


class Units(Protocol):
    """Those of one service. ``has_engine``: it puts files where no receiver can run."""

    has_engine: bool

    def now(self, observed: Observed) -> Mapping[ReplicaId, UnitKey]:
        """Those that there are, each with files of its own."""
        ...

    def hold(self) -> Hold | None:
        """Why nothing may be sent now."""
        ...

    async def open(self, replica: ReplicaId, user: str) -> Stream: ...

    async def put(self, replica: ReplicaId, data: bytes) -> None: ...

    def used(self) -> None:
        """Take in that files were sent there."""
        ...

    async def rebuild(self, reason: str, report: Report) -> None:
        """Build the image from what is there now, and make them again from it."""
        ...

    async def restart(self, reason: str) -> None: ...

    async def filled(self, replica: ReplicaId, rule: SyncRule) -> None:
        """What one lacked of a rule when it was first met has been sent to it."""
        ...

    async def perform(self, hook: Hook, replica: int | None) -> list[Outcome]:
        """Run a command in each that runs, or in that one."""
        ...


class Containers:
    """Those of this machine's engine; a host process has no files of its own."""

    has_engine = True

    def __init__(
        self, environment: EnvironmentId, service: str, host: Host, wishes: Wishes
    ) -> None:
        self._environment = environment
        self._service = service
        self._docker = host.docker
        self._home = host.home
        self._wishes = wishes

    def now(self, observed: Observed) -> Mapping[ReplicaId, UnitKey]:
        """Those too that have ended: they may be started again."""
        kept = self._docker.commands.kept
        return {
            unit.id: UnitKey(unit.id, unit.started, container, runs=unit.exit is None)
            for unit in observed.units.values()
            if unit.id.service == self._service and unit.runtime == self._docker.name
            if (container := kept(self._environment, unit.id))
        }

    def hold(self) -> Hold | None:
        return None

    async def open(self, replica: ReplicaId, user: str) -> Stream:
        wanted = Command(command(), takes_input=True, user=user)
        return Output(await self._docker.commands.open_exec(self._environment, replica, wanted))

    async def put(self, replica: ReplicaId, data: bytes) -> None:
        await self._docker.commands.put(self._environment, replica, data)

    def used(self) -> None:
        """Nothing: nobody takes it down for want of use."""

    async def rebuild(self, reason: str, report: Report) -> None:
        prepared = preparation(self._wishes.intent(), self._home)
        names = [self._service]
        await self._docker.commands.build(self._environment, names, prepared, report)
        await self.restart(reason)

    async def restart(self, reason: str) -> None:
        await self._wishes.restart(self._service, reason)

    async def filled(self, replica: ReplicaId, rule: SyncRule) -> None:
        """Nothing: it goes on as it was started, as in Compose."""

    async def perform(self, hook: Hook, replica: int | None) -> list[Outcome]:
        wanted = Command(
            hook.command,
            user=hook.user,
            directory=hook.directory,
            environment=hook.environment,
            privileged=hook.privileged,
        )
        commands = self._docker.commands
        return [
            await commands.perform(self._environment, one, wanted)
            for one in commands.running(self._environment, self._service)
            if replica in (None, one.index)
        ]


class Pods:
    """Those of a preview: a number for each pod that runs, kept for as long as the pod is there."""

    has_engine = False

    def __init__(
        self, environment: EnvironmentId, service: str, host: Host, wishes: Wishes
    ) -> None:
        self._environment = environment
        self._service = service
        self._host = host
        self._wishes = wishes
        self._numbers: Mapping[str, int] = {}
        self._running: Mapping[ReplicaId, Running] = {}

    def now(self, observed: Observed) -> Mapping[ReplicaId, UnitKey]:
        """Those whose container runs; one that was restarted has lost its files."""
        running = self._host.kubernetes.commands.running(self._environment, self._service)
        self._numbers = numbered(self._numbers, [one.uid for one in running])
        self._running = {ReplicaId(self._service, self._numbers[one.uid]): one for one in running}
        return {
            replica: UnitKey(replica, COMPARED, one.container, name=one.pod)
            for replica, one in self._running.items()
        }

    def hold(self) -> Hold | None:
        """Files come only from the checkout whose HEAD is the branch."""
        intent = self._wishes.intent()
        assert intent.preview is not None
        root, branch = intent.checkout.root, intent.preview.branch
        if Path(root).is_relative_to(self._host.folders.environment(self._environment)):
            return Hold(f"it was made from {branch} as it is committed, not from a checkout", AGAIN)
        return hold(root, branch)

    async def open(self, replica: ReplicaId, user: str) -> Stream:
        running = self._running.get(replica)
        if running is None:
            raise DevenvError("the pod is gone")
        shell = await self._open(running, Command(command(), takes_input=True))
        return Output(shell, lambda: shell.refusal)

    async def put(self, replica: ReplicaId, data: bytes) -> None:
        raise DevenvError("only a command in a pod can write there")

    def used(self) -> None:
        self._host.kubernetes.commands.used(self._environment)

    async def rebuild(self, reason: str, report: Report) -> None:
        """The image is in its registry before anything is made again."""
        intent, service = self._wishes.intent(), self._service
        assert intent.preview is not None
        image = (await images_of(intent.environment, intent.preview)).get(service)
        if image is None:
            raise DevenvError(f"there is no registry for the image of {service}", REGISTRY)
        if image == intent.images.get(service):
            return  # what has changed is not among what it is built from
        built = replace(intent, images={**intent.images, service: image})
        prepared = preparation(built, self._host.home)
        supply = self._host.docker.supply
        await supply.publish(self._environment, service, prepared, report)
        report(f"is made again: {reason}")
        await self._wishes.change(
            lambda now, _: replace(now, images={**now.images, service: image})
        )

    async def restart(self, reason: str) -> None:
        """Start the program of each pod anew, where it is: another pod has not got its files."""
        intent = self._wishes.intent()
        sends = any(rule.target for rule in intent.environment.services[self._service].sync)
        if all(one.supervised for one in self._running.values()):
            self._wishes.note(self._service, f"restarts: {reason}")
            _need(await self._each(RENEW))
        elif not sends:
            await self._wishes.restart(self._service, reason)
        else:
            raise DevenvError("what its image runs is not known", "say it with `entrypoint`")

    async def filled(self, replica: ReplicaId, rule: SyncRule) -> None:
        """It was begun with what its image has."""
        running = self._running.get(replica)
        if rule.restart and running is not None and running.supervised:
            _need([await outcome_of(await self._open(running, Command(RENEW)))])

    async def perform(self, hook: Hook, replica: int | None) -> list[Outcome]:
        if hook.user or hook.privileged or hook.environment:
            raise DevenvError(
                f"{hook.command[0]}: a cluster runs commands only as the pod itself runs",
                "leave out `user`, `privileged` and `environment`",
            )
        words = hook.command
        if hook.directory:
            words = ("sh", "-c", WITHIN, "sh", hook.directory, *words)
        return await self._each(words, replica)

    async def _each(self, words: tuple[str, ...], index: int | None = None) -> list[Outcome]:
        """Run a command in all pods at once; one that goes meanwhile is no failure."""

        async def within(replica: ReplicaId, one: Running) -> Outcome | None:
            try:
                return await outcome_of(await self._open(one, Command(words)))
            except DevenvError:
                if self._running.get(replica) == one:
                    raise
                return None

        meant = [pod for pod in self._running.items() if index in (None, pod[0].index)]
        found = await asyncio.gather(*(within(*pod) for pod in meant))
        return [outcome for outcome in found if outcome is not None]

    async def _open(self, running: Running, wanted: Command) -> Shell:
        commands, of_service = self._host.kubernetes.commands, ReplicaId(self._service)
        return await commands.open_exec(self._environment, of_service, wanted, running.pod)


class Output:
    """The Stream of a receiver: its output alone, not its errors.

    ``refusal`` says, once it has ended, why it could not be run at all.
    """

    def __init__(self, command: Speaking, refusal: Callable[[], str] = str) -> None:
        self._command = command
        self._refusal = refusal

    async def read(self) -> bytes:
        while (piece := await self._command.read()) is not None:
            if piece[0] == STDOUT:
                return piece[1]
        if said := self._refusal():
            raise RefusedError(said)
        return b""

    async def write(self, data: bytes) -> None:
        await self._command.write(data)

    async def close(self) -> None:
        await self._command.aclose()


def _need(outcomes: Iterable[Outcome]) -> None:
    """Raise DevenvError where a program could not be started anew."""
    for outcome in outcomes:
        if outcome.code:
            raise DevenvError(f"it cannot be restarted: {outcome.output}")


def numbered(before: Mapping[str, int], now: Iterable[str]) -> Mapping[str, int]:
    """A number for each: its own if it has one, else the lowest that is free. Pure."""
    kept = {one: before[one] for one in now if one in before}
    free = (number for number in count() if number not in set(kept.values()))
    return {one: kept[one] if one in kept else next(free) for one in now}
