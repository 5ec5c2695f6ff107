"""What is told in a corner."""

from __future__ import annotations

from collections.abc import Collection

from textual.notifications import SeverityLevel

from devenv.tui.typing_ahead import TypedAhead


class Telling(TypedAhead):
    """Tells the newest, and every error."""

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Tell something as it is: names and errors of others may have brackets."""
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=markup)

    def on_notify(self) -> None:
        """What was told before gives way, but for errors."""
        for former in list(self._notifications):
            if former.severity != "error":
                self._unnotify(former)

    def take_back(self, messages: Collection[str]) -> None:
        """Tell these no longer."""
        for told in list(self._notifications):
            if told.message in messages:
                self._unnotify(told)
