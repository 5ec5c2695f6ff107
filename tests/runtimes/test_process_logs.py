"""What a service writes goes to its log: all of it, in order, whoever reads or fills the disk."""

from __future__ import annotations

import asyncio
import subprocess

from devenv.logs.read import Query, lines
from devenv.logs.segment import STDERR, STDOUT, TERMINAL
from devenv.logs.source import Source
from devenv.model.service import Process
from tests.runtimes.processes import HERE, Ground, eventually, on_ground

FLOOD_THEN_WAIT = "seq 1000000; touch done; while [ -e done ]; do sleep 0.01; done; echo end"


def stored(here: Ground, name: str) -> list[bytes]:
    source = Source("", str(here.base / "logs" / f"{name}.0"))
    return [line for _, _, line in lines(source, Query())]


@on_ground
async def test_both_streams_are_told_apart(here: Ground) -> None:
    await here.shell("web", "echo out; echo err >&2")
    await here.ended("web")
    source = Source("", str(here.base / "logs" / "web.0"))
    found = {(stream, line.rstrip()) for _, stream, line in lines(source, Query())}
    assert found == {(STDOUT, b"out"), (STDERR, b"err")}


@on_ground
async def test_all_is_stored_before_the_end_is_seen(here: Ground) -> None:
    for name in [f"s{number}" for number in range(10)]:
        await here.shell(name, "seq 30000")
        await here.ended(name)
        assert stored(here, name) == [b"%d" % n for n in range(1, 30001)]


@on_ground
async def test_four_that_flood_lose_nothing_and_starve_nobody(here: Ground) -> None:
    names = ["a", "b", "c", "d"]
    for name in names:
        await here.shell(name, "seq 300000")
    await here.shell("quiet", "echo here")
    await here.says("quiet", "here")
    for name in names:
        await here.ended(name)
        assert stored(here, name) == [b"%d" % n for n in range(1, 300001)]


@on_ground
async def test_a_grandchild_that_holds_the_pipe_is_heard_until_its_end(here: Ground) -> None:
    await here.shell("web", "(sleep 0.1; echo late; exec sleep TOKEN) & echo early; exit 0")
    await here.says("web", "late")
    assert (await here.unit("web")).lingering
    await here.stop("web")
    assert here.said("web") == ["early", "late"]


@on_ground
async def test_a_terminal_is_one_stream(here: Ground) -> None:
    like = Process((), str(here.base), tty=True)
    await here.start("web", "sh", "-c", "[ -t 0 ] && [ -t 2 ] && tty >/dev/tty", like=like)
    await here.ended("web")
    source = Source("", str(here.base / "logs" / "web.0"))
    [(_, stream, line)] = lines(source, Query())
    assert stream == TERMINAL
    assert line.startswith(b"/dev/pts/")


@on_ground
async def test_a_second_run_goes_on_in_the_same_log(here: Ground) -> None:
    for word in ("one", "two"):
        await here.start("web", "echo", word)
        await here.ended("web")
    assert here.said("web") == ["one", "two"]


@on_ground
async def test_a_full_disk_stops_nobody_and_is_told(here: Ground) -> None:
    folder = here.base / "logs"
    folder.mkdir()
    small = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    await here.runtime.discard(HERE, data=False)
    assert await asyncio.to_thread(subprocess.call, small) == 0
    (folder / "filler").write_bytes(b"x" * 500_000)
    try:
        await here.prepare()
        await here.shell("web", FLOOD_THEN_WAIT)
        await eventually((here.base / "done").exists)
        (folder / "filler").unlink()
        (here.base / "done").unlink()
        await here.ended("web")
        said = stored(here, "web")
        assert said[-1] == b"end"
        assert any(b"bytes of output lost" in line for line in said)
        await here.runtime.discard(HERE, data=False)
    finally:
        await asyncio.to_thread(subprocess.call, ["umount", "-l", str(folder)])
