"""Commands in containers by the engine's API: both directions, a terminal, the end."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

import pytest

from devenv.errors import DevenvError
from devenv.model.environment import ReplicaId
from devenv.runtimes.docker.duplex import Duplex
from devenv.runtimes.docker.frames import STDERR, STDOUT
from devenv.runtimes.protocol import Command
from tests.runtimes.containers import Quay, quay

WEB = ReplicaId("web")
pytestmark = pytest.mark.usefixtures("engine")


def run(base: Path, test: Callable[[Quay], Awaitable[None]]) -> None:
    async def perform() -> None:
        async with asyncio.timeout(60), quay(base) as opened:
            await opened.start("web")
            await test(opened)

    asyncio.run(perform())


async def opened(place: Quay, *words: str, **how: object) -> Duplex:
    command = Command(words, takes_input=True, **how)  # type: ignore[arg-type] # as they come
    return await place.runtime.commands.open_exec(place.environment, WEB, command)


async def everything(duplex: Duplex) -> dict[int, bytes]:
    found = {STDOUT: b"", STDERR: b""}
    while (piece := await duplex.read()) is not None:
        found[piece[0]] += piece[1]
    return found


def test_a_shell_answers_as_long_as_it_is_asked(tmp_path: Path) -> None:
    async def test(place: Quay) -> None:
        async with aclosing(await opened(place, "sh")) as shell:
            for number in range(100):
                await shell.write(b"echo %d\n" % number)
                assert await shell.read() == (STDOUT, b"%d\n" % number)
            await shell.write(b"exit 3\n")
            assert await shell.read() is None
            assert await shell.exit_code() == 3

    run(tmp_path, test)


def test_the_end_of_the_input_leaves_the_output_open(tmp_path: Path) -> None:
    content = bytes(range(256)) * 20_000

    async def test(place: Quay) -> None:
        async with aclosing(await opened(place, "cat")) as cat:
            reading = asyncio.create_task(everything(cat))
            await cat.write(content)
            cat.end_input()
            assert (await reading)[STDOUT] == content
            assert await cat.exit_code() == 0

    run(tmp_path, test)


def test_errors_come_apart_from_output(tmp_path: Path) -> None:
    async def test(place: Quay) -> None:
        async with aclosing(await opened(place, "sh", "-c", "echo out; echo err >&2")) as shell:
            assert await everything(shell) == {STDOUT: b"out\n", STDERR: b"err\n"}

    run(tmp_path, test)


def test_a_terminal_has_the_size_that_it_is_given(tmp_path: Path) -> None:
    async def test(place: Quay) -> None:
        script = "read x; stty size; read x; stty size; exit 5"
        async with aclosing(
            await opened(place, "sh", "-c", script, tty=True, size=(100, 30))
        ) as shell:
            await shell.write(b"\n")
            shown = b""
            while b"30 100" not in shown:
                piece = await shell.read()
                assert piece is not None, shown
                shown += piece[1]
            await shell.resize(120, 40)
            await shell.write(b"\n")
            assert b"40 120" in (await everything(shell))[STDOUT]
            assert await shell.exit_code() == 5

    run(tmp_path, test)


def test_a_command_that_closes_its_output_is_waited_for(tmp_path: Path) -> None:
    async def test(place: Quay) -> None:
        script = "exec >&- 2>&-; while [ ! -e /go ]; do usleep 5000; done; exit 4"
        async with aclosing(await opened(place, "sh", "-c", script)) as shell:
            ended = asyncio.create_task(shell.exit_code())
            async with aclosing(await opened(place, "touch", "/go")) as touch:
                assert await touch.exit_code() == 0
            assert await ended == 4

    run(tmp_path, test)


def test_a_container_that_is_killed_takes_its_commands_with_it(tmp_path: Path) -> None:
    async def test(place: Quay) -> None:
        async with aclosing(await opened(place, "sh", "-c", "echo; sleep 1000")) as sleeper:
            assert await sleeper.read() == (STDOUT, b"\n")
            number = place.runtime.commands.container(place.environment, WEB)
            await asyncio.to_thread(
                subprocess.run, ("docker", "kill", number), check=True, capture_output=True
            )
            assert await sleeper.read() is None
            assert await sleeper.exit_code() == 137

    run(tmp_path, test)


def test_what_is_not_there_cannot_be_run(tmp_path: Path) -> None:
    async def test(place: Quay) -> None:
        async with aclosing(await opened(place, "nonesuch")) as missing:
            said = (await everything(missing))[STDOUT]
            assert await missing.exit_code() in {126, 127}
        assert b"nonesuch" in said

    run(tmp_path, test)


def test_a_container_that_does_not_run_takes_no_command(tmp_path: Path) -> None:
    async def test(place: Quay) -> None:
        await place.stop("web")
        with pytest.raises(DevenvError, match="web does not run"):
            await opened(place, "true")

    run(tmp_path, test)


def test_a_container_that_is_paused_takes_no_command(tmp_path: Path) -> None:
    async def test(place: Quay) -> None:
        await place.runtime.pause(place.environment, WEB, paused=True)
        with pytest.raises(DevenvError, match="web is paused"):
            await opened(place, "true")

    run(tmp_path, test)


def test_it_has_the_circumstances_that_it_is_given(tmp_path: Path) -> None:
    async def test(place: Quay) -> None:
        how = {"user": "7:8", "directory": "/bin", "environment": {"COLOUR": "blue"}}
        script = "id -u; id -g; pwd; echo $COLOUR"
        async with aclosing(await opened(place, "sh", "-c", script, **how)) as shell:
            assert (await everything(shell))[STDOUT] == b"7\n8\n/bin\nblue\n"

    run(tmp_path, test)
