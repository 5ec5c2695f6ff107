"""What an image is built from, as one hash: the same hash on an image says that it is current."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from json import dumps
from typing import Any

Definition = Mapping[str, Any]
CHUNK = 1024 * 1024
ELSEWHERE = ("://", "git@")
HISTORY = ".git"
"""Other on every machine, and after each commit and fetch."""
UNSAID = ("no_cache", "pull", "cache_to", "tags")
"""What changes nothing of the image."""


def fingerprint(definition: Definition, given: Mapping[str, str]) -> str:
    """Hash all that a build reads: its folders, its Dockerfile, its definition.

    The same wherever on a machine its folders lie.

    ``given`` are the ids of images that it is built on. "" where that cannot be known: a context
    that lies elsewhere, or a file that cannot be read. Not read are secrets, and images by name.
    """
    digest = hashlib.sha256()
    digest.update(
        dumps([_placeless(definition), dict(given)], sort_keys=True, default=str).encode()
    )
    try:
        for folder in contexts(definition):
            digest.update(b"\0\0")
            for line in _lines(folder, dockerfile(definition)):
                digest.update(line)
    except OSError:
        return ""
    return digest.hexdigest()[:32] if _is_here(definition) else ""


def _placeless(definition: Definition) -> Definition:
    """A definition without the paths of folders whose content is hashed."""
    others = (definition.get("additional_contexts") or {}).items()
    kept = {key: value for key, value in definition.items() if key not in UNSAID}
    kept["additional_contexts"] = [[k, "" if os.path.isabs(str(v)) else v] for k, v in others]
    if _is_here(definition):
        kept["context"] = ""
        kept["dockerfile"] = os.path.relpath(dockerfile(definition), context(definition))
    return kept


def contexts(definition: Definition) -> list[str]:
    """The folders of this machine that a build reads."""
    others = (definition.get("additional_contexts") or {}).values()
    found = [context(definition), *(str(one) for one in others)]
    return [one for one in found if os.path.isabs(one)]


def context(definition: Definition) -> str:
    return str(definition.get("context") or ".")


def dockerfile(definition: Definition) -> str:
    """The path of the Dockerfile; in a context elsewhere, its path there."""
    written = str(definition.get("dockerfile") or "Dockerfile")
    if os.path.isabs(written) or not _is_here(definition):
        return written
    return os.path.join(context(definition), written)


def _is_here(definition: Definition) -> bool:
    return not any(mark in context(definition) for mark in ELSEWHERE)


def _lines(folder: str, of: str) -> Iterator[bytes]:
    for path in _paths(folder, of):
        full = os.path.join(folder, path)
        found = os.lstat(full)
        yield f"\0{path}\0{stat.S_IFMT(found.st_mode)}{found.st_mode & 0o777}\0".encode()
        if stat.S_ISLNK(found.st_mode):
            yield os.fsencode(os.readlink(full))
        elif stat.S_ISREG(found.st_mode):
            yield _content(full)
    if os.path.isabs(of) and os.path.exists(of):
        yield _content(of)


def _paths(folder: str, of: str) -> list[str]:
    """What of a folder counts in a build: its `.dockerignore` names what does not.

    What git keeps does only where that says so, by `!.git`.
    """
    from docker.utils import exclude_paths

    inside = os.path.relpath(of, folder) if of.startswith(folder + os.sep) else None
    return sorted(exclude_paths(folder, [HISTORY, *_ignored(folder, of)], dockerfile=inside))


def _ignored(folder: str, of: str) -> Iterable[str]:
    for name in (f"{of}.dockerignore", os.path.join(folder, ".dockerignore")):
        if os.path.isfile(name):
            with open(name, encoding="utf-8") as file:
                lines = [line.strip() for line in file]
            return [line for line in lines if line and not line.startswith("#")]
    return []


def _content(path: str) -> bytes:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
