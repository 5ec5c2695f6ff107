"""Which devenv this is: daemon and client of one build are made for each other."""

from __future__ import annotations

import os

import devenv

_FRONT_ENDS = ("cli", "tui")


def build() -> str:
    """The version, and a number of the installation: its folder and its files' times and sizes.

    An installed package changes only as a whole, so there one file stands for all. In a source
    checkout each module counts that the daemon may have loaded.
    """
    package = os.path.dirname(os.path.abspath(devenv.__file__))
    number = int.from_bytes(os.fsencode(package), "big")
    if "-packages/" in package:
        stat = os.stat(devenv.__file__)
        stamps = [(stat.st_mtime_ns, stat.st_size)]
    else:
        stamps = sorted(_stamps(package))
    for time, size in stamps:
        number = (number * 1_000_003 + time * 31 + size) % (1 << 61)
    return f"{devenv.__version__}+{number % (1 << 61):x}"


def _stamps(package: str) -> list[tuple[int, int]]:
    """Modification time and size of each module below a folder. Nothing is read or hashed."""
    found = []
    folders = [package]
    while folders:
        for entry in _entries(folders.pop()):
            name = entry.name
            if name.endswith(".py"):
                stat = entry.stat()
                found.append((stat.st_mtime_ns, stat.st_size))
            elif "." not in name and name != "__pycache__" and name not in _FRONT_ENDS:
                folders.append(entry.path)
    return found


def _entries(folder: str) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return list(entries)
