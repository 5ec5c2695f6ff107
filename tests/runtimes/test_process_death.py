"""The daemon's death is not noticed; the keeper's is, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from devenv.errors import DevenvError
from devenv.keeper import tree
from devenv.model.environment import ReplicaId
from devenv.model.unit import Unit
from tests.runtimes.processes import (
    HERE,
    Ground,
    eventually,
    lives,
    on_ground,
    runtime_in,
)

ESCAPE = "setsid sh -c 'env -i setsid sleep TOKEN & exit' & exec sleep TOKEN"


def keeper_of(unit: Unit) -> int:
    process = tree.read(unit.pid or 0)
    assert process is not None
    return process.parent


@on_ground
async def test_a_new_daemon_takes_up_what_runs(here: Ground) -> None:
    unit = await here.start("web", "sleep", "TOKEN")
    here.runtime.close()
    here.runtime = runtime_in(here.base)
    adopted = await here.runtime.adopt()
    assert list(adopted) == [HERE]
    assert adopted[HERE].fingerprint == "prepared"
    assert adopted[HERE].memory == b"\x00secret\xff"
    assert adopted[HERE].client.umask == 0o027
    assert await here.units() == {ReplicaId("web"): unit}
    await here.stop("web")
    assert here.alive() == []


@on_ground
async def test_what_ended_meanwhile_is_seen(here: Ground) -> None:
    unit = await here.start("web", "sleep", "TOKEN")
    assert unit.pid is not None
    here.runtime.close()
    os.kill(unit.pid, signal.SIGTERM)
    await eventually(lambda: not here.alive())
    here.runtime = runtime_in(here.base)
    await here.runtime.adopt()
    ended = (await here.ended("web")).exit
    assert ended is not None
    assert (ended.code, ended.requested) == (143, False)


@on_ground
async def test_output_is_stored_while_there_is_no_daemon(here: Ground) -> None:
    script = "while ! [ -e go ]; do sleep 0.01; done; seq 100000; touch done; exec sleep TOKEN"
    await here.shell("web", script)
    here.runtime.close()
    (here.base / "go").touch()
    await eventually((here.base / "done").exists)
    here.runtime = runtime_in(here.base)
    await here.runtime.adopt()
    await eventually(lambda: here.said("web")[-1:] == ["100000"])


@on_ground
async def test_the_death_of_a_keeper_is_told_once_and_leaves_nothing(here: Ground) -> None:
    unit = await here.shell("web", ESCAPE)
    await here.settled(2)
    os.kill(keeper_of(unit), signal.SIGKILL)
    assert "keeper" in await here.lost()
    assert here.alive() == []
    again = await here.runtime.observe(HERE)
    assert (again.lost, again.prepared, again.away) == ("", "", "")
    await here.prepare()
    await here.start("web", "sleep", "TOKEN")
    await here.settled(1)


@on_ground
async def test_a_stop_ends_well_when_the_keeper_dies_of_it(here: Ground) -> None:
    unit = await here.shell("web", "trap '' TERM; echo up; while :; do sleep TOKEN; done")
    await eventually(lambda: here.said("web"))
    stopping = asyncio.create_task(here.stop("web", grace=60))
    await here.until("web", lambda unit: unit.stopping)
    os.kill(keeper_of(unit), signal.SIGKILL)
    await stopping
    assert here.alive() == []


@on_ground
async def test_a_keeper_that_is_told_to_end_lets_services_end_first(here: Ground) -> None:
    script = "trap 'touch ended; exit 0' TERM; echo up; while :; do sleep 0.01; done"
    unit = await here.shell("web", script)
    await eventually(lambda: here.said("web"))
    os.kill(keeper_of(unit), signal.SIGTERM)
    await here.lost()
    assert (here.base / "ended").exists()
    assert here.alive() == []


@on_ground
async def test_a_keeper_that_is_told_to_end_starts_nothing_any_more(here: Ground) -> None:
    trap = "trap 'until [ -e go ]; do sleep 0.01; done; exit 0' TERM"
    unit = await here.shell("slow", f"{trap}; echo up; while :; do sleep 0.01; done")
    await eventually(lambda: here.said("slow"))
    os.kill(keeper_of(unit), signal.SIGTERM)
    await here.until("slow", lambda unit: unit.stopping)
    with pytest.raises(DevenvError, match="leaving"):
        await here.start("web", "sleep", "TOKEN")
    (here.base / "go").touch()
    await here.lost()
    assert here.alive() == []


DAEMON = """
import asyncio, os, pathlib, sys
from tests.runtimes.processes import Ground, runtime_in
async def main():
    here = Ground(pathlib.Path(sys.argv[1]), runtime_in(pathlib.Path(sys.argv[1])))
    here.token = os.environ["TOKEN_OF_TEST"]
    await here.prepare()
    unit = await here.shell("web", sys.argv[2])
    print(unit.pid, flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


def daemon(here: Ground, script: str) -> tuple[subprocess.Popen[str], int]:
    """Run a runtime in a process of its own; the pid of the unit that it has started."""
    command = [sys.executable, "-c", DAEMON, str(here.base), script]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "TOKEN_OF_TEST": here.token},
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


@on_ground
async def test_a_unit_outlives_a_killed_daemon(here: Ground) -> None:
    await here.runtime.discard(HERE, data=False)
    process, pid = daemon(here, "exec sleep TOKEN")
    with process:
        process.kill()
    await eventually(lambda: here.alive() == [pid])
    await here.runtime.adopt()
    assert (await here.unit("web")).pid == pid


@on_ground
async def test_nothing_outlives_both(here: Ground) -> None:
    await here.runtime.discard(HERE, data=False)
    process, pid = daemon(here, ESCAPE)
    await here.settled(2)
    leader = tree.read(pid)
    assert leader is not None
    with process:
        process.kill()
        os.kill(leader.parent, signal.SIGKILL)
    await eventually(lambda: not here.alive())
    assert await here.runtime.adopt() == {}


@on_ground
async def test_the_next_daemon_ends_what_was_left_when_all_were_killed(here: Ground) -> None:
    await here.runtime.discard(HERE, data=False)
    process, pid = daemon(here, ESCAPE)
    await here.settled(2)
    leader = tree.read(pid)
    assert leader is not None
    keeper = tree.read(leader.parent)
    assert keeper is not None
    with process:
        for victim in (keeper.parent, keeper.pid, process.pid):
            os.kill(victim, signal.SIGKILL)
    await eventually(lambda: not lives(keeper.pid))
    assert len(here.alive()) == 2
    assert await here.runtime.adopt() == {}
    assert here.alive() == []


@on_ground
async def test_a_stale_socket_is_no_keeper(here: Ground) -> None:
    (here.base / "other-1.keeper").touch()
    other = runtime_in(here.base)
    assert list(await other.adopt()) == [HERE]
    assert not (here.base / "other-1.keeper").exists()
    other.close()


@on_ground
async def test_environments_of_other_folders_are_left_alone(here: Ground) -> None:
    await here.start("web", "sleep", "TOKEN")
    folder = here.base / "elsewhere"
    folder.mkdir()
    other = runtime_in(folder)
    assert await other.adopt() == {}
    other.close()
    await here.settled(1)
