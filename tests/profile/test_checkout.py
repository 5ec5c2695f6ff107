from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from devenv.errors import DevenvError
from devenv.profile.checkout import find_checkout, slug

PROFILE = "devenv.profile.yaml"


def repository(folder: Path) -> Path:
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    git(
        folder,
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b",
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "x",
    )
    return folder


def git(folder: Path, *words: str) -> None:
    subprocess.run(("git", *words), cwd=folder, check=True, capture_output=True)


def test_the_profile_is_found_from_a_folder_below(tmp_path: Path) -> None:
    root = repository(tmp_path / "My Shop")
    (root / PROFILE).touch()
    (root / "a" / "b").mkdir(parents=True)
    found = find_checkout(str(root / "a" / "b"))
    assert (found.root, found.name, found.branch) == (str(root), "myshop", "main")
    assert re.fullmatch(r"myshop-[0-9a-f]{8}", found.id)
    assert (found.device, found.inode) == (root.stat().st_dev, root.stat().st_ino)
    assert found == find_checkout(str(root))


def test_a_link_to_a_checkout_is_the_checkout(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / PROFILE).touch()
    (tmp_path / "link").symlink_to("real")
    assert find_checkout(str(tmp_path / "link")) == find_checkout(str(tmp_path / "real"))


def test_two_checkouts_of_one_name_are_two_environments(tmp_path: Path) -> None:
    for parent in ("a", "b"):
        repository(tmp_path / parent / "shop").joinpath(PROFILE).touch()
    first, second = (find_checkout(str(tmp_path / parent / "shop")) for parent in ("a", "b"))
    assert first.name == second.name
    assert first.id != second.id


def test_a_worktree_is_an_environment_of_its_own_with_its_branch(tmp_path: Path) -> None:
    root = repository(tmp_path / "shop")
    git(root, "worktree", "add", "-q", "-b", "feature/x", str(tmp_path / "other"))
    for folder in (root, tmp_path / "other"):
        (folder / PROFILE).touch()
    tree = find_checkout(str(tmp_path / "other"))
    assert tree.branch == "feature/x"
    assert tree.id != find_checkout(str(root)).id


def test_another_branch_does_not_change_the_id(tmp_path: Path) -> None:
    root = repository(tmp_path / "shop")
    (root / PROFILE).touch()
    before = find_checkout(str(root))
    git(root, "checkout", "-q", "-b", "other")
    after = find_checkout(str(root))
    assert (before.branch, after.branch) == ("main", "other")
    assert before.id == after.id
    git(root, "checkout", "-q", "--detach")
    assert find_checkout(str(root)).branch == ""


def test_a_profile_above_wins_over_a_procfile_here(tmp_path: Path) -> None:
    root = repository(tmp_path / "shop")
    (root / "sub").mkdir()
    (root / "sub" / "Procfile").touch()
    assert find_checkout(str(root / "sub")).root == str(root / "sub")
    (root / PROFILE).touch()
    assert find_checkout(str(root / "sub")).root == str(root)


def test_the_search_ends_at_the_top_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / PROFILE).touch()
    root = repository(tmp_path / "shop")
    with pytest.raises(DevenvError) as caught:
        find_checkout(str(root))
    assert caught.value.message == f"no {PROFILE} in {root} or above it"
    assert "Procfile" in caught.value.hint


def test_a_compose_file_alone_is_enough(tmp_path: Path) -> None:
    root = repository(tmp_path / "shop")
    (root / "docker-compose.yml").touch()
    (root / "web").mkdir()
    assert find_checkout(str(root / "web")).root == str(root)
    asked = find_checkout(str(root), ("docker-compose.yml",))
    assert asked.files == (str(root / "docker-compose.yml"),)


def test_files_that_are_named_decide_the_root(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for name in ("a/one.yaml", "two.yaml"):
        (tmp_path / name).touch()
    found = find_checkout(str(tmp_path), ("a/one.yaml", "two.yaml"))
    assert found.root == str(tmp_path / "a")
    assert found.files == (str(tmp_path / "a" / "one.yaml"), str(tmp_path / "two.yaml"))
    with pytest.raises(DevenvError, match="there is no file"):
        find_checkout(str(tmp_path), ("gone.yaml",))


@pytest.mark.parametrize(
    ("name", "found"),
    [("Shop", "shop"), ("_my shop!", "myshop"), ("日本", "environment"), ("a_b-c.d", "a_b-cd")],
)
def test_names_become_slugs_as_in_compose(name: str, found: str) -> None:
    assert slug(name) == found
