"""The library's client of an engine, but that it asks nothing of the environment."""

from __future__ import annotations

from typing import Any

from docker import APIClient


class Client(APIClient):
    """Trusts the certificates that it was given, whatever the environment says of the web's."""

    def merge_environment_settings(self, *given: Any) -> Any:
        self.trust_env = False
        return super().merge_environment_settings(*given)
