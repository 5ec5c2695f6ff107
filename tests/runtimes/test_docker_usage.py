"""What containers use, as the kernel counts it in both versions of control groups."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from devenv.runtimes.docker import usage as reading
from devenv.runtimes.docker.usage import usage
from devenv.runtimes.protocol import Sample
from tests.lab.engine import Engine
from tests.runtimes.containers import quay


def test_both_versions_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "GROUPS", tmp_path)
    of: dict[int, dict[str, str]] = {
        1: {"memory": "/docker/abc", "cpuacct": "/docker/abc", "cpu": "/docker/abc", "": "/"},
        2: {"": "/system.slice/docker-abc.scope"},
    }
    monkeypatch.setattr(reading, "_groups_of", of.__getitem__)
    files = {
        "memory/docker/abc/memory.usage_in_bytes": "5000\n",
        "memory/docker/abc/memory.stat": "cache 7\ntotal_inactive_file 1000\n",
        "cpuacct/docker/abc/cpuacct.usage": "2500000000\n",
        "system.slice/docker-abc.scope/memory.current": "6000\n",
        "system.slice/docker-abc.scope/memory.stat": "anon 7\ninactive_file 1000\n",
        "system.slice/docker-abc.scope/cpu.stat": "usage_usec 1500000\nuser_usec 7\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert usage("abc", 1) == Sample(2.5, 4000)
    assert usage("abc", 2) == Sample(1.5, 5000)
    assert usage("def", 2) is None


def test_a_process_that_is_none_of_the_container_counts_for_nothing() -> None:
    assert usage("a" * 64, os.getpid()) is None
    assert usage("a" * 64, None) is None


def test_it_is_what_the_engine_says(tmp_path: Path, engine: Engine) -> None:
    async def both() -> tuple[Sample | None, int]:
        async with quay(tmp_path, DOCKER_HOST=engine.host) as opened:
            unit = await opened.start("web")
            place = opened.runtime.places.need(opened.environment)
            container = place.container_of("web")
            told = await place.engine.connection.call(
                lambda client: client.stats(container, stream=False, one_shot=True)
            )
            return usage(container, unit.pid), told["cpu_stats"]["cpu_usage"]["total_usage"]

    read, spent = asyncio.run(both())
    assert read is not None
    assert read.memory_bytes > 0
    assert read.cpu_seconds == pytest.approx(spent / 1e9, abs=0.5)
