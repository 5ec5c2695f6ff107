"""Previews whose branch is gone from its origin, while a daemon runs."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from devenv.daemon import branches
from tests.daemon.previewed import Previewed, on
from tests.fakes.apiserver import CONTEXT

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
