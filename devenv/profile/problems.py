"""Collects what is wrong with the user's files, so that all of it is said at once."""

from __future__ import annotations

from devenv.errors import DevenvError
from devenv.model.origin import Origin, Problem, ProfileError


class Problems:
    """What the passes of one load have found, each thing once."""

    def __init__(self) -> None:
        self._found: dict[Problem, None] = {}
        self._spoilt: set[Origin] = set()

    def error(self, message: str, origin: Origin, hint: str = "") -> None:
        if origin not in self._spoilt:
            self._found[Problem(message, origin, hint)] = None

    def spoil(self, error: DevenvError, origin: Origin) -> None:
        """Add a failure that left no value at this place: what else it is said to be is not so."""
        self.add(error, origin)
        self._spoilt.add(origin)

    def warn(self, message: str, origin: Origin, hint: str = "") -> None:
        self._found[Problem(message, origin, hint, warning=True)] = None

    def add(self, error: DevenvError, origin: Origin, about: str = "") -> None:
        """Add an expected failure; a ProfileError's problems keep their own places."""
        if isinstance(error, ProfileError):
            self._found.update(dict.fromkeys(error.problems))
        else:
            self.error(f"{about}: {error.message}" if about else error.message, origin, error.hint)

    def __len__(self) -> int:
        return len(self._found)

    def all(self) -> tuple[Problem, ...]:
        """Everything found, in the order of the files' lines."""
        return tuple(
            sorted(
                self._found,
                key=lambda found: (found.origin.file, found.origin.line, found.origin.column),
            )
        )

    def raise_errors(self) -> None:
        """Raise ProfileError with everything found, if any of it is an error."""
        if any(not problem.warning for problem in self._found):
            raise ProfileError(self.all())
