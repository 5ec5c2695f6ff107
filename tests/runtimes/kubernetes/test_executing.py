"""Commands in a pod, over the protocol that its server speaks."""

from __future__ import annotations

from contextlib import aclosing
from pathlib import Path

import pytest

from devenv.errors import DevenvError
from devenv.runtimes.kubernetes.executing import (
    NOT_RUN,
    OLDER,
    PROTOCOL,
    STDERR,
    STDOUT,
    Shell,
    execute,
    open_exec,
)
from devenv.runtimes.protocol import Command
from tests.runtimes.kubernetes.test_attaching import WEB, Shop, on

ANY = pytest.mark.parametrize("protocol", [PROTOCOL, OLDER])


async def opened(shop: Shop, *words: str) -> Shell:
    await shop.has({})
    shop.fake.kubelet.root = shop.folder
    return await open_exec(shop.place, WEB, Command(words, takes_input=True))


async def heard(shell: Shell) -> list[tuple[int, bytes]]:
    found = []
    while (piece := await shell.read()) is not None:
        found.append(piece)
    return found


@ANY
def test_a_command_has_its_streams_apart_and_its_code(tmp_path: Path, protocol: str) -> None:
    async def test(shop: Shop) -> None:
        shop.fake.kubelet.protocols = (protocol,)
        async with aclosing(await opened(shop, "sh", "-c", "read A; echo $A; exit 3")) as shell:
            await shell.write(b"hello\n")
            assert await heard(shell) == [(STDOUT, b"hello\n")]
            assert await shell.exit_code() == 3

    on(tmp_path, test)


def test_a_command_finds_the_end_of_its_input(tmp_path: Path) -> None:
    async def test(shop: Shop) -> None:
        async with aclosing(await opened(shop, "cat")) as shell:
            await shell.write(b"hello\n")
            shell.end_input()
            assert await heard(shell) == [(STDOUT, b"hello\n")]
            assert await shell.exit_code() == 0

    on(tmp_path, test)


def test_where_no_end_of_input_can_be_told_a_command_that_was_given_some_is_left(
    tmp_path: Path,
) -> None:
    async def test(shop: Shop) -> None:
        shop.fake.kubelet.protocols = (OLDER,)
        async with aclosing(await opened(shop, "cat")) as shell:
            await shell.write(b"hello\n")
            assert await shell.read() == (STDOUT, b"hello\n")
            shell.end_input()
            ((stream, said),) = await heard(shell)
            assert stream == STDERR
            assert f"speaks only {OLDER}".encode() in said
            assert await shell.exit_code() == NOT_RUN

    on(tmp_path, test)


@ANY
def test_a_command_that_is_given_nothing_runs_to_its_end(tmp_path: Path, protocol: str) -> None:
    async def test(shop: Shop) -> None:
        shop.fake.kubelet.protocols = (protocol,)
        async with aclosing(await opened(shop, "sh", "-c", "echo done; exit 3")) as shell:
            shell.end_input()
            assert await heard(shell) == [(STDOUT, b"done\n")]
            assert await shell.exit_code() == 3

    on(tmp_path, test)


def test_a_server_that_speaks_neither_is_told(tmp_path: Path) -> None:
    async def test(shop: Shop) -> None:
        await shop.has({})
        shop.fake.kubelet.protocols = ("v3.channel.k8s.io",)
        with pytest.raises(DevenvError, match=f"speaks neither {PROTOCOL} nor {OLDER}"):
            await execute(shop.place, WEB, Command(("true",)))

    on(tmp_path, test)
