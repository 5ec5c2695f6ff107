"""What runs in a container before it is asked to end."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from devenv.model.environment import Resources
from tests.runtimes.containers import IMAGE, Quay, quay

pytestmark = pytest.mark.usefixtures("engine")
TRAPS = "trap 'echo term >>/data/log; exit 0' TERM; while :; do sleep 0.05; done"
WEB = {
    "image": IMAGE,
    "command": ["sh", "-c", TRAPS],
    "volumes": [{"type": "volume", "source": "data", "target": "/data"}],
}


def run(base: Path, test: Callable[[Quay], Awaitable[None]]) -> None:
    async def perform() -> None:
        async with asyncio.timeout(60), quay(base) as opened:
            await opened.prepare(Resources(volumes={"data": {}}))
            await opened.start("web", WEB)
            await test(opened)

    asyncio.run(perform())


def hook(script: str, **more: Any) -> dict[str, Any]:
    return {"command": ["sh", "-c", script], **more}


def lines(place: Quay) -> list[str]:
    """What was written, read from the volume by another container."""
    volume = f"{place.environment}_data:/data"
    asked = ("docker", "run", "--rm", "-v", volume, IMAGE, "cat", "/data/log")
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()


def test_hooks_run_in_their_order_before_the_signal(tmp_path: Path) -> None:
    async def test(place: Quay) -> None:
        first = hook("sleep 0.1; echo first$WORD >>/data/log", environment={"WORD": "blue"})
        unit = await place.stop("web", first, hook("echo second >>/data/log"))
        assert unit.exit is not None
        assert lines(place) == ["firstblue", "second", "term"]
        assert place.said == []

    run(tmp_path, test)


def test_one_that_fails_is_told_and_keeps_nothing_from_ending(tmp_path: Path) -> None:
    async def test(place: Quay) -> None:
        unit = await place.stop("web", hook("echo no >&2; exit 3"), hook("echo on >>/data/log"))
        assert unit.exit is not None
        assert lines(place) == ["on", "term"]
        assert place.said == ["pre_stop of web ended with exit code 3: no"]

    run(tmp_path, test)


def test_one_that_does_not_end_has_the_grace_time(tmp_path: Path) -> None:
    async def test(place: Quay) -> None:
        unit = await place.stop("web", hook("sleep 1000"), grace=0.5)
        assert unit.exit is not None
        assert lines(place) == ["term"]
        assert place.said == ["pre_stop of web did not end within 0.5 s"]

    run(tmp_path, test)
