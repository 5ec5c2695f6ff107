"""Installs the tools that devenv is measured against, in fixed versions, into a cache folder.

`python -m tests.benchmarks.peers [NAME…]` installs what is missing, and can be run again at any
time. A peer that cannot be had is left out of the tables, with the reason.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

STDERR_TAIL = 400
MUTAGENS, AGENT = "./cmd/mutagen-agent", "linux_amd64"
"""Where mutagen has the program that it copies into a container, and how that is named."""
PAGE = "pkg/assets/build/index.html"
"""Where tilt has its page, which its module lacks: without one, it makes it when it runs."""


@dataclass(frozen=True, slots=True)
class Peer:
    """One tool: where its package comes from, and the program that it installs."""

    name: str
    version: str
    client: str
    """The package client: `go`, `pip`, `npm` or `cargo`."""
    package: str
    program: str
    """The path of the program in the peer's folder."""
    tags: str = ""
    """Of a Go program: with which it is built."""
    main: str = "."
    """Of a Go program: where in the package it is."""
    cgo: bool = False
    """Of a Go program: whether parts of it are in C."""
    replacing: str = ""
    """Of a Go program: a module that it is built with in place of another, as in its go.mod."""


PEERS = (
    Peer("goreman", "0.3.19", "go", "github.com/mattn/goreman", "goreman"),
    Peer("hivemind", "1.1.0", "go", "github.com/DarthSim/hivemind", "hivemind"),
    Peer("honcho", "2.0.0", "pip", "honcho", "bin/honcho"),
    Peer("pm2", "7.0.4", "npm", "pm2", "node_modules/pm2/bin/pm2"),
    Peer(
        "concurrently",
        "9.2.5",
        "npm",
        "concurrently",
        "node_modules/concurrently/dist/bin/concurrently.js",
    ),
    Peer(
        "mutagen",
        "0.18.1",
        "go",
        "github.com/mutagen-io/mutagen",
        "mutagen",
        "mutagencli",
        "./cmd/mutagen",
    ),
    Peer(
        "tilt",
        "0.37.6",
        "go",
        "github.com/tilt-dev/tilt",
        "tilt",
        "netgo,osusergo",
        "./cmd/tilt",
        cgo=True,
        # Go's checksum database has another buildx 0.32.1 than tilt's go.sum.
        replacing="github.com/docker/buildx=github.com/docker/buildx@v0.33.0",
    ),
    Peer(
        "skaffold",
        "2.24.0",
        "go",
        "github.com/GoogleContainerTools/skaffold/v2",
        "skaffold",
        main="./cmd/skaffold",
    ),
    Peer("nodemon", "3.1.14", "npm", "nodemon", "node_modules/nodemon/bin/nodemon.js"),
    Peer("watchdog", "7.1.0", "pip", "watchdog", "bin/python"),
    Peer("watchfiles", "1.3.0", "pip", "watchfiles", "bin/python"),
    Peer("watchexec", "2.8.0", "cargo", "watchexec-cli", "bin/watchexec"),
    Peer("pitchfork", "2.33.0", "cargo", "pitchfork-cli", "bin/pitchfork"),
)


class PeerMissingError(Exception):
    """A peer could not be installed; the text says why."""


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Where peers are installed: DEVENV_BENCH_CACHE, or devenv-bench in the user's cache folder."""
    chosen = environ.get("DEVENV_BENCH_CACHE")
    if chosen:
        return Path(chosen)
    base = environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "devenv-bench"


def folder_of(peer: Peer, cache: Path) -> Path:
    return cache / f"{peer.name}-{peer.version}"


def installed(peer: Peer, cache: Path) -> Path | None:
    """Return the program's path, or None where it is not installed (whole)."""
    program = folder_of(peer, cache) / peer.program
    return program if program.exists() else None


def install(peer: Peer, cache: Path) -> Path:
    """Install it unless it is there; PeerMissingError where its client cannot."""
    found = installed(peer, cache)
    if found is not None:
        return found
    if shutil.which(_PROGRAM_OF[peer.client]) is None:
        raise PeerMissingError(f"{peer.client} is not on this machine")
    target = folder_of(peer, cache)
    work = cache / f"{target.name}.part"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    _INSTALLERS[peer.client](peer, work, target)
    shutil.rmtree(work, ignore_errors=True)
    found = installed(peer, cache)
    if found is None:
        raise PeerMissingError(f"the package {peer.package} brought no {peer.program}")
    return found


def install_all(names: Sequence[str], cache: Path) -> dict[str, str]:
    """Install the peers of these names (all, where none is given); return why some are missing."""
    missing: dict[str, str] = {}
    for peer in PEERS:
        if names and peer.name not in names:
            continue
        try:
            install(peer, cache)
        except PeerMissingError as error:
            missing[peer.name] = str(error)
    return missing


def _call(words: Sequence[str | Path], folder: Path, **variables: str) -> None:
    """Run a package client at the lowest priority."""
    done = subprocess.run(
        ["nice", "-n", "19", *map(str, words)],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        last = done.stderr.strip()[-STDERR_TAIL:]
        raise PeerMissingError(f"`{words[0]} {words[1]}` ended with {done.returncode}: {last}")


def _install_go(peer: Peer, work: Path, target: Path) -> None:
    """Copy the module out of the (read-only) module cache, and build the copy."""
    modules = work / "modules"
    settings = {
        "GOPATH": str(modules),
        "GOFLAGS": "-modcacherw -buildvcs=false",
        "CGO_ENABLED": str(int(peer.cgo)),
    }
    _call(["go", "mod", "download", f"{peer.package}@v{peer.version}"], work, **settings)
    escaped = "".join(f"!{c.lower()}" if c.isupper() else c for c in peer.package)
    source = work / "source"
    module = modules / "pkg" / "mod" / f"{escaped}@v{peer.version}"
    shutil.copytree(module, source, copy_function=shutil.copyfile)
    if peer.replacing:
        _call(["go", "mod", "edit", f"-replace={peer.replacing}"], source, **settings)
        settings["GOFLAGS"] += " -mod=mod"
    made = work / "made"
    made.mkdir()

    def build(tags: str, program: str, main: str) -> None:
        words = ["go", "build", "-p", "1", "-tags", tags, "-o", str(made / program), main]
        _call(words, source, **settings)

    if peer.name == "mutagen":
        build("mutagenagent", AGENT, MUTAGENS)
        _pack_agent(made)
    if peer.name == "tilt":
        (source / PAGE).touch()
    build(peer.tags, peer.program, peer.main)
    made.rename(target)


def _pack_agent(folder: Path) -> None:
    """Put mutagen's own part of a container where its program looks for it."""
    with tarfile.open(folder / "mutagen-agents.tar.gz", "w:gz") as archive:
        archive.add(folder / AGENT, AGENT)


def _install_pip(peer: Peer, work: Path, target: Path) -> None:
    _call([sys.executable, "-m", "venv", str(target)], work)
    _call([target / "bin" / "pip", "install", "-q", f"{peer.package}=={peer.version}"], work)


def _install_npm(peer: Peer, work: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    package = f"{peer.package}@{peer.version}"
    _call(["npm", "install", "--no-audit", "--no-fund", "--prefix", str(target), package], work)


def _install_cargo(peer: Peer, work: Path, target: Path) -> None:
    words = ["cargo", "install", "-q", "--locked", "-j", "1", "--root", str(target)]
    version = ["--version", peer.version, peer.package]
    _call([*words, *version], work, CARGO_TARGET_DIR=str(work / "target"))


_INSTALLERS: Mapping[str, Callable[[Peer, Path, Path], None]] = {
    "go": _install_go,
    "pip": _install_pip,
    "npm": _install_npm,
    "cargo": _install_cargo,
}
_PROGRAM_OF = {"go": "go", "pip": sys.executable, "npm": "npm", "cargo": "cargo"}


def main(names: Sequence[str]) -> int:
    cache = cache_folder(os.environ)
    missing = install_all(names, cache)
    for peer in PEERS:
        if names and peer.name not in names:
            continue
        reason = missing.get(peer.name)
        state = f"missing: {reason}" if reason else str(installed(peer, cache))
        sys.stdout.write(f"{peer.name} {peer.version}: {state}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
