"""The library's client of an engine, but that it asks nothing of the environment."""

from __future__ import annotations

import re
from typing import Any

from docker import APIClient

REGISTRY_PATIENCE = 20.0
"""Seconds that a registry has for what an engine asks it; engines themselves wait for fifteen."""
_OF_REGISTRY = re.compile(r"[^/]+//[^/]+/v[\d.]+/distribution/")


class Client(APIClient):
    """Trusts the certificates that it was given, whatever the environment says of the web's."""

    def send(self, request: Any, **given: Any) -> Any:
        if _OF_REGISTRY.match(request.url):
            given["timeout"] = REGISTRY_PATIENCE
        return super().send(request, **given)

    def merge_environment_settings(self, *given: Any) -> Any:
        self.trust_env = False
        return super().merge_environment_settings(*given)
