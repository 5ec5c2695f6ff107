"""What ``preview sweep`` takes down, and what it keeps."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from devenv.daemon.repositories import Repository
from devenv.runtimes.kubernetes import names
from tests.daemon.previewed import Previewed, on
from tests.daemon.test_branches import look, lose_there, push

pytestmark = pytest.mark.usefixtures("home")


def test_the_checkout_is_found_by_a_file_too(tmp_path: Path) -> None:
    async def test(world: Previewed) -> None:
        push(world)
        await world.up()
        lose_there(world)
        elsewhere = {"directory": str(tmp_path), "files": [str(world.checkout / "compose.yaml")]}
        answer = await world.ask("preview.sweep", target=elsewhere)
        assert [one["reason"] for one in answer["swept"]] == ["its branch is gone"]

    on(tmp_path, test)


async def sweep(world: Previewed) -> None:
    answer = await world.ask("preview.sweep")
    assert (answer["swept"], answer["stayed"]) == ([], [])


async def ask_anew(world: Previewed) -> None:
    await world.ask("preview.up", pull_request=7)


async def use(world: Previewed) -> None:
    key = ("namespaces", "", world.namespace)
    home = world.fake.store.objects[key]
    told = {**home["metadata"]["annotations"], names.USED: "2038-01-19T03:14:07Z"}
    world.fake.store.put(key, {**home, "metadata": {**home["metadata"], "annotations": told}})


@pytest.mark.parametrize("looking", [sweep, look])
@pytest.mark.parametrize("meanwhile", [ask_anew, use])
def test_what_is_used_while_a_sweep_looks_is_kept(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    looking: Callable[[Previewed], Awaitable[None]],
    meanwhile: Callable[[Previewed], Awaitable[None]],
) -> None:
    async def test(world: Previewed) -> None:
        push(world)
        await world.up()
        lose_there(world)
        ask = Repository.branches

        async def branches(repository: Repository) -> frozenset[str]:
            found = await ask(repository)
            await meanwhile(world)
            return found

        monkeypatch.setattr(Repository, "branches", branches)
        await looking(world)
        assert world.live.intent.is_up
        monkeypatch.setattr(Repository, "branches", ask)
        await world.ask("preview.sweep")
        assert not world.live.intent.is_up

    on(tmp_path, test)
