"""Builds an image by the ``docker`` command of the client, with BuildKit where it is there."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator, Mapping
from typing import Any

from devenv.errors import DevenvError
from devenv.runtimes.docker.address import Address
from devenv.runtimes.protocol import Client, Report

LAST_LINES = 15
Definition = Mapping[str, Any]


async def build(
    address: Address, name: str, definition: Definition, client: Client, report: Report
) -> None:
    """Build an image. Raises DevenvError with the last lines of the build where it fails."""
    program = shutil.which("docker", path=client.environment.get("PATH"))
    if program is None:
        raise DevenvError(f"cannot build {name}: there is no `docker` command", "install it")
    report(f"builds {name}")
    environment = {
        **client.environment,
        **_given_arguments(definition),
        "DOCKER_HOST": address.url,
        "DOCKER_BUILDKIT": "1",
    }
    inline = definition.get("dockerfile_inline")
    process = await asyncio.create_subprocess_exec(
        program,
        *arguments(name, definition),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=environment,
        cwd=client.directory,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(str(inline).encode() if inline else b"")
    process.stdin.close()
    last: list[str] = []
    async for line in process.stdout:
        text = line.decode("utf-8", "replace").rstrip()
        if text:
            last = [*last[1 - LAST_LINES :], text]
            report(f"{name}: {text}")
    if await process.wait():
        raise DevenvError(f"cannot build {name}", "\n".join(last))
    report(f"built {name}")


def arguments(name: str, definition: Definition) -> list[str]:
    """The words after ``docker``. A build argument is only named: its value may be a secret."""
    return ["build", "--tag", name, *_options(definition), str(definition.get("context") or ".")]


def _options(definition: Definition) -> Iterator[str]:
    if definition.get("dockerfile_inline"):
        yield from ("--file", "-")
    elif definition.get("dockerfile"):
        yield from ("--file", _dockerfile(definition))
    for flag in ("no_cache", "pull"):
        if definition.get(flag):
            yield f"--{flag.replace('_', '-')}"
    for key, flag in _SINGLE.items():
        if definition.get(key):
            yield from (flag, str(definition[key]))
    for argument in definition.get("args") or ():
        yield from ("--build-arg", argument)
    for key, flag in _MANY.items():
        for value in _values(definition.get(key)):
            yield from (flag, value)


_SINGLE = {"target": "--target", "network": "--network", "shm_size": "--shm-size"}
_MANY = {
    "labels": "--label",
    "cache_from": "--cache-from",
    "cache_to": "--cache-to",
    "extra_hosts": "--add-host",
    "additional_contexts": "--build-context",
    "platforms": "--platform",
    "tags": "--tag",
    "ssh": "--ssh",
}


def _values(written: Any) -> list[str]:
    if isinstance(written, Mapping):
        return [k if v is None else f"{k}={v}" for k, v in written.items()]
    return [str(one) for one in written or ()]


def _given_arguments(definition: Definition) -> dict[str, str]:
    written = definition.get("args") or {}
    return {name: str(value) for name, value in written.items() if value is not None}


def _dockerfile(definition: Definition) -> str:
    written, context = str(definition["dockerfile"]), str(definition.get("context") or ".")
    return written if written.startswith("/") or "://" in context else f"{context}/{written}"
