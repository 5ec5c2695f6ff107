"""The failures that a user is meant to see: what went wrong, and what to do about it."""

from __future__ import annotations


class DevenvError(Exception):
    """An expected failure. ``message`` says what is wrong, ``hint`` what to do; exit code 1."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class DivergedError(DevenvError):
    """Volumes can be had only with the loss of their data, to which nobody has agreed yet."""

    def __init__(self, volumes: tuple[str, ...]) -> None:
        super().__init__(
            f"made from another definition, and with data: {', '.join(volumes)}",
            "undo the change of `volumes`, or lose the data: devenv up --yes",
        )
        self.volumes = volumes


class TransientError(DevenvError):
    """Something on the way failed: the same may well go better in a moment."""


class UsageError(DevenvError):
    """The command line itself is wrong; exit code 2."""

    exit_code = 2


class TimeLimitError(DevenvError):
    """The time that the caller allowed has passed; exit code 124."""

    exit_code = 124
