"""Ignore files on disk: those above and below the source count, and what they say now."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest

from devenv.model.sync import SyncRule, Syntax
from devenv.sync.rules import read
from devenv.sync.watch.route import Place
from tests.sync.worlds import World, listing, world

FILES = (
    "app/a.log",
    "app/keep.log",
    "app/web/a.log",
    "app/web/keep.log",
    "app/web/dist/x",
    "app/web/src/dist/x",
    "app/web/tmp",
    "app/tmp",
    "app/out/keep.log",
)
IGNORES = {
    ".gitignore": "*.log\n/app/out\n",
    "app/.gitignore": "!keep.log\n",
    "app/web/.gitignore": "/dist/\ntmp\nkeep.log\n",
    "app/out/.gitignore": "!*\n",
}


def fill(root: Path) -> None:
    for name in (*FILES, *IGNORES):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(IGNORES.get(name, "x"))


def test_nested_gitignores_mean_what_git_means(tmp_path: Path) -> None:
    fill(tmp_path)
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    listed = ["git", "ls-files", "--others", "--exclude-standard", "app"]
    found = subprocess.run(listed, cwd=tmp_path, capture_output=True, text=True, check=True)
    source = tmp_path / "app"
    rule = read(SyncRule(str(source), syntax=Syntax.GIT), Place(str(source)))

    on_disk = [str(one.relative_to(source)) for one in source.rglob("*") if one.is_file()]
    ours = sorted(f"app/{path}" for path in on_disk if rule.decisive(path, folder=False).taken)
    assert ours == sorted(found.stdout.split())
    assert rule.verdict("web/tmp").because == f"{source}/web/.gitignore: tmp"


@pytest.mark.parametrize("place", ["src", "src/web", "."], ids=["in it", "below it", "above it"])
def test_an_ignore_file_that_changes_is_read_again(tmp_path: Path, place: str) -> None:
    async def main() -> None:
        (tmp_path / ".git").mkdir()
        web = tmp_path / "src" / "web"
        web.mkdir(parents=True)
        (web / "page").write_text("1")
        (web / "a.log").write_text("1")
        ignores = tmp_path / place / ".gitignore"
        ignores.write_text("*.log\n")
        async with world(tmp_path, syntax=Syntax.GIT) as one:
            assert "web/a.log" not in listing(one.target)
            ignores.write_text("page\n")
            await one.settled()
            assert listing(one.target).keys() >= {"web/a.log", "web/page"}
            (web / "a.log").write_text("2")
            (web / "page").write_text("2")
            await one.settled()
            assert (one.target / "web" / "a.log").read_text() == "2"
            assert (one.target / "web" / "page").read_text() == "1"
            ignores.unlink()
            await one.settled()
            assert (one.target / "web" / "page").read_text() == "2"

    asyncio.run(main())


def test_what_is_ignored_from_now_on_is_left_as_it_is_there(tmp_path: Path) -> None:
    async def main() -> None:
        (tmp_path / "src" / "dist").mkdir(parents=True)
        (tmp_path / "src" / "dist" / "x").write_text("1")
        async with world(tmp_path, syntax=Syntax.GIT, restart=True) as one:
            (one.source / ".gitignore").write_text("dist\n")
            await one.settled()
            assert (one.target / "dist" / "x").read_text() == "1"
            assert all("dist/x" not in paths for paths in one.shells.acted)
        async with world(tmp_path, syntax=Syntax.GIT) as one:
            assert (one.target / "dist" / "x").read_text() == "1"

    asyncio.run(main())


def test_a_dockerignore_that_changes_is_read_again(tmp_path: Path) -> None:
    async def main() -> None:
        (tmp_path / "src").mkdir()
        ignores = tmp_path / ".dockerignore"
        async with world(tmp_path, context=str(tmp_path), dockerfile="Dockerfile") as one:
            ignores.write_text("src/*.log\n")
            await _written(one, "a.log", "b")
            assert sorted(listing(one.target)) == ["b"]
            ignores.unlink()
            await one.same()

    asyncio.run(main())


async def _written(one: World, *names: str) -> None:
    await one.settled()
    for name in names:
        (one.source / name).write_text("1")
    await one.settled()
