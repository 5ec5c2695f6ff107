"""How long a step waits for the log of what was there before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from devenv.daemon.shipping import Shipper
from devenv.model.environment import Desired, EnvironmentId, ReplicaId
from devenv.model.unit import Exit, Observed, Unit
from devenv.runtimes.protocol import Chunk

HERE = EnvironmentId("shop-12345678")
WEB = ReplicaId("web")


class Kept:
    """A runtime whose one log goes on until ``end`` is set."""

    def __init__(self) -> None:
        self.end = asyncio.Event()

    async def logs(
        self, environment: EnvironmentId, replica: ReplicaId, since: int
    ) -> AsyncIterator[list[Chunk]]:
        await self.end.wait()
        return
        yield []


async def waits(folder: Path, ended: Exit | None) -> bool:
    """Tell whether a step has to wait until the log of a unit that is so has come to its end."""
    kept = Kept()
    shipper = Shipper(HERE, {"kept": kept}, lambda _: str(folder / "web.0"))
    unit = Unit(WEB, "kept", "1", started=1.0, exit=ended)
    shipper.follow(Observed(units={WEB: unit}), Desired(HERE), 1 << 20)
    step = asyncio.create_task(shipper.drained(WEB))
    await asyncio.sleep(0)
    is_waiting = not step.done()
    kept.end.set()
    await step
    shipper.close()
    return is_waiting


def test_the_last_lines_of_what_has_ended_are_waited_for(tmp_path: Path) -> None:
    assert asyncio.run(waits(tmp_path, Exit(0, 2.0)))


def test_nobody_waits_for_the_log_of_what_runs_on(tmp_path: Path) -> None:
    assert not asyncio.run(waits(tmp_path, None))
