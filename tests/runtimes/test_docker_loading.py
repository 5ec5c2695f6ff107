"""Images that are loaded into nodes: by the programs of these, which are not kind's own here."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path
from typing import Any, Literal

import pytest

from devenv.errors import DevenvError
from devenv.runtimes.docker import loading
from devenv.runtimes.docker.loading import ANSWER, node_of
from devenv.runtimes.protocol import Client
from tests.fakes import clock
from tests.runtimes.test_programs import is_gone

IMAGE = "localhost/shop-web:1f3c"


def program(folder: Path, name: str, text: str) -> None:
    """Have a program that writes down its words, a line for each call, before it does ``text``."""
    path = folder / name
    log = f'printf "%s " {name} "$@" >>"{folder}/calls"; echo >>"{folder}/calls"\n'
    path.write_text(f"#!/bin/sh\n{log}{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def calls(folder: Path) -> list[str]:
    return [line.strip() for line in (folder / "calls").read_text().splitlines()]


def client(folder: Path) -> Client:
    return Client(str(folder), environment={"PATH": f"{folder}:{os.defpath}"})


def refused(awaited: Any) -> DevenvError:
    with pytest.raises(DevenvError) as error:
        asyncio.run(awaited)
    return error.value


def test_kind_gets_the_file_and_the_name_of_the_cluster(tmp_path: Path) -> None:
    program(tmp_path, "kind", f'cp "$3" "{tmp_path}/taken"')
    archive = tmp_path / "image; rm -rf x.tar"
    archive.write_bytes(b"\x00an image\xff")
    asyncio.run(node_of("kind:team", client(tmp_path)).take(str(archive)))
    assert calls(tmp_path) == [f"kind load image-archive {archive} --name team"]
    assert (tmp_path / "taken").read_bytes() == archive.read_bytes()


@pytest.mark.parametrize(("second", "has"), [(IMAGE, True), ("", False)])
def test_kind_has_an_image_that_each_of_its_nodes_has(
    tmp_path: Path, second: str, has: bool
) -> None:
    program(tmp_path, "kind", "echo one; echo two")
    program(tmp_path, "docker", f'[ "$2" = one ] && echo {IMAGE} || echo {second}')
    assert asyncio.run(node_of("kind:team", client(tmp_path)).has(IMAGE)) == has
    first, *asked = calls(tmp_path)
    assert first == "kind get nodes --name team"
    words = f"ctr --namespace=k8s.io images ls --quiet name=={IMAGE}"
    assert sorted(asked) == [f"docker exec {node} {words}" for node in ("one", "two")]


def test_a_cluster_that_kind_does_not_know_is_told(tmp_path: Path) -> None:
    program(tmp_path, "kind", 'echo "No kind nodes found" >&2')
    error = refused(node_of("kind:team", client(tmp_path)).has(IMAGE))
    assert (error.message, error.hint) == ("kind has no cluster team", "kind get clusters")


def test_a_program_that_is_missing_is_told_with_another_way(tmp_path: Path) -> None:
    error = refused(node_of("kind:team", client(tmp_path)).has(IMAGE))
    assert "images are loaded by `kind`, and there is no such command" in error.message
    assert "cluster add --registry" in error.hint


def test_what_a_program_complains_of_is_told_in_its_last_words(tmp_path: Path) -> None:
    program(tmp_path, "kind", "echo first >&2; echo ERROR: permission denied >&2; exit 1")
    error = refused(node_of("kind:team", client(tmp_path)).take("image.tar"))
    assert error.message == "cannot load images with `kind`: ERROR: permission denied"
    assert "the user of the daemon needs it" in error.hint


def test_a_containerd_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    error = refused(node_of(f"containerd:{tmp_path}/none.sock", client(tmp_path)).has(IMAGE))
    assert error.message == f"no containerd listens at {tmp_path}/none.sock"


def test_a_containerd_is_asked_by_its_socket(tmp_path: Path) -> None:
    program(tmp_path, "ctr", f"echo {IMAGE}")
    socket = tmp_path / "containerd.sock"
    socket.touch()
    node = node_of(f"containerd:{socket}", client(tmp_path))
    assert asyncio.run(node.has(IMAGE))
    asyncio.run(node.take("image.tar"))
    words = f"ctr --address={socket} --namespace=k8s.io images"
    assert calls(tmp_path) == [f"{words} ls --quiet name=={IMAGE}", f"{words} import image.tar"]


def test_what_kind_warns_of_is_no_node(tmp_path: Path) -> None:
    program(tmp_path, "kind", "echo using podman >&2; echo one")
    program(tmp_path, "docker", f"echo {IMAGE}")
    assert asyncio.run(node_of("kind:team", client(tmp_path)).has(IMAGE))
    assert len(calls(tmp_path)) == 2


@pytest.mark.parametrize("asked", ["has", "take"])
def test_a_node_that_does_not_end_is_told_and_nothing_of_it_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: Literal["has", "take"]
) -> None:
    async def test() -> DevenvError:
        work, pids = await _stuck(tmp_path, asked)
        loop = asyncio.get_running_loop()
        assert isinstance(loop, clock.Loop)
        with loop.hurried(), pytest.raises(DevenvError) as error:
            await work
        assert all(is_gone(pid) for pid in pids)
        return error.value

    monkeypatch.setattr(loading, "LOADING", ANSWER)
    assert clock.run(test()).message == f"`ctr` has not ended within {ANSWER:g} s"


@pytest.mark.parametrize("asked", ["has", "take"])
def test_who_gives_up_leaves_no_program_of_a_node(
    tmp_path: Path, asked: Literal["has", "take"]
) -> None:
    async def test() -> None:
        work, pids = await _stuck(tmp_path, asked)
        work.cancel()
        await asyncio.wait((work,))
        assert all(is_gone(pid) for pid in pids)

    asyncio.run(test())


async def _stuck(
    folder: Path, asked: Literal["has", "take"]
) -> tuple[asyncio.Task[object], list[int]]:
    """What is asked of a node that never answers, and the processes that are at it."""
    said = folder / "pids"
    os.mkfifo(said)
    program(folder, "ctr", f'sleep 300 & echo "$$ $!" >"{said}"; wait')
    (folder / "containerd.sock").touch()
    node = node_of(f"containerd:{folder}/containerd.sock", client(folder))
    work = asyncio.ensure_future(getattr(node, asked)("it"))
    pids = await asyncio.to_thread(said.read_text)
    return work, [int(pid) for pid in pids.split()]
