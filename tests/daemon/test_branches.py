"""Previews whose branch is gone from its origin, while a daemon runs."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from shutil import rmtree

import pytest

from devenv.daemon import branches
from tests.daemon.previewed import WITHIN, Previewed, on
from tests.fakes.apiserver import CONTEXT, Fault

pytestmark = pytest.mark.usefixtures("home")


def git(folder: Path, *words: str) -> None:
    subprocess.run(("git", *words), cwd=folder, check=True, capture_output=True)


def origin(world: Previewed) -> Path:
    return world.checkout.parent / "shop.git"


def push(world: Previewed) -> None:
    """Give the repository an origin that has its branch, and another one."""
    git(world.checkout.parent, "init", "-q", "--bare", "-b", "trunk", "shop.git")
    git(world.checkout, "remote", "add", "origin", str(origin(world)))
    git(world.checkout, "config", "user.name", "me")
    git(world.checkout, "commit", "-q", "--allow-empty", "-m", "one")
    git(world.checkout, "push", "-q", "origin", "main", "main:trunk")


def lose(world: Previewed) -> None:
    git(world.checkout, "push", "-q", "origin", "--delete", "main")


def lose_there(world: Previewed) -> None:
    """As another machine does it."""
    git(origin(world), "update-ref", "-d", "refs/heads/main")


def lose_and_prune(world: Previewed) -> None:
    lose_there(world)
    git(world.checkout, "fetch", "-q", "--prune")


async def look(world: Previewed) -> None:
    """As a daemon does it now and then."""
    registry = world.context.registry
    await branches.look(registry, registry.host.kubernetes)


@pytest.mark.parametrize("losing", [lose, lose_there, lose_and_prune])
def test_the_daemon_takes_down_what_has_lost_its_branch(
    tmp_path: Path, losing: Callable[[Previewed], None]
) -> None:
    async def test(world: Previewed) -> None:
        push(world)
        await world.up()
        await look(world)
        assert world.live.intent.is_up
        losing(world)
        await look(world)
        assert not world.live.intent.is_up
        await world.until(lambda: world.namespaces == [])

    on(tmp_path, test)


def test_a_daemon_that_came_later_knows_that_a_branch_was_there(tmp_path: Path) -> None:
    async def test(world: Previewed) -> None:
        push(world)
        await world.up()
        lose_there(world)
        await look(world)
        assert not world.live.intent.is_up

    on(tmp_path, test)


def test_a_branch_that_was_never_at_the_origin_keeps_its_preview(tmp_path: Path) -> None:
    async def test(world: Previewed) -> None:
        push(world)
        lose(world)
        await world.up()
        await look(world)
        assert world.live.intent.is_up

    on(tmp_path, test)


def test_a_branch_that_was_pushed_to_a_fork_alone_keeps_its_preview(tmp_path: Path) -> None:
    async def test(world: Previewed) -> None:
        push(world)
        lose(world)
        git(world.checkout.parent, "init", "-q", "--bare", "fork.git")
        git(world.checkout, "remote", "add", "fork", str(origin(world).with_name("fork.git")))
        git(world.checkout, "push", "-q", "--set-upstream", "fork", "main")
        await world.up()
        await look(world)
        assert world.live.intent.is_up

    on(tmp_path, test)


def test_what_one_daemon_has_seen_of_a_branch_another_one_knows(tmp_path: Path) -> None:
    async def test(world: Previewed) -> None:
        push(world)
        lose(world)
        await world.up()
        git(origin(world), "branch", "main", "trunk")
        await look(world)
        lose_there(world)
        await world.ask("preview.sweep")
        assert not world.live.intent.is_up

    on(tmp_path, test)


def moved(world: Previewed) -> None:
    lose_there(world)
    origin(world).rename(origin(world).with_name("moved.git"))


def emptied(world: Previewed) -> None:
    lose_there(world)
    git(origin(world), "update-ref", "-d", "refs/heads/trunk")


def replaced(world: Previewed) -> None:
    lose_there(world)
    origin(world).rename(origin(world).with_name("another.git"))
    another = str(origin(world).with_name("another.git"))
    git(world.checkout, "remote", "set-url", "origin", another)


@pytest.mark.parametrize("change", [moved, emptied, replaced])
def test_the_daemon_keeps_what_may_have_its_branch(
    tmp_path: Path, change: Callable[[Previewed], None]
) -> None:
    async def test(world: Previewed) -> None:
        push(world)
        await world.up()
        change(world)
        await look(world)
        assert world.live.intent.is_up

    on(tmp_path, test)


def is_up(world: Previewed) -> dict[str, bool]:
    """Whether previews are wanted, by their branches."""
    return {live.intent.checkout.branch: live.intent.is_up for live in world.context.registry}


@pytest.mark.parametrize("looking", ["preview.sweep", ""])
def test_a_preview_that_cannot_be_noted_keeps_no_other_from_being_swept(
    tmp_path: Path, looking: str
) -> None:
    async def test(world: Previewed) -> None:
        push(world)
        git(world.checkout, "add", "compose.yaml")
        git(world.checkout, "commit", "-qm", "two")
        git(world.checkout, "branch", "a")
        await world.ask("preview.up", branch="a")
        (first,) = await settled(world)
        await world.ask("preview.up")
        await settled(world)
        git(origin(world), "branch", "a", "trunk")
        lose_there(world)
        world.fake.ill = Fault("PATCH", f"/namespaces/{first}$", 403, {}, "not by you")
        if looking:
            answer = await world.ask(looking)
            assert [one["branch"] for one in answer["swept"]] == ["main"]
            (untold,) = answer["untold"]
            assert untold.startswith(f"The branch of {first} was not looked at to the end: ")
            assert "not by you" in untold
        else:
            await look(world)
        assert is_up(world) == {"a": True, "main": False}

    on(tmp_path, test)


async def settled(world: Previewed) -> list[str]:
    """Wait for all previews; return their namespaces."""
    async with asyncio.timeout(WITHIN):
        for live in world.context.registry:
            while not (newest := live.board.newest).settled:
                await live.board.newer_than(newest.revision, 1.0)
    return world.namespaces


def test_a_checkout_that_is_gone_keeps_no_other_from_being_asked(tmp_path: Path) -> None:
    async def test(world: Previewed) -> None:
        push(world)
        git(world.checkout, "add", "compose.yaml")
        git(world.checkout, "commit", "-qm", "two")
        another = str(world.checkout.with_name("another"))
        git(world.checkout, "worktree", "add", "-q", "-b", "a", another)
        client = {"directory": another, "umask": 0o022, "environment": dict(os.environ)}
        await world.ask("preview.up", target={"directory": another}, client=client)
        await settled(world)
        await world.ask("preview.up")
        await settled(world)
        rmtree(another)
        lose_there(world)
        await look(world)
        assert is_up(world) == {"a": True, "main": False}

    on(tmp_path, test)


async def add_cluster(world: Previewed, *, sweeps: bool) -> None:
    folder = str(world.checkout.parent)
    environment = {"HOME": folder, "KUBECONFIG": f"{folder}/kubeconfig"}
    client = {"directory": folder, "umask": 0o022, "environment": environment}
    asked = {"name": "fake", "context": CONTEXT, "sweeps": sweeps}
    await world.ask("cluster.add", client=client, **asked)


def test_the_daemon_sweeps_no_cluster_that_it_was_told_not_to(tmp_path: Path) -> None:
    async def test(world: Previewed) -> None:
        push(world)
        await world.up()
        lose_there(world)
        await add_cluster(world, sweeps=False)
        await look(world)
        assert world.live.intent.is_up
        await add_cluster(world, sweeps=True)
        await look(world)
        assert not world.live.intent.is_up

    on(tmp_path, test)
