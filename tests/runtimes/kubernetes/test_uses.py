"""Who works with a preview lets it live on, and others see that."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from devenv.model.preview import Preview
from devenv.runtimes.kubernetes import names
from devenv.runtimes.kubernetes.kubeconfig import pin
from devenv.runtimes.kubernetes.objects.namespace import moment, namespace
from devenv.runtimes.kubernetes.pace import Pace
from devenv.runtimes.kubernetes.place import Place
from devenv.runtimes.kubernetes.rows import seconds
from devenv.runtimes.kubernetes.server import Server
from devenv.runtimes.kubernetes.uses import Uses
from tests.fakes.apiserver import CONTEXT, ApiServer

HOUR = 3600.0


@pytest.mark.parametrize(("left", "then"), [(0.1 * HOUR, HOUR), (24 * HOUR, 24 * HOUR)])
def test_a_use_lets_a_preview_live_on_but_never_shorter(
    tmp_path: Path, left: float, then: float
) -> None:
    async def main() -> None:
        fake = ApiServer()
        async with fake.serving():
            cluster = pin("fake", CONTEXT, str(fake.kubeconfig(tmp_path)))
            preview = Preview(cluster, "shop-main-1f3c9a2b", "shop", "main", "me", HOUR)
            made = namespace(preview, 1, time.time())
            annotations = made["metadata"]["annotations"]
            annotations |= {names.USED: moment(0), names.EXPIRES: moment(time.time() + left)}
            key = ("namespaces", "", made["metadata"]["name"])
            fake.store.put(key, made)
            server = Server(cluster, lambda _: None, Pace())
            await server.open()
            uses, place = Uses(), Place(preview, server)
            for _ in range(3):
                uses.note(place)
            noted = await server.cache.until(
                lambda: (place.expires or 0) > 0 and _is_used(fake, key), 20
            )
            assert noted
            now = fake.store.objects[key]["metadata"]["annotations"]
            assert seconds(now[names.EXPIRES]) == pytest.approx(time.time() + then, abs=10)
            assert fake.count("PATCH", "namespaces") == 1
            await server.close()

    asyncio.run(main())


def _is_used(fake: ApiServer, key: tuple[str, str, str]) -> bool:
    used: str = fake.store.objects[key]["metadata"]["annotations"][names.USED]
    return seconds(used) > 0
