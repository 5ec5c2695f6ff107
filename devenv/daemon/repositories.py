"""What git says of a checkout: whose it is, where it comes from, which branches there are."""

from __future__ import annotations

import asyncio
import os
import pwd
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from devenv.errors import DevenvError
from devenv.runtimes.programs import run
from devenv.runtimes.protocol import Client, Outcome

WITHIN = 30.0
_ADDRESS = re.compile(
    r"(?i:https?|ssh|git)://(?:[^/\s]*@)?(?P<host>[^/\s]+)/(?P<path>\S+)"
    r"|(?:[^/:\s]+@)?(?P<short_host>[^/:\s]+):(?P<short_path>(?!//|:)\S+)"
)
"""An origin as git takes it (gitglossary(7), git-clone(1)): an address, or ``[user@]host:path``."""
_USER = re.compile(r"(?<=://)[^/\s]*@")
_PORTS = (":80", ":443", ":22", ":9418")
_HEADS = "refs/heads/"
_SEEN = "refs/remotes/origin/"
_FATAL = "fatal: "


@dataclass(frozen=True, slots=True)
class Repository:
    """One checkout, asked in the client's circumstances."""

    root: str
    client: Client

    async def source(self) -> str:
        """What the repository is called on every machine: its origin, else its own folder."""
        found = await self._git("config", "--get", "remote.origin.url")
        if found.code == 0 and found.output:
            return called(found.output)
        folder = await self._git("rev-parse", "--path-format=absolute", "--git-common-dir")
        if folder.code != 0:
            raise DevenvError(f"{self.root} is in no git repository", "a preview is of a branch")
        return folder.output.removesuffix("/.git")

    async def owner(self) -> str:
        """Who brings a preview up, as others may see it."""
        found = await self._git("config", "--get", "user.email")
        return found.output if found.code == 0 and found.output else _user()

    async def branches(self) -> frozenset[str]:
        """The branches that the origin has. DevenvError: it does not say, so nobody knows."""
        found = await self._git("ls-remote", "--heads", "origin")
        names = (line.partition("\t")[2] for line in found.output.splitlines())
        heads = frozenset(name.removeprefix(_HEADS) for name in names if name.startswith(_HEADS))
        if found.code != 0:
            raise DevenvError(f"the origin does not answer: {_said(found.complaint)}")
        if not heads:
            raise DevenvError("the origin says that it has no branch at all, which nobody believes")
        return heads

    async def was_at_origin(self, branch: str) -> bool:
        """Tell whether this repository has once seen a branch at its origin."""
        seen = await self._git("rev-parse", "--verify", "--quiet", f"{_SEEN}{branch}")
        remote = await self._git("config", "--get", f"branch.{branch}.remote")
        followed = await self._git("config", "--get", f"branch.{branch}.merge")
        is_followed = (remote.output, followed.output) == ("origin", f"{_HEADS}{branch}")
        return seen.code == 0 or is_followed

    async def has(self, branch: str) -> bool:
        found = await self._git("rev-parse", "--verify", "--quiet", f"{_HEADS}{branch}^{{commit}}")
        return found.code == 0

    async def extract(self, branch: str, folder: Path) -> None:
        """Put a clean tree of a branch in the place of a folder, as it was committed."""
        if not await self.has(branch):
            raise DevenvError(f"there is no branch {branch} here", "git fetch, or check the name")
        aside = await asyncio.to_thread(_beside, folder)
        try:
            await self._check_out(f"{_HEADS}{branch}", aside)
            await asyncio.to_thread(_replace, folder, aside)
        finally:
            await asyncio.to_thread(shutil.rmtree, aside, ignore_errors=True)

    async def _check_out(self, reference: str, aside: Path) -> None:
        """Have the files of this folder in another branch, all of them, in ``aside``/new.

        An archive would lack those that are not for a release (gitattributes(5), export-ignore).
        """
        found = await self._git("rev-parse", "--absolute-git-dir", "--show-prefix")
        folder, _, below = found.output.partition("\n")
        made = await self._git(
            *("-c", "core.fsmonitor=false", "-c", "core.splitIndex=false"),
            *(f"--git-dir={folder}", f"--work-tree={aside / 'new'}"),
            *("read-tree", "--reset", "-u", "--no-sparse-checkout", "--no-recurse-submodules"),
            f"{reference}:{below}",
            index=aside / "index",
        )
        if found.code != 0 or made.code != 0:
            raise DevenvError(f"git cannot check {reference} out: {_said(made.complaint)}")

    async def _git(self, *words: str, index: Path | None = None) -> Outcome:
        """``index``: the file to take for one, so that the user's own stays as it is."""
        environment = {**self.client.environment, "GIT_TERMINAL_PROMPT": "0", "LANGUAGE": "C"}
        environment |= {"GIT_INDEX_FILE": str(index)} if index else {}
        command = ("git", "-C", self.root, *words)
        return await run(
            command, directory="/", environment=environment, timeout=WITHIN, whole=True
        )


def called(origin: str) -> str:
    """Name a repository by its origin, alike for all who reach it in other ways.

    Without who asks, and as HTTPS, whichever protocol it is; a path stays what it is.
    """
    found = _ADDRESS.fullmatch(origin)
    if found is None:
        return _USER.sub("", origin).removesuffix("/").removesuffix(".git")
    host = (found["host"] or found["short_host"]).lower()
    for port in _PORTS:
        host = host.removesuffix(port)
    path = (found["path"] or found["short_path"]).strip("/").removesuffix(".git")
    return f"https://{host}/{path}"


def _beside(folder: Path) -> Path:
    """A folder for a while, from which another can be moved into the place of ``folder``."""
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = Path(mkdtemp(dir=folder.parent, prefix="tree-"))
    (aside / "new").mkdir(mode=0o700)
    return aside


def _replace(folder: Path, aside: Path) -> None:
    with suppress(FileNotFoundError):
        folder.rename(aside / "old")
    (aside / "new").rename(folder)


def _said(complaint: str) -> str:
    """Why git has failed: where it says so, after the word of a program that it has run.

    Advice may follow that is the same whatever has failed.
    """
    lines = [line for line in complaint.splitlines() if line]
    at = next((at for at, line in enumerate(lines) if line.startswith(_FATAL)), len(lines) - 1)
    told = [line.removeprefix(_FATAL).removesuffix(".") for line in lines[max(0, at - 1) : at + 1]]
    return "; ".join(told) or "no reason given"


def _user() -> str:
    """The name of whom the daemon runs as."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
