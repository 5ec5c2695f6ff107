"""The containers whose network an environment shares, while they run."""

from __future__ import annotations

from collections.abc import Callable

from devenv.model.environment import EnvironmentId
from devenv.runtimes.docker.rows import Owner


class Owners:
    """One for each environment that has one. ``hint`` is called for one that changes."""

    def __init__(self, hint: Callable[[EnvironmentId], None]) -> None:
        self._owners: dict[EnvironmentId, Owner] = {}
        self._hint = hint

    def get(self, environment: EnvironmentId) -> Owner | None:
        return self._owners.get(environment)

    def note(self, owner: Owner, *, running: bool) -> None:
        """Take in how one stands."""
        before = self._owners.get(owner.environment)
        if running:
            self._owners[owner.environment] = owner
        elif before is not None and before.container == owner.container:
            del self._owners[owner.environment]
        if before != self._owners.get(owner.environment):
            self._hint(owner.environment)

    def forget(self, container: str) -> None:
        for owner in [one for one in self._owners.values() if one.container == container]:
            self.note(owner, running=False)
