"""The failures that a user is meant to see: what went wrong, and what to do about it."""

from __future__ import annotations

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


class DevenvError(Exception):
    """An expected failure. ``message`` says what is wrong, ``hint`` what to do; exit code 1."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def text(self) -> str:
        """What is wrong, and below it what to do."""
        return f"{self.message}\n{self.hint}" if self.hint else self.message

    @property
    def told(self) -> str:
        """On one line: what is wrong, and the last line of what to do (of a build: its error)."""
        lines = self.hint.strip().splitlines()
        return f"{self.message}: {lines[-1]}" if lines else self.message


class DivergedError(DevenvError):
    """Volumes can be had only with the loss of their data, to which nobody has agreed yet."""

    def __init__(self, volumes: tuple[str, ...]) -> None:
        super().__init__(
            f"made from another definition, and with data: {', '.join(volumes)}",
            "undo the change of `volumes`, or lose the data: devenv up --yes",
        )
        self.volumes = volumes


class NoProfileError(DevenvError):
    """No profile belongs to a folder."""


class TransientError(DevenvError):
    """Something on the way failed: the same may well go better in a moment."""


class UsageError(DevenvError):
    """The command line itself is wrong; exit code 2."""

    exit_code = 2


class TimeLimitError(DevenvError):
    """The time that the caller allowed has passed; exit code 124."""

    exit_code = 124


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Make a hint of the known word that looks most like ``word``; empty if none does."""
    from difflib import get_close_matches

    close = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"did you mean `{close[0]}`?" if close else ""


def one_of(word: str, known: Iterable[str]) -> str:
    """Make a hint of the word that was meant, or else of all there are."""
    names = list(known)
    return did_you_mean(word, names) or f"there are: {', '.join(names) or 'none'}"


def require_services(names: Iterable[str], known: Collection[str]) -> None:
    """Refuse names that no service has: UsageError, with the one that was meant."""
    unknown = sorted(set(names).difference(known))
    if unknown:
        listed = ", ".join(map(repr, unknown))
        raise UsageError(f"there is no service {listed}", one_of(unknown[0], known))
