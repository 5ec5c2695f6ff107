"""Files that are mounted alone: a container goes on seeing the one that it was started with.

Who saves by renaming puts another file in its place, and only a start looks the path up again.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from devenv.model.environment import Resources


def sources(definition: Mapping[str, Any], resources: Resources) -> Iterator[str]:
    """The paths of this machine that a service's container has mounted."""
    for written in definition.get("volumes") or ():
        if written["type"] == "bind":
            yield written["source"]
    for key, declared in (("secrets", resources.secrets), ("configs", resources.configs)):
        for grant in definition.get(key) or ():
            path = declared[grant["source"]].get("file")
            if path:
                yield str(path)


def identities(paths: Iterable[str]) -> Mapping[str, str]:
    """Which file each of them is now; folders and what is not there are left out."""
    found = {path: _identity(path) for path in paths}
    return {path: identity for path, identity in found.items() if identity}


def replaced(before: Mapping[str, str]) -> list[str]:
    """The paths at which there is another file now."""
    return [path for path, identity in identities(before).items() if identity != before[path]]


def _identity(path: str) -> str:
    with suppress(OSError):
        found = os.stat(path)
        if stat.S_ISREG(found.st_mode):
            return f"{found.st_dev}:{found.st_ino}"
    return ""
