"""Looks at the disk: what a path is now, and all below it. Links are links, never followed."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterable, Mapping

from devenv.sync.ignore import Filter
from devenv.sync.tree import Edit, Entry, File, Folder, Link, Odd, above, at, edited

Watch = Callable[[str], None]
"""Called with a folder's path before the folder is read, so that nothing is missed after it."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
TICK = 20_000_000
"""Nanoseconds within which a file system may give two writes one time."""


class Scanner:
    """Looks below ``root``; what ``rule`` does not take is neither looked at nor watched.

    ``clock`` is the one of the file system's times, in nanoseconds.
    """

    def __init__(
        self, root: str, rule: Filter, watch: Watch, clock: Callable[[], int] = time.time_ns
    ) -> None:
        self._clock = clock
        self._begun = clock()
        self.root = root
        self.rule = rule
        self._watch = watch
        self._recent: set[str] = set()
        self._editions: dict[str, int] = {}
        self._shared: dict[int, frozenset[str]] = {}
        self._touched: set[int] = set()

    def whole(self) -> Folder | None:
        """Look at everything; None: there is no such folder."""
        self._begun = self._clock()
        self._shared.clear()
        found = self._look("", None)
        return found if isinstance(found, Folder) else None

    def again(self, tree: Folder, marks: Mapping[str, bool]) -> Folder | None:
        """Look again at the marked paths; True: at all below them too."""
        if "" in marks:
            return self.whole()
        self._begun = self._clock()
        self._touched.clear()
        edits = [
            Edit(path, self._look(path, None if deep else at(tree, path)))
            for path, deep in _topmost(marks)
        ]
        seen = _with(tree, edits)
        return _with(seen, [Edit(path, self._look(path, None)) for path in self._other_names(seen)])

    def _look(self, path: str, before: Entry | None) -> Entry | None:
        """Return what is at a path; a folder that is the same as before keeps its entries."""
        try:
            found = os.lstat(os.path.join(self.root, path))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            return Odd(error.strerror or "it cannot be looked at", is_unread=True)
        return self._entry(path, found, before)

    def _entry(self, path: str, found: os.stat_result, before: Entry | None = None) -> Entry | None:
        if stat.S_ISDIR(found.st_mode):
            pruned = path and self.rule.prunes(path)
            return None if pruned else self._folder(path, found, before)
        if not self.rule.verdict(path).taken:
            return None
        if stat.S_ISREG(found.st_mode):
            return self._file(path, found)
        return _other(os.path.join(self.root, path), found)

    def _file(self, path: str, found: os.stat_result) -> File:
        if path in self._recent:
            self._recent.discard(path)
            self._editions[path] = self._editions.get(path, 0) + 1
        mtime, ctime, inode = found.st_mtime_ns, found.st_ctime_ns, found.st_ino
        if ctime > self._begun - TICK and abs(self._clock() - ctime) < TICK:
            self._recent.add(path)
        if found.st_nlink > 1:
            self._shared[inode] = self._shared.get(inode, frozenset()) | {path}
            self._touched.add(inode)
        mode = stat.S_IMODE(found.st_mode)
        return File(found.st_size, mtime, inode, mode, ctime, self._editions.get(path, 0))

    def _other_names(self, tree: Folder) -> set[str]:
        """All the names of files that were looked at: events tell only by which one it changed."""
        for inode in self._touched:
            names = self._shared[inode]
            self._shared[inode] = frozenset(name for name in names if _is_name(tree, name, inode))
        return {path for inode in self._touched for path in self._shared[inode]}

    def _folder(self, path: str, found: os.stat_result, before: Entry | None) -> Entry:
        mode = stat.S_IMODE(found.st_mode)
        if isinstance(before, Folder) and before.inode == found.st_ino:
            return before if before.mode == mode else Folder(mode, found.st_ino, before.entries)
        try:
            self._watch(path)
            folder = os.open(os.path.join(self.root, path), _FOLDER)
        except FileNotFoundError:
            return Folder(mode, found.st_ino)  # gone meanwhile: its parent's event is on the way
        except OSError as error:
            return Odd(error.strerror or "it cannot be read", is_unread=True)
        try:
            return Folder(mode, found.st_ino, self._entries(f"{path}/" if path else "", folder))
        except OSError as error:
            return Odd(error.strerror or "it cannot be read", is_unread=True)
        finally:
            os.close(folder)

    def _entries(self, prefix: str, folder: int) -> dict[str, Entry]:
        """What is in an open folder. Raises OSError where it cannot be read."""
        entries: dict[str, Entry] = {}
        for name in os.listdir(folder):
            path = prefix + name
            try:
                found = os.stat(name, dir_fd=folder, follow_symlinks=False)
            except OSError:
                entry = self._look(path, None)
            else:
                entry = self._entry(path, found)
            if entry is not None:
                entries[name] = entry
        return entries


def _with(tree: Folder, edits: Iterable[Edit]) -> Folder:
    news = [edit for edit in edits if edit.entry is not at(tree, edit.path)]
    return edited(tree, news) if news else tree


def _is_name(tree: Folder, path: str, inode: int) -> bool:
    """Tell whether a path is a name of a file, and leads to it through folders alone."""
    found = at(tree, path)
    return isinstance(found, File) and found.inode == inode


def _topmost(marks: Mapping[str, bool]) -> Iterable[tuple[str, bool]]:
    """Leave out what lies below a path that is looked at as a whole."""
    for path, deep in marks.items():
        if not any(marks.get(one) for one in above(path)):
            yield path, deep


def _other(full: str, found: os.stat_result) -> Entry | None:
    if stat.S_ISLNK(found.st_mode):
        try:
            return Link(os.readlink(full))
        except OSError:
            return None
    return Odd("it is neither a file, a folder nor a link")
