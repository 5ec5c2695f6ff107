"""``devenv lock``: writes down which images and files the profile means, for all and for later."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from devenv.cli.arguments import Arguments
from devenv.cli.local import load_here
from devenv.cli.result import Result
from devenv.cli.session import Session
from devenv.errors import DevenvError, UsageError
from devenv.profile.lock import written
from devenv.profile.sources import Lock, Locking


def run(arguments: Arguments, session: Session) -> Result:
    if arguments.services and not arguments.update:
        raise UsageError("services go with --update", "devenv lock --update SERVICE")
    locking = load_here(session).locking
    before = locking.lock or Lock()
    kept = _kept(locking, before, arguments.services, update=arguments.update)
    asked = sorted(set(locking.images.values()) - kept.keys())
    found: Mapping[str, str] = {}
    if asked:
        found = session.call("digests", client=session.caller(), images=asked)["digests"]
    lock = Lock({**kept, **found}, locking.files)
    if lock != locking.lock:
        _write(locking.path, written(lock))
    changed = sorted(_changed(before.images, lock.images) | _changed(before.files, lock.files))
    data = {"path": locking.path, "images": lock.images, "files": lock.files, "changed": changed}
    return Result(data, _text(locking.path, lock, changed))


def _kept(
    locking: Locking, before: Lock, services: Sequence[str], *, update: bool
) -> dict[str, str]:
    """The digests that stay: those still used, and not to be updated."""
    unknown = [name for name in services if name not in locking.images]
    if unknown:
        has = ", ".join(locking.images) or "none"
        raise UsageError(f"no image to lock in {', '.join(unknown)}", f"these have one: {has}")
    updated = {locking.images[name] for name in services or (locking.images if update else ())}
    used = set(locking.images.values()) - updated
    return {name: digest for name, digest in before.images.items() if name in used}


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def _text(path: str, lock: Lock, changed: Sequence[str]) -> str:
    count = f"images: {len(lock.images)}, files: {len(lock.files)}"
    if not changed:
        return f"{path} stays as it is ({count})."
    return "\n".join([*(f"changed: {name}" for name in changed), f"Wrote {path} ({count})."])


def _write(path: str, text: str) -> None:
    """Replace the file whole, or leave it."""
    new = f"{path}.new"
    try:
        with open(new, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(new, path)
    except OSError as error:
        raise DevenvError(f"cannot write {path}: {error.strerror}") from error
