"""The user's own log-ins to registries: their docker configuration, and its helpers."""

from __future__ import annotations

import shutil
from typing import Any

from docker.auth import load_config, resolve_repository_name
from docker.credentials import Store
from docker.errors import DockerException

from devenv.errors import DevenvError
from devenv.runtimes.protocol import Client, Login

PREFIX = "docker-credential-"


class Helper(Store):
    """A program of the user's: found in their PATH, run with their environment."""

    def __init__(self, name: str, variables: dict[str, str]) -> None:
        self.program = PREFIX + name
        self.exe = shutil.which(self.program, path=variables.get("PATH"))
        self.environment = variables


TOKEN_USER = "<token>"
"""The name under which a helper gives a token that only Docker itself can exchange."""


def login(image: str, client: Client) -> Login | None:
    """The user's log-in to an image's registry; None: there is none.

    Raises DevenvError for a helper that does not work, and for a token of no use elsewhere.
    """
    registry, _ = resolve_repository_name(image)
    found = credentials(image, client) or {}
    user, password = found.get("username") or found.get("Username"), found.get("password")
    if found.get("identitytoken") or found.get("IdentityToken") or user == TOKEN_USER:
        raise DevenvError(
            f"the log-in to {registry} is a token that only Docker can use",
            "docker login --username NAME, with an access token as the password",
        )
    password = password or found.get("Password")
    return Login(registry, str(user), str(password)) if user and password else None


def credentials(repository: str, client: Client) -> dict[str, Any] | None:
    """What the user is known by to the registry of an image; None: it is asked without.

    Raises DevenvError for a helper that does not work.
    """
    variables = dict(client.environment)
    folder, home = variables.get("DOCKER_CONFIG"), variables.get("HOME")
    path = f"{folder}/config.json" if folder else f"{home}/.docker/config.json" if home else None
    registry, _ = resolve_repository_name(repository)
    try:
        known = load_config(path, credstore_env=variables)
        helper = known.get_credential_store(registry)
        if helper:
            # The library would look for it in our own PATH.
            known._stores[helper] = Helper(helper, variables)  # type: ignore[attr-defined]
        found = known.resolve_authconfig(registry)
    except DockerException as error:
        raise DevenvError(f"cannot log in to {registry}: {error}", f"see {path}") from error
    return dict(found) if found else None
