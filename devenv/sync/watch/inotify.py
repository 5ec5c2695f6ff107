"""Linux's inotify: one descriptor for all folders of the daemon (inotify(7))."""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass

ATTRIB = 0x4
CLOSE_WRITE = 0x8
MOVED_FROM = 0x40
MOVED_TO = 0x80
CREATE = 0x100
DELETE = 0x200
DELETE_SELF = 0x400
MOVE_SELF = 0x800
OVERFLOW = 0x4000
IGNORED = 0x8000
ONLYDIR = 0x1000000
DONT_FOLLOW = 0x2000000
MASK_ADD = 0x20000000
ISDIR = 0x40000000
MASK = (
    ATTRIB
    | CLOSE_WRITE
    | MOVED_FROM
    | MOVED_TO
    | CREATE
    | DELETE
    | DELETE_SELF
    | MOVE_SELF
    | ONLYDIR
    | DONT_FOLLOW
)
ITSELF = DELETE_SELF | MOVE_SELF | DONT_FOLLOW | MASK_ADD
"""Whether a folder or link is replaced, whatever else it is watched for."""
_HEAD = struct.Struct("iIII")
_READ = 256 * 1024


@dataclass(frozen=True, slots=True)
class Event:
    """``watch`` is the number of the folder's watch (-1: none), ``name`` what is in it."""

    watch: int
    mask: int
    name: str


class Inotify:
    """The descriptor. Raises OSError; ENOSPC: the user has no watch left."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(None, use_errno=True)
        self._library.inotify_add_watch.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_uint32)
        self.descriptor = self._library.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self.descriptor < 0:
            raise _failure("inotify")

    def add(self, path: str, mask: int = MASK) -> int:
        """Watch a folder; what is watched already keeps its number."""
        number = self._library.inotify_add_watch(self.descriptor, os.fsencode(path), mask)
        if number < 0:
            raise _failure(path)
        return int(number)

    def remove(self, number: int) -> None:
        """Watch a folder no longer; one that is gone is not watched anyway."""
        self._library.inotify_rm_watch(self.descriptor, number)

    def read(self) -> list[Event]:
        """Return what has happened; nothing when there is nothing now."""
        try:
            return list(_events(os.read(self.descriptor, _READ)))
        except BlockingIOError:
            return []

    def close(self) -> None:
        os.close(self.descriptor)


def _failure(path: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number), path)


def _events(data: bytes) -> Iterator[Event]:
    position = 0
    while position < len(data):
        watch, mask, _, length = _HEAD.unpack_from(data, position)
        position += _HEAD.size
        name = data[position : position + length].split(b"\0", 1)[0]
        position += length
        yield Event(watch, mask, os.fsdecode(name))


def limit() -> int:
    """How many folders this user may watch, in all programs together; 0: nobody says."""
    found = [value for path in _LIMITS if (value := _number_in(path))]
    return min(found, default=0)


def remedy() -> str:
    """What raises that limit, as a command."""
    return f"sudo sysctl fs.inotify.max_user_watches={max(524_288, 2 * limit())}"


def _number_in(path: str) -> int:
    try:
        with open(path) as file:
            return int(file.read())
    except (OSError, ValueError):
        return 0


_LIMITS = "/proc/sys/fs/inotify/max_user_watches", "/proc/sys/user/max_inotify_watches"
"""The second one counts where a user namespace has a limit of its own (namespaces(7))."""
NO_ROOM = (errno.ENOSPC, errno.EMFILE, errno.ENFILE)
