"""What a run was made on: figures mean nothing without it."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from devenv import __version__
from tests.benchmarks.peers import PEERS, installed


def describe(cache: Path) -> str:
    """List the machine, the kernel and all versions as Markdown."""
    rows = [
        ("processor", f"{_processor()}, {os.cpu_count()} cores"),
        ("memory", f"{_memory_bytes() / 2**30:.0f} GiB"),
        ("kernel", f"{platform.system()} {platform.release()} {platform.machine()}"),
        ("file system of the folders", _file_system()),
        ("Python", platform.python_version()),
        ("Node", _said(["node", "--version"])),
        ("Go", _said(["go", "env", "GOVERSION"])),
        ("devenv", __version__),
        *((peer.name, _peer_version(peer.version, installed(peer, cache))) for peer in PEERS),
    ]
    return "\n".join(["| | |", "| --- | --- |", *(f"| {name} | {text} |" for name, text in rows)])


def load() -> str:
    """Say how busy the machine is with other things."""
    return f"{os.getloadavg()[0]:.2f} over the last minute"


def _peer_version(version: str, program: Path | None) -> str:
    return version if program else f"{version}, not installed"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _file_system() -> str:
    folder = os.environ.get("TMPDIR", "/tmp")
    return _said(["stat", "-f", "-c", "%T", folder])


def _said(words: Sequence[str]) -> str:
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=30)
    except OSError:
        return "not on this machine"
    return done.stdout.strip() or f"unknown to {sys.platform}"
