"""Images from a registry that asks who one is, by the user's own docker configuration."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab.engine import Engine
from tests.ports import free_port
from tests.runtimes.containers import IMAGE, quay

USER, WORD = "shop", "open sesame"
HTPASSWD = f"{USER}:$2b$05$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW\n"
"""The same, as a registry takes it."""
CONFIG = """
version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: FOLDER/data}}
http: {addr: ADDRESS}
auth: {htpasswd: {realm: lab, path: FOLDER/htpasswd}}
"""


@dataclass(frozen=True, slots=True)
class Registry:
    """``image`` is in it, and not in the engine."""

    address: str
    image: str


@pytest.fixture
def registry(engine: Engine, tmp_path: Path) -> Iterator[Registry]:
    folder = tmp_path / "registry"
    folder.mkdir()
    address = f"127.0.0.1:{free_port()}"
    (folder / "htpasswd").write_text(HTPASSWD)
    config = CONFIG.replace("FOLDER", str(folder)).replace("ADDRESS", address)
    (folder / "config.yml").write_text(config)
    serving = subprocess.Popen(
        ("docker-registry", "serve", str(folder / "config.yml")),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    image = f"{address}/lab/busybox:1"
    try:
        _wait_for(address)
        _make(image)
        _docker("push", image, config=logged_in(tmp_path / "pusher", address))
        _docker("rmi", image)
        yield Registry(address, image)
    finally:
        subprocess.run(("docker", "rmi", image), check=False, capture_output=True)
        serving.terminate()
        serving.wait()


def _make(image: str) -> None:
    """An image with a layer that no other one has."""
    name = f"login-{os.getpid()}-{time.time_ns()}"
    _docker("run", "--name", name, IMAGE, "sh", "-c", "head -c 3000000 /dev/urandom >/much")
    _docker("commit", name, image)
    _docker("rm", name)


def _wait_for(address: str) -> None:
    host, _, port = address.partition(":")
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection((host, int(port))).close()
        except OSError:
            assert time.monotonic() < deadline, "the registry does not come up"
            time.sleep(0.02)
        else:
            return


def _docker(*words: str, config: Path | None = None) -> None:
    environment = {**os.environ, **({"DOCKER_CONFIG": str(config)} if config else {})}
    subprocess.run(("docker", *words), check=True, capture_output=True, env=environment)


def logged_in(folder: Path, address: str) -> Path:
    """A docker configuration that has the log-in itself."""
    folder.mkdir()
    auth = base64.b64encode(f"{USER}:{WORD}".encode()).decode()
    (folder / "config.json").write_text(json.dumps({"auths": {address: {"auth": auth}}}))
    return folder


def helped(folder: Path, address: str) -> Path:
    """A docker configuration that has the log-in from a helper, which lies beside it."""
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"credHelpers": {address: "lab"}}))
    said = json.dumps({"ServerURL": address, "Username": USER, "Secret": WORD})
    helper = folder / "docker-credential-lab"
    helper.write_text(f"#!/bin/sh\ncat >/dev/null\necho '{said}'\n")
    helper.chmod(0o755)
    return folder


def started(tmp_path: Path, registry: Registry, config: Path) -> tuple[str, list[str]]:
    """Why a container of the registry's image does not run, "" if it does; and what was said."""

    async def perform() -> tuple[str, list[str]]:
        path = f"{config}:{os.environ['PATH']}"
        async with (
            asyncio.timeout(60),
            quay(tmp_path, DOCKER_CONFIG=str(config), PATH=path) as place,
        ):
            definition = {"image": registry.image, "command": ["sleep", "1000"]}
            unit = await place.start("web", definition)
            return (unit.exit.why if unit.exit else ""), place.said

    return asyncio.run(perform())


def test_a_login_of_the_configuration_is_used(tmp_path: Path, registry: Registry) -> None:
    config = logged_in(tmp_path / "docker", registry.address)
    why, said = started(tmp_path, registry, config)
    assert why == ""
    assert f"pulled {registry.image}" in said
    assert any("2 of 2 layers" in line for line in said)


def test_a_helper_in_the_users_path_is_asked(tmp_path: Path, registry: Registry) -> None:
    assert started(tmp_path, registry, helped(tmp_path / "docker", registry.address))[0] == ""


def test_a_helper_that_is_missing_is_named(tmp_path: Path, registry: Registry) -> None:
    config = helped(tmp_path / "docker", registry.address)
    (config / "docker-credential-lab").unlink()
    why = started(tmp_path, registry, config)[0]
    assert "docker-credential-lab not installed" in why


def test_without_a_login_the_registry_says_no(tmp_path: Path, registry: Registry) -> None:
    config = tmp_path / "docker"
    config.mkdir()
    why = started(tmp_path, registry, config)[0]
    assert f"cannot pull {registry.image}" in why
    assert "docker login" in why
