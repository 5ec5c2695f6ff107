"""Write the lines of a document to a file, in small pieces."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from pathlib import Path

from devenv.errors import UsageError
from devenv.logs.document import Document, chosen
from devenv.tui.widgets.log_paint import Entry, Look, plain


def destination(text: str) -> Path:
    """Return the file that is meant; raises UsageError where ``~`` is nobody's home."""
    path = Path(text.strip())
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise UsageError(f"{path}: nobody of this name has a home here") from error


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write a file that is not there yet; raises OSError."""
    with path.open("x", encoding="utf-8", errors="replace") as file:
        file.writelines(f"{line}\n" for line in lines)


def saving(path: Path, document: Document, look: Look) -> Generator[None, None, int]:
    """Write all that a document shows, and what it folds; return how many lines that were.

    Raises OSError, also where the file is there already.
    """
    count = 0
    with path.open("x", encoding="utf-8", errors="replace") as file:
        for number in range(document.pages.first, document.pages.last + 1):
            page = document.page(number)
            numbers = chosen(page, document.lens)
            for line in numbers:
                entry = Entry(page.source(line).name, page.line(line))
                file.writelines(f"{text}\n" for text in plain(entry, look))
            count += len(numbers)
            yield
    return count
