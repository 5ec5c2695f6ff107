"""A session over real folders: its units are shells of this machine, each with a folder."""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from devenv.errors import DevenvError
from devenv.model.environment import ReplicaId
from devenv.model.sync import SyncRule
from devenv.sync.copies import UnitKey
from devenv.sync.ignore import OURS
from devenv.sync.ledger import Ledger
from devenv.sync.link import Stream
from devenv.sync.report import Sent
from devenv.sync.session import Hold, Session
from devenv.sync.watch.watcher import Watcher
from tests.sync.pipes import Pipe, pipe

WEB = ReplicaId("web")
BOTH = (WEB, ReplicaId("web", 1))


@dataclass
class Shells:
    """Opens receivers here, and writes down what it is asked to do. ``away``: why it cannot."""

    opened: list[Pipe] = field(default_factory=list)
    archives: list[bytes] = field(default_factory=list)
    acted: list[tuple[str, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    told: list[Sent] = field(default_factory=list)
    away: str = ""
    folders: dict[ReplicaId, Path] = field(default_factory=dict)
    refusal: str = ""
    full: list[ReplicaId] = field(default_factory=list)
    has_engine: bool = True
    held: Hold | None = None
    words: Sequence[str] = ()
    looks: int = 0

    def hold(self) -> Hold | None:
        return self.held

    def looked(self) -> None:
        self.looks += 1

    async def open(self, replica: ReplicaId, user: str) -> Stream:
        if self.away:
            raise DevenvError(self.away)
        self.opened.append(await pipe(self.words, self.folders.get(replica)))
        return self.opened[-1]

    def ledger(self, key: UnitKey, rule: SyncRule) -> Ledger:
        name = f"{key.replica.index}{rule.target.replace('/', '_')}"
        return Ledger(Path(f"{rule.source}.ledgers") / name, key.container)

    async def filled(self, replica: ReplicaId, rule: SyncRule) -> None:
        self.full.append(replica)

    async def put(self, replica: ReplicaId, data: bytes) -> None:
        self.archives.append(data)

    async def act(self, rule: SyncRule, paths: Sequence[str]) -> None:
        self.acted.append(tuple(sorted(paths)))
        if self.refusal:
            raise DevenvError(self.refusal)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def sent(self, what: Sent) -> None:
        self.told.append(what)


@dataclass
class World:
    """``base`` holds ``src``, and ``dst``: what the unit sees as its target."""

    base: Path
    rule: SyncRule
    watcher: Watcher
    shells: Shells
    session: Session

    @property
    def source(self) -> Path:
        return self.base / "src"

    @property
    def target(self) -> Path:
        return self.base / "dst"

    def run(self, container: str = "c1", started: float = 10.0) -> None:
        """Have the unit run, in this container since this time."""
        self.session.follow({WEB: UnitKey(WEB, started, container)})

    def stop(self) -> None:
        self.session.follow({})

    async def settled(self) -> None:
        async with asyncio.timeout(30):
            await self.session.caught_up()

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until a condition holds; it is looked at after each of the session's turns."""
        async with asyncio.timeout(15):
            while not condition():  # noqa: ASYNC110 - a test may look at anything
                await asyncio.sleep(0.02)

    async def same(self) -> None:
        """Wait until all is carried over; then both sides must be equal by hash."""
        await self.settled()
        assert listing(self.target) == listing(self.source)

    async def same_but(self, *names: str) -> None:
        """The same, but for these, of which the target has its own."""
        await self.settled()
        of_target, of_source = listing(self.target), listing(self.source)
        left_out = set(names)
        assert {p: of_target[p] for p in of_target.keys() - left_out} == {
            p: of_source[p] for p in of_source.keys() - left_out
        }


def rule(base: Path, **keys: object) -> SyncRule:
    made = SyncRule(str(base / "src"), str(base / "dst"))
    return replace(made, **keys)  # type: ignore[arg-type]  # a test's own keys


@asynccontextmanager
async def world(
    base: Path, *, running: bool = True, born: float = 0.0, **keys: object
) -> AsyncIterator[World]:
    """A session with one rule; ``keys`` are those of the rule."""
    for name in ("src", "dst"):
        (base / name).mkdir(exist_ok=True)
    wanted = rule(base, **keys)
    watcher, shells = Watcher(str(base / "cookies")), Shells()
    session = Session([wanted], watcher, shells, boottime=lambda: born)
    made = World(base, wanted, watcher, shells, session)
    task = asyncio.create_task(made.session.run())
    try:
        if running:
            made.run()
        await made.settled()
        yield made
    finally:
        task.cancel()
        await asyncio.wait([task])
        watcher.close()


def listing(root: Path) -> dict[str, tuple[str, int, str]]:
    """Everything below a folder: kind, mode, and hash or target."""
    found: dict[str, tuple[str, int, str]] = {}
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name != OURS]
        for name in (*folders, *files):
            path = os.path.join(folder, name)
            found[os.path.relpath(path, root)] = _described(path)
    return found


def _described(path: str) -> tuple[str, int, str]:
    state = os.lstat(path)
    if stat.S_ISLNK(state.st_mode):
        return "link", 0, os.readlink(path)
    if stat.S_ISDIR(state.st_mode):
        return "folder", stat.S_IMODE(state.st_mode), ""
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return "file", stat.S_IMODE(state.st_mode), digest
