"""Builds an image by the user's own ``docker`` command, with BuildKit where it is there."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from devenv.errors import DevenvError
from devenv.model.service import OF_A_SERVICE
from devenv.runtimes.docker.inputs import context, dockerfile
from devenv.runtimes.docker.names import INPUTS
from devenv.runtimes.protocol import Client, Report

LAST_LINES = 15
LONGEST_LINE = 1024 * 1024
NO_CONTEXTS = "moby.buildkit.frontend.contexts"
"""What an engine names that does not know them."""
Definition = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Job:
    """One image to build. ``inputs`` is the hash of what it is built from, "" if not known.

    ``images`` names the image of each service that it is built on; ``secrets`` are the project's,
    ``values`` the variables that they come from.
    """

    name: str
    definition: Definition
    client: Client
    inputs: str = ""
    images: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Definition] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)


async def build(job: Job, report: Report) -> None:
    """Build an image. Raises DevenvError with the last lines of the build where it fails."""
    program = shutil.which("docker", path=job.client.environment.get("PATH"))
    if program is None:
        raise DevenvError(f"cannot build {job.name}: there is no `docker` command", "install it")
    report(f"builds {job.name}")
    modern = await _has_buildx(program, job.client)
    words = arguments(job) if modern else classic_arguments(job)
    process = await asyncio.create_subprocess_exec(
        program,
        *words,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**job.client.environment, **_values(job), "DOCKER_BUILDKIT": str(int(modern))},
        cwd=job.client.directory,
        start_new_session=True,
        limit=LONGEST_LINE,
    )
    try:
        await _follow(process, job, report)
    finally:
        if process.returncode is None:  # its plug-ins are processes of its own
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def _follow(process: asyncio.subprocess.Process, job: Job, report: Report) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(str(job.definition.get("dockerfile_inline") or "").encode())
    process.stdin.close()
    last: list[str] = []
    async for line in process.stdout:
        text = line.decode("utf-8", "replace").rstrip()
        if text:
            last = [*last[1 - LAST_LINES :], text]
            report(f"{job.name}: {text}")
    if await process.wait():
        why = "\n".join(last)
        if NO_CONTEXTS in why:
            why = "additional_contexts need an engine of version 23 or newer"
        raise DevenvError(f"cannot build {job.name}", why)
    report(f"built {job.name}")


async def _has_buildx(program: str, client: Client) -> bool:
    nowhere = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        program,
        "buildx",
        "version",
        stdin=nowhere,
        stdout=nowhere,
        stderr=nowhere,
        env=dict(client.environment),
        cwd=client.directory,
    )
    return await process.wait() == 0


def arguments(job: Job) -> list[str]:
    """The words after ``docker``. A build argument is only named: its value may be a secret."""
    return [
        "buildx",
        "build",
        "--load",
        "--progress",
        "plain",
        *_options(job),
        context(job.definition),
    ]


def classic_arguments(job: Job) -> list[str]:
    """The same for a client that has no BuildKit; DevenvError for what only BuildKit can do."""
    missing = [key for key in _ONLY_MODERN if job.definition.get(key)]
    if missing:
        raise DevenvError(
            f"cannot build {job.name}: {', '.join(missing)} needs BuildKit",
            "install docker's buildx plug-in",
        )
    return ["build", *_options(job), context(job.definition)]


def _options(job: Job) -> Iterator[str]:
    definition = job.definition
    yield from ("--tag", job.name)
    yield from ("--file", "-" if definition.get("dockerfile_inline") else dockerfile(definition))
    if job.inputs:
        yield from ("--label", f"{INPUTS}={job.inputs}")
    for key in ("no_cache", "pull"):
        if definition.get(key):
            yield f"--{key.replace('_', '-')}"
    for key, flag in _SINGLE.items():
        if definition.get(key) not in (None, ""):
            yield from (flag, str(definition[key]))
    for argument in definition.get("args") or ():
        yield from ("--build-arg", argument)
    for key, flag in _MANY.items():
        for value in _listed(definition.get(key)):
            yield from (flag, value)
    yield from _contexts(job)
    yield from _secrets(job)


def _contexts(job: Job) -> Iterator[str]:
    for name, written in (job.definition.get("additional_contexts") or {}).items():
        service = str(written).removeprefix(OF_A_SERVICE)
        where = f"docker-image://{job.images[service]}" if service != str(written) else written
        yield from ("--build-context", f"{name}={where}")


def _secrets(job: Job) -> Iterator[str]:
    for grant in job.definition.get("secrets") or ():
        name, source = grant.get("target") or grant["source"], job.secrets[grant["source"]]
        if source.get("file"):
            yield from ("--secret", f"id={name},src={source['file']}")
        else:
            yield from ("--secret", f"id={name},env={source.get('environment')}")


_SINGLE = {
    "target": "--target",
    "network": "--network",
    "shm_size": "--shm-size",
    "isolation": "--isolation",
    "provenance": "--provenance",
    "sbom": "--sbom",
}
_MANY = {
    "labels": "--label",
    "cache_from": "--cache-from",
    "cache_to": "--cache-to",
    "extra_hosts": "--add-host",
    "platforms": "--platform",
    "tags": "--tag",
    "ssh": "--ssh",
    "ulimits": "--ulimit",
    "entitlements": "--allow",
}
_ONLY_MODERN = (
    "additional_contexts",
    "cache_to",
    "entitlements",
    "platforms",
    "provenance",
    "sbom",
    "secrets",
    "ssh",
)


def _listed(written: Any) -> list[str]:
    if isinstance(written, Mapping):
        return [k if v is None else f"{k}={_limit(v)}" for k, v in written.items()]
    return [str(one) for one in written or ()]


def _limit(value: Any) -> str:
    """A limit has a soft and a hard number, or one for both."""
    return f"{value['soft']}:{value['hard']}" if isinstance(value, Mapping) else str(value)


def _values(job: Job) -> dict[str, str]:
    """What the options only name: arguments, and secrets that come from variables."""
    written = job.definition.get("args") or {}
    granted = (job.secrets[one["source"]] for one in job.definition.get("secrets") or ())
    names = [str(one["environment"]) for one in granted if one.get("environment")]
    return {
        **{name: job.values[name] for name in names if name in job.values},
        **{name: str(value) for name, value in written.items() if value is not None},
    }
