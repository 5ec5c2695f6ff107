"""The failures that a user is meant to see: what went wrong, and what to do about it."""

from __future__ import annotations


class DevenvError(Exception):
    """An expected failure. ``message`` says what is wrong, ``hint`` what to do; exit code 1."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class TransientError(DevenvError):
    """Something on the way failed: the same may well go better in a moment."""


class UsageError(DevenvError):
    """The command line itself is wrong; exit code 2."""

    exit_code = 2


class TimeLimitError(DevenvError):
    """The time that the caller allowed has passed; exit code 124."""

    exit_code = 124
