"""Random work on files, restarts and faults; after each settling both sides are equal by hash."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.sync.worlds import World, listing, world

NAMES = st.sampled_from(["a", "b", "d", "with space", "\udcff", "new\nline"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
TEXTS = st.binary(max_size=40)


class Files(RuleBasedStateMachine):
    """A file ``keep`` stays, so that the source is never emptied: that would be a halt."""

    @initialize()
    def begin(self) -> None:
        self.base = Path(tempfile.mkdtemp(prefix="devenv-machine-"))
        self.loop = asyncio.new_event_loop()
        self.stack = AsyncExitStack()
        self.container, self.started = "c1", 10.0
        (self.base / "src").mkdir()
        (self.base / "src" / "keep").write_text("1")
        self.open()

    def open(self) -> None:
        entering = self.stack.enter_async_context(world(self.base, running=False, born=1000.0))
        self.one: World = self.loop.run_until_complete(entering)
        self.one.run(self.container, self.started)

    def at(self, path: str) -> Path:
        return self.base / "src" / path

    @rule(path=PATHS, text=TEXTS)
    def save(self, path: str, text: bytes) -> None:
        try:
            self.at(path).parent.mkdir(parents=True, exist_ok=True)
            partial = self.at(path).with_name(".partial")
            partial.write_bytes(text)
            partial.replace(self.at(path))
        except OSError:  # a file is where a folder should be, or the other way round
            with suppress(OSError):
                self.at(path).with_name(".partial").unlink()

    @rule(path=PATHS, text=TEXTS)
    def write_in_place(self, path: str, text: bytes) -> None:
        if self.at(path).is_file() and not self.at(path).is_symlink():
            self.at(path).write_bytes(text)

    @rule(path=PATHS, other=PATHS)
    def hard_link(self, path: str, other: str) -> None:
        if self.at(path).is_symlink():
            return
        try:
            os.link(self.at(path), self.at(other))
        except OSError:
            return

    @rule(path=PATHS)
    def remove(self, path: str) -> None:
        found = self.at(path)
        if found.is_dir() and not found.is_symlink():
            shutil.rmtree(found)
        elif found.is_symlink() or found.exists():
            found.unlink()

    @rule(path=PATHS, other=PATHS)
    def rename(self, path: str, other: str) -> None:
        try:
            os.rename(self.at(path), self.at(other))
        except OSError:
            return

    @rule(path=PATHS, to=st.sampled_from(["keep", "/nowhere", ".."]))
    def link(self, path: str, to: str) -> None:
        try:
            self.at(path).symlink_to(to)
        except OSError:
            return

    @rule(path=PATHS, mode=st.sampled_from([0o600, 0o644, 0o755]))
    def chmod(self, path: str, mode: int) -> None:
        if self.at(path).is_file() and not self.at(path).is_symlink():
            self.at(path).chmod(mode)

    @rule()
    def settle(self) -> None:
        async def equal() -> None:
            await self.one.settled()
            await self.one.until(lambda: listing(self.one.target) == listing(self.one.source))

        self.loop.run_until_complete(equal())

    @rule()
    def kill_the_receiver(self) -> None:
        for opened in self.one.shells.opened[-1:]:
            if opened.process.returncode is None:
                opened.process.kill()
                self.loop.run_until_complete(opened.process.wait())

    @rule(path=PATHS)
    def make_the_daemon_again(self, path: str) -> None:
        self.loop.run_until_complete(self.stack.aclose())
        self.remove(path)
        self.open()

    @rule()
    def restart_the_container(self) -> None:
        self.started += 1
        self.one.run(self.container, self.started)

    @rule()
    def make_the_container_again(self) -> None:
        self.one.stop()
        self.settle_alone()
        self.kill_the_receiver()
        for path in (self.base / "dst").iterdir():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        self.started += 1
        self.container = f"c{self.started}"
        self.one.run(self.container, self.started)

    def settle_alone(self) -> None:
        self.loop.run_until_complete(self.one.settled())

    @invariant()
    def nothing_of_the_source_was_changed(self) -> None:
        if hasattr(self, "base"):
            assert self.at("keep").read_text() == "1"

    def teardown(self) -> None:
        if not hasattr(self, "base"):
            return

        try:
            self.settle()
        finally:
            self.loop.run_until_complete(self.stack.aclose())
            self.loop.close()
            shutil.rmtree(self.base)


TestFiles = Files.TestCase
TestFiles.settings = settings(max_examples=20, stateful_step_count=16)
