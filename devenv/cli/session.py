"""What every verb has at hand: the arguments, the user's circumstances, the way to the daemon."""

from __future__ import annotations

import os

from devenv.errors import DevenvError, UsageError

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from devenv.api.client import Client
    from devenv.cli.arguments import Arguments


class Session:
    """One run of the command line. The daemon is looked for when ``client`` is first used."""

    def __init__(self, arguments: Arguments, environ: Mapping[str, str]) -> None:
        self.arguments = arguments
        self.environ = environ
        self._client: Client | None = None

    @property
    def client(self) -> Client:
        if self._client is None:
            from devenv.api.client import Client

            self._client = Client(self.environ, log_in=self._log_in)
        return self._client

    def _log_in(self, login: Mapping[str, Any]) -> bool:
        from devenv.cli.logging_in import credentials

        output = credentials(login, self.environ)
        if output is None:
            return False
        self.client.call("cluster.login", {"name": login["cluster"], "output": output})
        return True

    def close(self) -> None:
        if self._client is not None:
            self._client.close()

    @property
    def directory(self) -> str:
        """Where we are, or what -C says."""
        chosen: str | None = self.arguments.directory
        try:
            here = os.getcwd()
        except OSError as error:
            if not (chosen and chosen.startswith("/")):
                raise DevenvError("the folder that you are in is gone", "cd to another.") from error
            here = "/"
        if not chosen:
            return here
        directory = os.path.normpath(os.path.join(here, chosen))
        if not os.path.isdir(directory):
            raise UsageError(f"-C {chosen}: there is no such folder")
        return directory

    def target(self) -> dict[str, Any]:
        """Which environment is meant, as docs/api.md says it."""
        arguments = self.arguments
        directory = self.directory
        return {
            "directory": directory,
            "files": [os.path.join(directory, file) for file in arguments.file],
            "environment": arguments.environment,
            "profiles": arguments.profile,
        }

    def caller(self) -> dict[str, Any]:
        """For whom something is done: the *client* of docs/api.md."""
        umask = os.umask(0o077)
        os.umask(umask)
        return {
            "directory": self.directory,
            "umask": umask,
            "environment": dict(self.environ),
        }

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Ask the daemon about the environment that is meant."""
        return self.client.call(method, {"target": self.target(), **params})
