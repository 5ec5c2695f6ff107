"""Which engine a client means: by its context or ``DOCKER_HOST``, as ``docker`` reads them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

DEFAULT = "unix:///var/run/docker.sock"
DESKTOP = "/.docker/desktop/"
"""Where Docker Desktop has its socket, behind which a virtual machine is."""


@dataclass(frozen=True, slots=True)
class Address:
    """``url`` is ``unix://``, ``tcp://`` or ``ssh://``; ``certificates``: the folder for TLS."""

    url: str = DEFAULT
    certificates: str = ""
    verify: bool = True

    @property
    def is_local(self) -> bool:
        """Whether the engine sees this machine's files and loopback."""
        return self.url.startswith("unix://")

    @property
    def is_native(self) -> bool:
        """Whether its containers run on this kernel: a mount then costs nothing."""
        return self.is_local and DESKTOP not in os.path.realpath(self.url.removeprefix("unix://"))


def address_of(environment: Mapping[str, str]) -> Address:
    """Find the engine of a client. Raises DevenvError for a context that is not there."""
    host = environment.get("DOCKER_HOST")
    if host:
        return _from_variables(host, environment)
    name = environment.get("DOCKER_CONTEXT") or ""
    return _from_context(name, environment)


def _from_variables(host: str, environment: Mapping[str, str]) -> Address:
    verify = bool(environment.get("DOCKER_TLS_VERIFY"))
    folder = environment.get("DOCKER_CERT_PATH", "")
    if verify and not folder:
        folder = _config_folder(environment)
    return Address(host, folder if verify or folder else "", verify)


def _from_context(name: str, environment: Mapping[str, str]) -> Address:
    from devenv.runtimes.docker.contexts import find

    return find(name, _config_folder(environment))


def _config_folder(environment: Mapping[str, str]) -> str:
    home = environment.get("HOME") or os.path.expanduser("~")
    return environment.get("DOCKER_CONFIG") or os.path.join(home, ".docker")
