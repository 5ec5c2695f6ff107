"""Which digests images are pinned to: asked of a registry that is only said to be there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from devenv.daemon import clusters
from devenv.daemon.digests import PATIENCE, Found, find, kept, warnings
from devenv.daemon.verbs.clusters import clusters_file
from devenv.errors import DevenvError
from devenv.model.service import Service
from devenv.runtimes.docker.supply import Supply
from devenv.runtimes.protocol import Client
from tests.daemon.previewed import Previewed, on
from tests.fakes import clock
from tests.runtimes.kubernetes.services import services

AWAY = "the registry quay.example.com cannot be asked"


class Registry:
    """``digests``: what it has, by image; ``asked``: what it was asked for, in this order."""

    def __init__(self, **digests: str) -> None:
        self.digests = {f"{name}:1": digest for name, digest in digests.items()}
        self.asked: list[str] = []
        self.silent = False

    async def ask(self, image: str) -> str:
        self.asked.append(image)
        if self.silent:
            await asyncio.Event().wait()
        if image not in self.digests:
            raise DevenvError(AWAY)
        return self.digests[image]


def of(text: str) -> Sequence[Service]:
    return list(services(f"services: {{{text}}}").values())


def found(
    registry: Registry, text: str, known: Mapping[str, str] | None = None, *, anew: bool = False
) -> Found:
    return clock.run(find(of(text), known or {}, registry.ask, anew=anew))


TWO = "web: {image: 'web:1'}, db: {image: 'db:1'}, more: {image: 'db:1'}"


def test_each_image_is_asked_for_once() -> None:
    registry = Registry(web="sha256:a", db="sha256:b")
    assert found(registry, TWO).digests == {"web:1": "sha256:a", "db:1": "sha256:b"}
    assert sorted(registry.asked) == ["db:1", "web:1"]


def test_what_is_known_is_kept_and_not_asked_for() -> None:
    registry = Registry(web="sha256:new", db="sha256:b")
    known = {"web:1": "sha256:old", "gone:1": "sha256:c"}
    assert found(registry, TWO, known).digests == {"web:1": "sha256:old", "db:1": "sha256:b"}
    assert registry.asked == ["db:1"]


def test_what_nobody_could_say_is_not_asked_for_either() -> None:
    registry = Registry(web="sha256:a", db="sha256:b")
    again = found(registry, TWO, {"web:1": "", "db:1": ""})
    assert again == Found({"web:1": "", "db:1": ""})
    assert registry.asked == []


def test_all_are_asked_for_where_the_user_wants_them_anew() -> None:
    registry = Registry(web="sha256:new", db="sha256:b")
    known = {"web:1": "sha256:old", "db:1": ""}
    anew = found(registry, TWO, known, anew=True)
    assert anew.digests == {"web:1": "sha256:new", "db:1": "sha256:b"}


def test_a_service_that_always_pulls_is_asked_for_each_time() -> None:
    registry = Registry(web="sha256:new", db="sha256:b")
    text = "web: {image: 'web:1', pull_policy: always}, db: {image: 'db:1'}"
    known = {"web:1": "sha256:old", "db:1": "sha256:old"}
    assert found(registry, text, known).digests == {"web:1": "sha256:new", "db:1": "sha256:old"}


def test_what_is_pinned_already_or_only_on_the_node_is_not_asked_for() -> None:
    registry = Registry()
    text = "web: {image: 'web:1@sha256:a'}, db: {image: 'db:1', pull_policy: never}"
    assert found(registry, text) == Found({})
    assert registry.asked == []


def test_who_does_not_answer_is_told_of_once_for_each_reason() -> None:
    text = f"{TWO}, cache: {{image: 'cache:1'}}"
    known = {"cache:1": "sha256:old"}
    away = found(Registry(), text, known, anew=True)
    assert away.digests == {"web:1": "", "db:1": "", "cache:1": "sha256:old"}
    first, second = warnings(of(text), away)
    assert (first.warning, second.warning) == (True, True)
    assert first.message.startswith(
        "web, db, more: the image is applied by its tag as it is written"
    )
    assert second.message.startswith("cache: the image is applied by the digest that it had")
    assert AWAY in first.message


def test_a_registry_that_is_silent_costs_a_bounded_time() -> None:
    async def inside() -> tuple[Found, float]:
        loop = asyncio.get_running_loop()
        begun, registry = loop.time(), Registry()
        registry.silent = True
        assert isinstance(loop, clock.Loop)
        with loop.hurried():
            silent = await find(of(TWO), {}, registry.ask, anew=False)
        return silent, loop.time() - begun

    silent, took = clock.run(inside())
    assert set(silent.faults.values()) == {"its registry does not answer"}
    assert PATIENCE <= took < 2 * PATIENCE


OLD = {"web:1": "old", "db:1": "old"}


@pytest.mark.parametrize(
    ("found", "now", "kept_then"),
    [
        (Found({"web:1": "old", "db:1": "old"}), OLD, OLD),
        (Found({"web:1": "old"}), {"web:1": "old", "db:1": "b"}, {"web:1": "old", "db:1": "b"}),
        (Found(OLD), {**OLD, "web:1": "pulled"}, {**OLD, "web:1": "pulled"}),
        (Found({**OLD, "db:1": "elsewhere"}), OLD, {**OLD, "db:1": "elsewhere"}),
        (Found({**OLD, "web:1": "new"}, {"web:1": "new"}), {"web:1": "x"}, {**OLD, "web:1": "new"}),
        (Found({**OLD, "db:1": ""}), {**OLD, "db:1": "b", "no:1": "c"}, {**OLD, "db:1": "b"}),
    ],
)
def test_what_another_up_has_pinned_meanwhile_is_kept(
    found: Found, now: Mapping[str, str], kept_then: Mapping[str, str]
) -> None:
    assert kept(of(TWO), found, OLD, now) == kept_then


@pytest.mark.usefixtures("home")
def test_two_at_the_same_time_keep_what_each_has_pinned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = asyncio.Barrier(2)

    async def digest(supply: Supply, image: str, client: Client) -> str:
        await both.wait()
        return f"sha256:{image[5:-2]}"

    async def test(world: Previewed) -> None:
        await asyncio.gather(*(world.ask("preview.up", services=[name]) for name in ("web", "db")))
        pins = world.live.board.newest.intent.digests
        assert pins == {"shop/web:1": "sha256:web", "shop/db:1": "sha256:db"}

    monkeypatch.setattr(Supply, "digest", digest)
    on(tmp_path, test)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("loads", "asked"), [("kind:team", ["db", "old"]), ("", ["db", "old", "web"])]
)
def test_what_nodes_may_have_by_hand_is_asked_of_no_stranger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loads: str, asked: Sequence[str]
) -> None:
    names = []

    async def digest(supply: Supply, image: str, client: Client) -> str:
        names.append(image.rpartition("/")[2][:-2])
        return "sha256:a"

    async def test(world: Previewed) -> None:
        (world.checkout / "compose.yaml").write_text(
            "services: {web: {image: 'shop/web:1'}, db: {image: 'quay.example.com/shop/db:1'},"
            " old: {image: 'old:1', pull_policy: always}}"
        )
        (cluster,) = clusters.read(clusters_file()).values()
        clusters.write(clusters_file(), {"fake": replace(cluster, loads=loads)})
        await world.ask("preview.up")
        assert sorted(names) == asked
        pins = world.live.board.newest.intent.digests
        assert sum("web" in one for one in pins) == asked.count("web")

    monkeypatch.setattr(Supply, "digest", digest)
    on(tmp_path, test)
