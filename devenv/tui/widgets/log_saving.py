"""Write the lines of a document to a file, in small pieces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from devenv.errors import UsageError
from devenv.logs.document import Document, chosen
from devenv.tui.widgets.log_paint import Entry, Look, plain

_AT_ONCE = 64
"""Lines: about a millisecond."""


def destination(text: str) -> Path:
    """Return the file that is meant; raises UsageError where none is, or ``~`` nobody's home."""
    if not text.strip():
        raise UsageError("a file needs a name")
    path = Path(text.strip())
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise UsageError(f"{path}: nobody of this name has a home here") from error


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write a file that is not there yet; raises OSError."""
    with path.open("x", encoding="utf-8", errors="replace") as file:
        file.writelines(f"{line}\n" for line in lines)


class Saving:
    """Writes all that a document shows, and what it folds, to a file that is not there yet."""

    def __init__(self, path: Path, document: Document, look: Look) -> None:
        self.path = path
        self.count = 0
        """Lines that are written."""
        self.share = 0.0
        """How far it is: 1 is the end."""
        self._document = document
        self._look = look

    def steps(self) -> Iterator[None]:
        """Write some lines at a time; of a file that is not ended nothing is left.

        Raises OSError, also where the file is there already.
        """
        file = self.path.open("x", encoding="utf-8", errors="replace")
        try:
            with file:
                yield from self._write(file)
        except BaseException:
            self.path.unlink(missing_ok=True)
            raise

    def _write(self, file: TextIO) -> Iterator[None]:
        document = self._document
        first, last = document.pages.first, document.pages.last
        for number in range(first, last + 1):
            page = document.page(number)
            numbers = chosen(page, document.lens)
            for begin in range(0, len(numbers), _AT_ONCE):
                self.share = (number - first + begin / len(numbers)) / (last - first + 1)
                yield
                for line in numbers[begin : begin + _AT_ONCE]:
                    entry = Entry(page.source(line).name, page.line(line))
                    file.writelines(f"{text}\n" for text in plain(entry, self._look))
                    self.count += 1
            yield
