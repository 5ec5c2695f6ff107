"""Images in a registry, without a registry: what is done in which order, and what is not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from devenv.errors import DevenvError
from devenv.model.environment import EnvironmentId
from devenv.runtimes.docker import building
from devenv.runtimes.docker.connection import RefusedError
from devenv.runtimes.docker.images import Order
from devenv.runtimes.docker.publishing import Publisher, content
from devenv.runtimes.protocol import Client


class Engine:
    """Has no image in any registry; notes what it is asked to do with those that it has."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def digest(self, name: str, client: Client) -> str:
        raise RefusedError("manifest unknown", 404)

    async def program(self, name: str) -> None:
        """It does not know what an image runs."""

    async def call(self, work: Callable[[Any], Any]) -> Any:
        return work(self)

    def push(self, repository: str, tag: str, **_: Any) -> list[dict[str, Any]]:
        self.asked.append("push")
        return [{"aux": {"Digest": "sha256:1"}}]

    def remove_image(self, name: str) -> None:
        self.asked.append("remove")


@pytest.fixture
def order(tmp_path: Path) -> Order:
    (tmp_path / "Dockerfile").write_text("FROM lab/base")
    builds: dict[str, Any] = {"web": {"build": {"context": str(tmp_path)}}}
    builds["web"]["image"] = f"registry.example.com/web:{content('web', builds)}"
    return Order(EnvironmentId("shop"), "web", builds["web"], Client("/"), builds=builds)


def published(order: Order, engine: Engine) -> str:
    publisher = Publisher(engine, engine)  # type: ignore[arg-type]
    return asyncio.run(publisher.publish(order, lambda _: None))


def test_what_is_built_is_pushed_and_kept_only_there(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def build(*_: object) -> None:
        engine.asked.append("build")

    monkeypatch.setattr(building, "build", build)
    engine = Engine()
    assert published(order, engine) == "sha256:1"
    assert engine.asked == ["build", "push", "remove"]


def test_what_changes_while_it_is_built_is_not_pushed(
    order: Order, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def build(*_: object) -> None:
        (tmp_path / "saved").touch()

    monkeypatch.setattr(building, "build", build)
    engine = Engine()
    with pytest.raises(DevenvError, match="changed while its image was built"):
        published(order, engine)
    assert engine.asked == ["remove"]
