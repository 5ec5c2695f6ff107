"""Who works with a preview lets it live on, and others see that."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from devenv.model.preview import Preview
from devenv.runtimes.kubernetes import names
from devenv.runtimes.kubernetes.kubeconfig import pin
from devenv.runtimes.kubernetes.moments import seconds, stamp
from devenv.runtimes.kubernetes.objects.namespace import namespace
from devenv.runtimes.kubernetes.pace import Pace
from devenv.runtimes.kubernetes.place import Place
from devenv.runtimes.kubernetes.server import Server
from devenv.runtimes.kubernetes.uses import Uses
from tests.fakes.apiserver import CONTEXT, ApiServer

HOUR = 3600.0


@pytest.mark.parametrize(("left", "then"), [(0.1 * HOUR, HOUR), (24 * HOUR, 24 * HOUR)])
def test_a_use_lets_a_preview_live_on_but_never_shorter(
    tmp_path: Path, left: float, then: float
) -> None:
    async def main() -> None:
        async with _preview_in_a_cluster(tmp_path, "fake", left) as (fake, place):
            uses = Uses()
            for _ in range(3):
                uses.note(place)
            assert await place.server.cache.until(lambda: _is_used(fake), 20)
            assert place.expires == pytest.approx(time.time() + then, abs=10)
            assert fake.count("PATCH", "namespaces") == 1

    asyncio.run(main())


def test_a_use_in_one_cluster_is_none_in_another(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            _preview_in_a_cluster(tmp_path, "one", HOUR) as (first, here),
            _preview_in_a_cluster(tmp_path, "two", HOUR) as (second, there),
        ):
            uses = Uses()
            uses.note(here)
            assert await here.server.cache.until(lambda: _is_used(first), 20)
            assert not _is_used(second)
            uses.note(there)
            assert await there.server.cache.until(lambda: _is_used(second), 20)

    asyncio.run(main())


@asynccontextmanager
async def _preview_in_a_cluster(
    base: Path, name: str, left: float
) -> AsyncIterator[tuple[ApiServer, Place]]:
    """A preview that nobody has used yet, with so many seconds left."""
    fake = ApiServer()
    (base / name).mkdir()
    async with fake.serving():
        cluster = pin(name, CONTEXT, str(fake.kubeconfig(base / name)))
        preview = Preview(cluster, "shop-main-1f3c9a2b", "shop", "main", "me", HOUR)
        made = namespace(preview, 1, time.time())
        annotations = made["metadata"]["annotations"]
        annotations |= {names.USED: stamp(0), names.EXPIRES: stamp(time.time() + left)}
        fake.store.put(("namespaces", "", made["metadata"]["name"]), made)
        server = Server(cluster, lambda _: None, Pace())
        await server.open()
        yield fake, Place(preview, server)
        await server.close()


def _is_used(fake: ApiServer) -> bool:
    (made,) = fake.store.objects.values()
    return seconds(made["metadata"]["annotations"][names.USED]) > 0
