"""What git says of a checkout."""

from __future__ import annotations

import asyncio
import os
import pwd
import shlex
import subprocess
from pathlib import Path

import pytest

from devenv.daemon.repositories import Repository, called
from devenv.errors import DevenvError
from devenv.runtimes.protocol import Client


def test_who_has_told_git_no_address_is_named_by_the_machine(tmp_path: Path) -> None:
    subprocess.run(("git", "init", "-q", tmp_path), check=True)
    alone = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
    repository = Repository(str(tmp_path), Client(str(tmp_path), environment=alone))
    assert asyncio.run(repository.owner()) == pwd.getpwuid(os.getuid()).pw_name
    subprocess.run(("git", "-C", tmp_path, "config", "user.email", "a@example.com"), check=True)
    assert asyncio.run(repository.owner()) == "a@example.com"


@pytest.mark.parametrize(
    "origin",
    [
        "https://example.com/me/shop",
        "https://example.com/me/shop.git/",
        "HTTPS://Example.com:443/me/shop.git",
        "https://me@example.com/me/shop",
        "https://me:p@ss:w@example.com/me/shop",
        "git@example.com:me/shop.git",
        "example.com:/me/shop",
        "ssh://git@example.com/me/shop.git",
        "ssh://git@example.com:22/me/shop",
        "git://example.com/me/shop",
    ],
)
def test_a_repository_has_one_name_however_it_is_reached(origin: str) -> None:
    assert called(origin) == "https://example.com/me/shop"


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ("ssh://git@example.com:2222/me/shop", "https://example.com:2222/me/shop"),
        ("https://example.com/Me/Shop", "https://example.com/Me/Shop"),
        ("/srv/git/shop.git/", "/srv/git/shop"),
        ("../shop", "../shop"),
        ("file:///srv/git/shop.git", "file:///srv/git/shop"),
    ],
)
def test_other_repositories_keep_other_names(origin: str, name: str) -> None:
    assert called(origin) == name


@pytest.mark.parametrize(
    "origin",
    [
        "ftps://me:hidden@example.com/shop",
        "git+ssh://me:hid@den@example.com/shop",
        "https://me:hidden@example.com",
        "http::https://me:hidden@example.com/shop",
    ],
)
def test_a_password_is_in_no_name(origin: str) -> None:
    assert "den" not in called(origin)
    assert "example.com" in called(origin)


def test_a_tree_of_a_branch_has_nothing_of_an_earlier_one(tmp_path: Path) -> None:
    root, folder = tmp_path / "repository", tmp_path / "state" / "tree"

    def git(*words: str) -> None:
        subprocess.run(
            ("git", "-C", root, "-c", "user.name=me", "-c", "user.email=me@example.com", *words),
            check=True,
        )

    root.mkdir()
    git("init", "-q", "-b", "main")
    repository = Repository(str(root), Client(str(root), environment=dict(os.environ)))
    for name in ("old", "new"):
        (root / name).write_text(name)
        git("add", "-A")
        git("commit", "-qm", name)
        asyncio.run(repository.extract("main", folder))
        (root / name).unlink()
    assert [one.name for one in folder.iterdir()] == ["new"]
    assert [one.name for one in folder.parent.iterdir()] == ["tree"]
    with pytest.raises(DevenvError, match="there is no branch nowhere here"):
        asyncio.run(repository.extract("nowhere", tmp_path / "other" / "tree"))
    assert not (tmp_path / "other").exists()


def test_a_tree_of_a_branch_has_all_of_its_files(tmp_path: Path) -> None:
    root, folder = tmp_path / "repository", tmp_path / "state" / "tree"
    shop = root / "apps" / "shop"
    for path, content in (
        (shop / "web.py", "$Format:%H$"),
        (shop / "tests" / "seed.sql", "seed"),
        (root / "other", "of another folder"),
        (root / ".gitattributes", "tests export-ignore\nweb.py export-subst\n"),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (shop / "run").symlink_to("web.py")
    (shop / "web.py").chmod(0o755)

    def git(*words: str) -> str:
        me = ("-c", "user.name=me", "-c", "user.email=me@example.com")
        command = ("git", "-C", str(root), *me, *words)
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-qm", "one")
    git("sparse-checkout", "set", "nothing")
    git("switch", "-q", "-c", "feature/a")
    before = git("status", "--porcelain=v2", "--branch")
    shop.mkdir(parents=True, exist_ok=True)
    asyncio.run(
        Repository(str(shop), Client(str(shop), environment=dict(os.environ))).extract(
            "main", folder
        )
    )
    assert (folder / "web.py").read_text() == "$Format:%H$"
    assert (folder / "web.py").stat().st_mode & 0o111
    assert os.readlink(folder / "run") == "web.py"
    assert (folder / "tests" / "seed.sql").read_text() == "seed"
    assert not (folder / "other").exists()
    assert git("status", "--porcelain=v2", "--branch") == before
    assert [one.name for one in folder.parent.iterdir()] == ["tree"]


@pytest.mark.parametrize(
    ("complaint", "said"),
    [
        (
            "fatal: 'gone' does not appear to be a git repository\n"
            "fatal: Could not read from remote repository.\n\n"
            "Please make sure you have the correct access rights\nand the repository exists.\n",
            "'gone' does not appear to be a git repository",
        ),
        (
            "Warning: the key was added\ngit@example.com: Permission denied (publickey).\n"
            "fatal: Could not read from remote repository.\n\n"
            "Please make sure you have the correct access rights\nand the repository exists.\n",
            "git@example.com: Permission denied (publickey); Could not read from remote repository",
        ),
        ("git: no such file", "git: no such file"),
        ("", "no reason given"),
    ],
)
def test_an_origin_that_does_not_answer_is_told_with_the_reason(
    tmp_path: Path, complaint: str, said: str
) -> None:
    stand_in = tmp_path / "git"
    stand_in.write_text(f"#!/bin/sh\nprintf %s {shlex.quote(complaint)} >&2\nexit 128\n")
    stand_in.chmod(0o755)
    asking = Client(str(tmp_path), environment={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    with pytest.raises(DevenvError) as caught:
        asyncio.run(Repository(str(tmp_path), asking).branches())
    assert caught.value.message == f"the origin does not answer: {said}"
