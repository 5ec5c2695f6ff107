"""The names of the files that devenv looks for, and the refusal of those it does not read yet."""

from __future__ import annotations

import re

from devenv.errors import DevenvError

PROFILE = "devenv.profile.yaml"
OVERLAY = "devenv.profile.local.yaml"
PROCFILE = "Procfile"
COMPOSE = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
"""In the order in which Compose looks for them."""


_COMPOSE = re.compile(r"(?:docker-)?compose(?:[.-].*)?\.ya?ml")


def is_procfile(path: str) -> bool:
    name = path.rsplit("/", 1)[-1]
    return name == PROCFILE or name.startswith("Procfile.") or name.endswith(".Procfile")


def is_compose(path: str) -> bool:
    """Tell a Compose file by its name: ``compose.yaml``, ``docker-compose.prod.yml``."""
    return _COMPOSE.fullmatch(path.rsplit("/", 1)[-1]) is not None


def compose_not_read(path: str) -> DevenvError:
    return DevenvError(
        f"{path}: a profile cannot include a Compose file yet",
        "take its services over: their keys are the same",
    )
