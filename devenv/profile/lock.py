"""The lock beside a profile: which images its names meant, and which files it took in.

``devenv.lock`` is JSON: ``images`` maps a name as the profile has it to a digest, ``files`` the
path of an included file to the hash of its content.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace

from devenv.errors import DevenvError
from devenv.model.environment import Environment
from devenv.model.origin import Origin
from devenv.model.service import Service
from devenv.profile.reading import Reading
from devenv.profile.sources import Lock, Locking

LOCK = "devenv.lock"
VERSION = 1
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_ANEW = "remove it, and `devenv lock` writes it anew"
_WRITE = "`devenv lock` writes down what is"


def locking(
    environment: Environment, own: Sequence[str], shipped: str, reading: Reading
) -> Locking:
    """Read the lock beside the profile, whose ``own`` files it does not hold.

    What lies in the folder ``shipped`` comes with devenv, and is not in it either.
    """
    path = posixpath.join(posixpath.dirname(own[0]), LOCK)
    origin = Origin(reading.shown(path))
    content = reading.file(path, origin)
    found = Locking(
        path,
        None if content is None else _parsed(content, origin, reading),
        images=dict(_images(environment)),
        files=dict(_files({*own, path}, shipped, reading)),
    )
    _warn(found, origin, reading)
    return found


def locked(environment: Environment, lock: Lock | None) -> Environment:
    """Let each image that is in the lock be the one of its digest."""
    if lock is None:
        return environment
    services = {
        name: _with_digest(service, lock.images) for name, service in environment.services.items()
    }
    return replace(environment, services=services)


def written(lock: Lock) -> str:
    document = {"version": VERSION, "images": dict(lock.images), "files": dict(lock.files)}
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def parse(content: bytes) -> Lock:
    """Read a lock. Raises DevenvError."""
    try:
        document = json.loads(content)
        if document["version"] != VERSION:
            raise DevenvError("it was written by another devenv", "take the one that wrote it")
        parts = [document["images"], document["files"]]
    except (ValueError, KeyError, TypeError) as error:
        raise DevenvError("it is not a lock", _ANEW) from error
    if not all(_is_part(part) for part in parts):
        raise DevenvError("it holds something else than names and digests", _ANEW)
    return Lock(*parts)


def _is_part(part: object) -> bool:
    return isinstance(part, dict) and all(
        isinstance(value, str) and _DIGEST.fullmatch(value) for value in part.values()
    )


def _parsed(content: bytes, origin: Origin, reading: Reading) -> Lock | None:
    try:
        return parse(content)
    except DevenvError as error:
        reading.problems.add(error, origin)
        return None


def _images(environment: Environment) -> Iterator[tuple[str, str]]:
    for service in environment.services.values():
        if service.tagged and not service.definition.get("build"):
            yield service.name, service.tagged


def _files(own: Set[str], shipped: str, reading: Reading) -> Iterator[tuple[str, str]]:
    for path, source in sorted(reading.sources.items()):
        if path in own or source.secret or source.content is None:
            continue
        if not path.startswith(f"{shipped}/"):
            name = posixpath.relpath(path, reading.request.root)
            yield name, f"sha256:{hashlib.sha256(source.content).hexdigest()}"


def _with_digest(service: Service, digests: Mapping[str, str]) -> Service:
    definition = service.definition
    image = str(definition.get("image") or "")
    if image not in digests or definition.get("build"):
        return service
    return service.named(f"{image}@{digests[image]}")


def _warn(found: Locking, origin: Origin, reading: Reading) -> None:
    """Say where the lock does not fit the profile."""
    if found.lock is None:
        return
    images = set(found.images.values())
    lines = [f"{name} is not in the lock" for name in images - found.lock.images.keys()]
    lines += [f"{name} is in the lock, and not used" for name in found.lock.images.keys() - images]
    lines += [f"{name} is not in the lock" for name in found.files.keys() - found.lock.files.keys()]
    for name, digest in found.lock.files.items():
        if found.files.get(name) != digest:
            what = "has changed since" if name in found.files else "was taken in when"
            lines.append(f"{name} {what} the lock was written")
    for line in sorted(lines):
        reading.problems.warn(line, origin, _WRITE)
