"""What a verb hands to render.py: a value with two renderings, or a program to become."""

from __future__ import annotations

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from typing import Any

    from devenv.cli.layout import Style

    Output = Generator[bytes, None, int]
    """Bytes for stdout as they come; its return value is the exit code."""


class Result:
    """``data`` is the JSON document, its version left out; ``text`` says the same to people.

    ``notes`` are for stderr, where they disturb nobody who reads the result.
    """

    __slots__ = ("code", "data", "notes", "text")

    def __init__(
        self,
        data: Mapping[str, Any],
        text: str | Callable[[Style], str] = "",
        *,
        code: int = 0,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.data = data
        self.text = text
        self.code = code
        self.notes = notes


class Become:
    """A program that takes our place: it keeps the terminal, and its status is ours."""

    __slots__ = ("command", "directory", "environment")

    def __init__(
        self, command: tuple[str, ...], directory: str, environment: Mapping[str, str]
    ) -> None:
        self.command = command
        self.directory = directory
        self.environment = environment
