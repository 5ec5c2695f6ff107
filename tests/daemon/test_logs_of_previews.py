"""The logs of a preview's pods, which come and go, in the store of this machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from devenv.logs.read import Query, lines
from devenv.logs.source import Source
from tests.daemon.previewed import Document, Previewed, on
from tests.fakes.apiserver import Fault
from tests.fakes.store import Key

pytestmark = pytest.mark.usefixtures("home")


class Shown:
    """The log of the service ``web``, and the pod that writes it."""

    def __init__(self, world: Previewed) -> None:
        self._world = world

    @property
    def key(self) -> Key:
        return ("pods", self._world.namespace, "web-0")

    @property
    def _pod(self) -> Document:
        return self._world.fake.store.objects[self.key]

    def write(self, text: str) -> None:
        self._world.fake.logs.write(self._pod, text)

    async def until(self, *texts: str) -> None:
        await self._world.until(lambda: self._lines() == [text.encode() for text in texts])

    def _lines(self) -> list[bytes]:
        folder = self._world.state / "logs" / "web.0"
        return [line[2].rstrip() for line in lines(Source("", str(folder)), Query(notes=False))]


async def begun(world: Previewed) -> Shown:
    """The log of a preview that is up, with the line ``one``."""
    await world.up()
    shown = Shown(world)
    shown.write("one")
    await shown.until("one")
    return shown


def test_logs_go_on_after_it_was_taken_down_and_brought_up(tmp_path: Path) -> None:
    async def test(world: Previewed) -> None:
        shown = await begun(world)
        await world.ask("preview.down")
        await world.until(lambda: not world.state.exists())
        assert not [name for name in opened() if "(deleted)" in name]
        await world.up()
        shown.write("two")
        await shown.until("two")

    on(tmp_path, test)


def test_logs_go_on_in_a_pod_that_takes_the_name_of_another(tmp_path: Path) -> None:
    async def test(world: Previewed) -> None:
        shown = await begun(world)
        made = world.fake.store.objects[shown.key]
        world.fake.store.remove(shown.key)
        world.fake.controllers.replace(made)
        shown.write("two")
        await shown.until("one", "two")

    on(tmp_path, test)


def test_a_log_that_breaks_off_goes_on_where_it_was(tmp_path: Path) -> None:
    async def test(world: Previewed) -> None:
        shown = await begun(world)
        world.fake.faults.append(Fault("GET", "/pods/web-0/log", 503))
        world.fake.logs.cut()
        shown.write("two")
        await shown.until("one", "two")
        assert not world.fake.faults

    on(tmp_path, test)


def opened() -> list[str]:
    """The files of this process below a folder of logs."""
    numbers = os.listdir("/proc/self/fd")
    paths = [Path("/proc/self/fd") / number for number in numbers]
    names = [os.readlink(path) for path in paths if path.is_symlink()]
    return [name for name in names if "/logs/" in name]
