"""The names of the files that devenv looks for, and the refusal of those it does not read yet."""

from __future__ import annotations

from devenv.errors import DevenvError

PROFILE = "devenv.profile.yaml"
OVERLAY = "devenv.profile.local.yaml"
PROCFILE = "Procfile"
COMPOSE = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")


def is_procfile(path: str) -> bool:
    name = path.rsplit("/", 1)[-1]
    return name == PROCFILE or name.startswith("Procfile.") or name.endswith(".Procfile")


def is_compose(path: str) -> bool:
    return path.rsplit("/", 1)[-1] in COMPOSE


def compose_not_read(path: str) -> DevenvError:
    return DevenvError(
        f"{path}: Compose files are not read yet",
        f"write a {PROFILE} beside it: a service's keys are the same, and `command` without "
        "`image` runs it as a host process",
    )
