"""What a load is asked for, reads and gives: light to import, unlike the passes themselves."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from devenv.errors import DevenvError
from devenv.model.environment import Environment
from devenv.model.origin import Origin, Problem

SIZE_LIMIT = 1024 * 1024
"""Bytes of one file."""

Reader = Callable[[str], bytes | None]
"""The bytes of a file by its absolute path; None: absent. DevenvError: it cannot be read."""


@dataclass(frozen=True, slots=True)
class Request:
    """Which profile, and for whom.

    ``files`` (absolute, or relative to ``root``) replace the profile and its overlay;
    ``profiles`` are active Compose profiles; ``environment`` is the client's; ``builtin`` holds
    our own variables.
    """

    root: str
    files: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    builtin: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was read; ``content`` is None where it was looked for and absent.

    ``secret``: it is never written to a disk by us.
    """

    content: bytes | None
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Lock:
    """Digests: ``images`` by the names that a profile has, ``files`` by their paths."""

    images: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Locking:
    """What a lock of a profile has, and what it should have.

    ``lock`` is None where there is no file at ``path``. ``images`` gives the name of each
    service's image that a registry has, as it is written; ``files`` the digests of now.
    """

    path: str
    lock: Lock | None = None
    images: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A profile without errors, and all that it was made from.

    ``problems`` are warnings; ``sources`` holds each file that was read or looked for, by its
    absolute path; ``variables`` each of the client's variables that was looked up (None: not
    set). A load with these sources and variables gives the same environment again. ``origins``
    says where each value stands, by its way from the top; it is there only if it was asked for.
    """

    environment: Environment
    problems: tuple[Problem, ...]
    sources: Mapping[str, Source]
    variables: Mapping[str, str | None]
    origins: Mapping[tuple[str | int, ...], Origin] = field(default_factory=dict)
    locking: Locking = field(default_factory=lambda: Locking(""))


def read_file(path: str) -> bytes | None:
    """Read a plain file, of which no more than the limit is kept; None: there is none."""
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            is_plain = stat.S_ISREG(os.fstat(file.fileno()).st_mode) or path == os.devnull
            content = file.read(SIZE_LIMIT + 1) if is_plain else b""
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise DevenvError(f"cannot read {path}: {error.strerror}") from error
    if not is_plain:
        raise DevenvError(f"cannot read {path}: it is not a plain file")
    return content


def _without_waiting(path: str, flags: int) -> int:
    """Open a file so that a pipe without a writer does not hold us."""
    return os.open(path, flags | os.O_NONBLOCK)
