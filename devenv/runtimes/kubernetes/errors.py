"""How a cluster fails us: it cannot be asked, or it refuses."""

from __future__ import annotations

from collections.abc import Mapping

from devenv.errors import DevenvError, TransientError


class AwayError(TransientError):
    """It cannot be asked now; what was asked may be asked again.

    ``after``: seconds that it wants to be left alone before.
    """

    def __init__(self, message: str, hint: str = "", after: float = 0.0) -> None:
        super().__init__(message, hint)
        self.after = after


class LoginError(AwayError):
    """Somebody who sits at a terminal has to run a command; what it prints are credentials.

    ``login``: the cluster, the command, and what is added to the environment, for the way to them.
    """

    def __init__(self, message: str, login: Mapping[str, object]) -> None:
        super().__init__(message)
        self.login = login


class UnbuiltError(DevenvError):
    """The image of a service could not be built, or not be pushed."""


class RefusedError(DevenvError):
    """It was asked and says no. ``reason`` is the API's own word for it."""

    def __init__(self, status: int, reason: str, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.status = status
        self.reason = reason
