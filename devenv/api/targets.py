"""Which environment a request is about: the *target* of docs/api.md."""

from __future__ import annotations

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any


def environment_target(environment: str) -> dict[str, Any]:
    """The target of an environment by its id alone, wherever its checkout is."""
    return {"directory": "/", "files": [], "environment": environment, "profiles": []}
