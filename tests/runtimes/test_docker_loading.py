"""Images that are loaded into nodes: by the programs of these, which are not kind's own here."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from devenv.errors import DevenvError
from devenv.runtimes.docker.loading import node_of
from devenv.runtimes.protocol import Client

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
