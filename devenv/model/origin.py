"""Where in the user's files something was said, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from devenv.errors import DevenvError


@dataclass(frozen=True, slots=True)
class Origin:
    """A place in a file; ``line`` and ``column`` count from 1, 0 means unknown."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with the user's files. A warning does not stop anything."""

    message: str
    origin: Origin
    hint: str = ""
    warning: bool = False

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.origin}: {'warning: ' if self.warning else ''}{self.message}{hint}"

    @property
    def fields(self) -> dict[str, object]:
        """The problem as docs/json.md and docs/api.md have it."""
        return {
            "message": self.message,
            "file": self.origin.file,
            "line": self.origin.line,
            "column": self.origin.column,
            "hint": self.hint,
            "warning": self.warning,
        }


class ProfileError(DevenvError):
    """Every problem of a profile at once."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
