"""Reads files of a source, and never anything beyond its root, whatever moves meanwhile."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass

from devenv.sync.tree import File

PIECE = 4 * 1024 * 1024
"""Bytes of files that are in memory at once; a receiver starts its tools for each piece."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Opened:
    """An open file, as it was when it was opened."""

    descriptor: int
    entry: File
    owner: int
    group: int

    def pieces(self) -> Iterator[bytes]:
        """Yield the content; at most the size that the file had."""
        left = self.entry.size
        while left > 0:
            data = os.read(self.descriptor, min(PIECE, left))
            if not data:
                return
            left -= len(data)
            yield data

    def spans(self) -> Iterator[bytes | int]:
        """Yield the content as ``pieces`` does, but of a hole only where it ends."""
        at, size = 0, self.entry.size
        while at < size:
            begin, end = self._data(at)
            if begin > at:
                yield begin
            os.lseek(self.descriptor, begin, os.SEEK_SET)
            at = begin
            while at < end and (data := os.read(self.descriptor, min(PIECE, end - at))):
                yield data
                at += len(data)
            if at < end:
                return  # it was cut short meanwhile

    def _data(self, at: int) -> tuple[int, int]:
        """The next range with data, at the end of the file an empty one."""
        size = self.entry.size
        try:
            begin = min(size, os.lseek(self.descriptor, at, os.SEEK_DATA))
            return begin, min(size, os.lseek(self.descriptor, begin, os.SEEK_HOLE))
        except OSError as error:  # no data follows; or the file system knows nothing of holes
            return (size, size) if error.errno == errno.ENXIO else (at, size)

    def is_same(self) -> bool:
        """Tell whether nobody wrote to it since it was opened."""
        return _entry(os.fstat(self.descriptor)) == self.entry

    def close(self) -> None:
        os.close(self.descriptor)


class Reader:
    """Opens files below ``root`` without following a link on the way."""

    def __init__(self, root: str) -> None:
        self._root = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._at = ""
        self._folder = self._root

    def open(self, path: str) -> Opened | None:
        """Open a file; None: there is no such file any more. Raises OSError."""
        folder, _, name = path.rpartition("/")
        try:
            descriptor = os.open(name, _FILE, dir_fd=self._enter(folder))
        except (FileNotFoundError, NotADirectoryError):
            return None
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            os.close(descriptor)
            return None
        return Opened(descriptor, _entry(found), found.st_uid, found.st_gid)

    def close(self) -> None:
        self._leave()
        os.close(self._root)

    def _enter(self, folder: str) -> int:
        if folder == self._at:
            return self._folder
        self._leave()
        at = self._root
        try:
            for name in folder.split("/") if folder else ():
                inner = os.open(name, _FOLDER, dir_fd=at)
                self._close(at)
                at = inner
        except OSError:
            self._close(at)
            raise
        self._folder, self._at = at, folder
        return at

    def _close(self, descriptor: int) -> None:
        if descriptor != self._root:
            os.close(descriptor)

    def _leave(self) -> None:
        self._close(self._folder)
        self._folder, self._at = self._root, ""


def _entry(found: os.stat_result) -> File:
    mode = stat.S_IMODE(found.st_mode)
    return File(found.st_size, found.st_mtime_ns, found.st_ino, mode, found.st_ctime_ns)
