"""A stop returns when nothing of the unit is alive, whatever it forked; nothing else is touched."""

from __future__ import annotations

import asyncio
import os
import signal
import time

from devenv.model.plan import StopUnit
from tests.runtimes.processes import HERE, Ground, eventually, on_ground

ESCAPE = "setsid sh -c 'env -i setsid sh -c \"exec sleep TOKEN\" & exit' & exec sleep TOKEN"


@on_ground
async def test_a_unit_that_obeys_ends_at_once(here: Ground) -> None:
    await here.start("web", "sleep", "TOKEN")
    before = time.monotonic()
    await here.stop("web")
    ended = (await here.unit("web")).exit
    assert time.monotonic() - before < 5
    assert ended is not None
    assert (ended.code, ended.requested) == (143, True)


@on_ground
async def test_the_signal_is_the_one_of_the_step(here: Ground) -> None:
    await here.shell("web", "trap 'echo told; exit 7' USR1; echo up; sleep TOKEN & wait")
    await here.says("web", "up")
    await here.stop("web", signal="SIGUSR1", grace=0.2)
    assert here.said("web") == ["up", "told"]
    ended = (await here.unit("web")).exit
    assert ended is not None
    assert ended.code == 7


@on_ground
async def test_a_unit_that_ignores_term_is_killed_after_its_grace(here: Ground) -> None:
    await here.shell("web", "trap '' TERM; echo up; while :; do sleep TOKEN; done")
    await here.says("web", "up")
    before = time.monotonic()
    await here.stop("web", grace=0.3)
    assert 0.3 <= time.monotonic() - before < 5
    assert here.alive() == []
    ended = (await here.unit("web")).exit
    assert ended is not None
    assert (ended.code, ended.requested) == (137, True)


@on_ground
async def test_a_unit_lingers_while_its_group_lives(here: Ground) -> None:
    await here.shell("web", "(trap '' TERM; exec sleep TOKEN) & exit 4")
    await here.settled(1)
    unit = await here.until("web", lambda unit: unit.lingering)
    assert unit.exit is not None
    assert unit.exit.code == 4
    assert len(here.alive()) == 1
    await here.stop("web", grace=0.2)
    unit = await here.unit("web")
    assert here.alive() == []
    assert unit.exit is not None
    assert (unit.exit.code, unit.lingering) == (4, False)


@on_ground
async def test_a_lingering_unit_is_over_when_its_last_process_ends(here: Ground) -> None:
    await here.shell("web", "sleep TOKEN & exit 0")
    await eventually(here.alive)
    os.kill(here.alive()[0], signal.SIGKILL)
    assert (await here.ended("web")).exit is not None


@on_ground
async def test_a_double_fork_with_a_wiped_environment_is_found(here: Ground) -> None:
    await here.shell("web", ESCAPE)
    await here.shell("other", ESCAPE)
    await here.settled(4)
    await here.stop("web")
    assert len(here.alive()) == 2
    assert not (await here.unit("web")).lingering
    assert (await here.unit("other")).exit is None
    await here.stop("other")
    assert here.alive() == []


@on_ground
async def test_one_that_escaped_and_ignores_term_is_killed(here: Ground) -> None:
    hide = "setsid env -i sh -c 'trap \"\" TERM; while :; do sleep TOKEN; done' & exec sleep TOKEN"
    await here.shell("web", hide)
    await eventually(lambda: len(here.alive()) == 3)
    await here.stop("web", grace=0.3)
    assert here.alive() == []


@on_ground
async def test_a_subreaper_of_its_own_hides_nothing(here: Ground) -> None:
    code = (
        "import ctypes, os, signal, time; ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        os.execvp('sleep', ['sleep', 'TOKEN'])\n"
        "    os._exit(0)\n"
        "time.sleep(99)\n"
    )
    await here.start("web", "python3", "-c", code)
    await eventually(lambda: len(here.alive()) == 2)
    await here.stop("web", grace=0.3)
    assert here.alive() == []


@on_ground
async def test_a_stopped_process_hears_its_end(here: Ground) -> None:
    unit = await here.start("web", "sleep", "TOKEN")
    assert unit.pid is not None
    os.kill(unit.pid, signal.SIGSTOP)
    await here.stop("web")
    assert here.alive() == []


@on_ground
async def test_the_group_hears_of_it_once(here: Ground) -> None:
    code = (
        "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: print('told'))\n"
        "print('up', flush=True)\n"
        "while True: time.sleep(0.01); sys.stdout.flush()"
    )
    await here.start("web", "python3", "-c", code)
    await here.says("web", "up")
    await here.stop("web", grace=0.3)
    assert here.said("web") == ["up", "told"]


@on_ground
async def test_a_shorter_grace_wins_over_a_longer_one(here: Ground) -> None:
    await here.shell("web", "trap '' TERM; echo up; while :; do sleep TOKEN; done")
    await here.says("web", "up")
    slow = asyncio.create_task(here.stop("web", grace=600))
    await here.until("web", lambda unit: unit.stopping)
    await here.stop("web", grace=0.1)
    await slow
    assert here.alive() == []


@on_ground
async def test_to_stop_what_is_absent_succeeds(here: Ground) -> None:
    unit = await here.start("web", "true")
    await here.ended("web")
    await here.stop("web")
    await here.runtime.discard(HERE, data=False)
    await here.runtime.stop(HERE, StopUnit(unit, "SIGTERM", 1.0, ""), print)


@on_ground
async def test_what_a_unit_says_last_is_there_when_it_has_ended(here: Ground) -> None:
    script = "trap 'seq 20000; exit 0' TERM; echo up; while :; do sleep 0.01; done"
    for name in [f"s{number}" for number in range(20)]:
        await here.shell(name, script)
        await here.says(name, "up")
        await here.stop(name)
        assert here.said(name)[-1] == "20000"
