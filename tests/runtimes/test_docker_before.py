"""What runs before a service starts: in its order, to its end, once for a definition."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from devenv.model.environment import Resources
from devenv.model.unit import Unit
from tests.runtimes.containers import IMAGE, Quay, quay

pytestmark = pytest.mark.usefixtures("engine")
SHARED = Resources(volumes={"data": {}})


def run(base: Path, test: Callable[[Quay], Awaitable[None]]) -> None:
    async def perform() -> None:
        async with asyncio.timeout(60), quay(base) as opened:
            await opened.prepare(SHARED)
            await test(opened)

    asyncio.run(perform())


def web(*scripts: str, **more: Any) -> dict[str, Any]:
    return {
        "image": IMAGE,
        "command": ["sleep", "1000"],
        "environment": {"COLOUR": "blue"},
        "volumes": [{"type": "volume", "source": "data", "target": "/data"}],
        "pre_start": [{"command": ["sh", "-c", script], **more} for script in scripts],
    }


async def lines(place: Quay, unit: Unit) -> list[str]:
    command = ("cat", "/data/log")
    outcome = await place.runtime.commands.execute(place.environment, unit.id, command)
    return outcome.output.split()


def left(place: Quay) -> list[str]:
    only = ("--filter", f"label=dev.devenv.environment={place.environment}")
    asked = ("docker", "ps", "-a", *only, "--format", "{{.Names}}")
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_they_run_in_their_order_and_are_gone(tmp_path: Path) -> None:
    async def test(place: Quay) -> None:
        scripts = [f"sleep 0.0{5 - n}; echo {n}$COLOUR >>/data/log" for n in range(3)]
        unit = await place.start("web", web(*scripts))
        assert unit.exit is None
        assert await lines(place, unit) == ["0blue", "1blue", "2blue"]
        assert len(left(place)) == 1
        assert "runs pre_start-1 of web" in place.said

    run(tmp_path, test)


def test_what_has_succeeded_is_not_run_again_until_it_is_changed(tmp_path: Path) -> None:
    async def test(place: Quay) -> None:
        definition = web("echo once >>/data/log")
        await place.start("web", definition)
        await place.stop("web")
        await place.start("web", definition)
        await place.stop("web")
        unit = await place.start("web", definition, like="another")
        assert await lines(place, unit) == ["once"]
        await place.stop("web")
        unit = await place.start("web", web("echo changed >>/data/log"), like="third")
        assert await lines(place, unit) == ["once", "changed"]

    run(tmp_path, test)


def test_one_that_fails_keeps_the_service_from_starting(tmp_path: Path) -> None:
    async def test(place: Quay) -> None:
        failing = web("echo here it is; exit 3", "echo never >>/data/log")
        unit = await place.start("web", failing)
        assert unit.exit is not None
        assert "pre_start-0 of web ended with exit code 3: here it is" in unit.exit.why
        kept = [name for name in left(place) if "pre_start-0" in name]
        assert len(kept) == 1
        unit = await place.start("web", web("true", "echo now >>/data/log"))
        assert await lines(place, unit) == ["now"]
        assert [name for name in left(place) if "pre_start" in name] == []

    run(tmp_path, test)


def test_a_failed_command_after_the_start_fails_the_service(tmp_path: Path) -> None:
    async def test(place: Quay) -> None:
        hook = {"command": ["sh", "-c", "echo no table; exit 3"]}
        unit = await place.start("web", {**web(), "post_start": [hook]})
        assert unit.exit is not None
        assert "post_start of web ended with exit code 3: no table" in unit.exit.why
        again = {**web(), "post_start": [{"command": ["sh", "-c", "echo now >>/data/log"]}]}
        assert await lines(place, await place.start("web", again)) == ["now"]

    run(tmp_path, test)


def test_replicas_share_a_run_unless_it_is_one_of_each(tmp_path: Path) -> None:
    async def test(place: Quay) -> None:
        definition = web("sleep 0.1; echo one >>/data/log")
        units = await asyncio.gather(*(place.start("web", definition, index=n) for n in range(3)))
        assert await lines(place, units[0]) == ["one"]
        each = web("echo each >>/data/log", per_replica=True)
        units = await asyncio.gather(*(place.start("all", each, index=n) for n in range(2)))
        assert await lines(place, units[0]) == ["one", "each", "each"]

    run(tmp_path, test)
