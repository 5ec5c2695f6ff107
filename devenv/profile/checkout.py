"""Finds the profile that a folder belongs to, and says who its environment is."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

from devenv.errors import DevenvError, NoProfileError
from devenv.model.environment import EnvironmentId
from devenv.profile.filenames import COMPOSE, PROCFILE, PROFILE

LOCAL, PREVIEW = "local", "preview"
_SLUG_LENGTH = 30  # the id is part of a socket's path, and that is short


@dataclass(frozen=True, slots=True)
class Checkout:
    """One folder with a profile. ``id`` is shared by no other; ``root`` is a real path.

    ``kind``: ``local``, or ``preview`` for what a branch of it is in a cluster.
    ``branch`` is empty where there is none; ``files`` are the absolute paths of files that were
    named instead of the profile.
    """

    id: EnvironmentId
    name: str
    root: str
    branch: str
    device: int
    inode: int
    files: tuple[str, ...] = ()
    kind: str = LOCAL


def find_checkout(directory: str, files: tuple[str, ...] = ()) -> Checkout:
    """Search ``directory`` and its parents, up to the top of the git checkout.

    ``files`` are taken instead, relative to ``directory``; the first one's folder is the root.
    Raises DevenvError when nothing is found.
    """
    if "\0" in "".join((directory, *files)):
        raise DevenvError("a path cannot hold a NUL character")
    if files:
        paths = tuple(os.path.realpath(os.path.join(directory, file)) for file in files)
        _check_files(paths)
        return _checkout(os.path.dirname(paths[0]), paths)
    folders = list(_upwards(os.path.realpath(directory)))
    for name in (PROFILE, *COMPOSE, PROCFILE):
        for folder in folders:
            if os.path.isfile(os.path.join(folder, name)):
                return _checkout(folder, ())
    raise _nothing_found(directory, folders)


def slug(name: str) -> str:
    """Make a name of a-z, 0-9, _ and - of it, as Compose does."""
    return re.sub(r"[^a-z0-9_-]", "", name.lower()).lstrip("_-") or "environment"


def _checkout(root: str, files: tuple[str, ...]) -> Checkout:
    name = slug(os.path.basename(root))
    git = git_folder(root)
    common = _common_folder(git) if git else ""
    digest = hashlib.sha256(os.fsencode(f"{root}\0{common}")).hexdigest()[:8]
    found = os.stat(root)
    return Checkout(
        id=EnvironmentId(f"{name[:_SLUG_LENGTH]}-{digest}"),
        name=name,
        root=root,
        branch=branch_of(git),
        device=found.st_dev,
        inode=found.st_ino,
        files=files,
    )


def _check_files(paths: tuple[str, ...]) -> None:
    for path in paths:
        if not os.path.isfile(path):
            raise DevenvError(f"there is no file {path}", "check the path after -f")


def _nothing_found(directory: str, folders: list[str]) -> DevenvError:
    for folder in folders:
        if os.path.isfile(os.path.join(folder, "devenv.profile.yml")):
            return DevenvError(f"{folder} has a devenv.profile.yml", f"rename it to {PROFILE}")
    return NoProfileError(
        f"no {PROFILE} in {directory} or above it",
        f"write one, a compose.yaml or a {PROCFILE}; `devenv init` makes a first one",
    )


def _upwards(folder: str) -> Iterator[str]:
    """The folder and its parents, up to the top of its git checkout, or to /."""
    while True:
        yield folder
        parent = os.path.dirname(folder)
        if parent == folder or os.path.lexists(os.path.join(folder, ".git")):
            return
        folder = parent


def git_folder(root: str) -> str:
    """The git folder of the checkout with ``root`` in it, of a worktree its own one; "": none."""
    for folder in _upwards(root):
        git = os.path.join(folder, ".git")
        if os.path.isdir(git):
            return os.path.realpath(git)
        pointer = _first_line(git)
        if pointer.startswith("gitdir:"):
            target = pointer.removeprefix("gitdir:").strip()
            return os.path.realpath(os.path.join(folder, target))
    return ""


def _common_folder(git: str) -> str:
    """The folder that all worktrees of a repository share."""
    common = _first_line(os.path.join(git, "commondir"))
    return os.path.realpath(os.path.join(git, common)) if common else git


def branch_of(git: str) -> str:
    """The branch that HEAD of a git folder is; "" where it is none."""
    head = _first_line(os.path.join(git, "HEAD")) if git else ""
    prefix = "ref: refs/heads/"
    return head.removeprefix(prefix) if head.startswith(prefix) else ""


def _first_line(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.readline(4096).strip()
    except OSError:
        return ""
