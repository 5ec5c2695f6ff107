"""Services of a Compose file as the profile's passes give them, for what is made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from devenv.model.environment import Environment
from devenv.model.origin import Origin
from devenv.model.service import Service
from devenv.profile.load import load
from devenv.profile.references import Given, resolve
from devenv.profile.sources import Request

PREVIEW = "shop-main-1f3c9a2b"
GIVEN = Given(ports={}, secret=lambda name: f"secret-of-{name}", data=lambda name: f"/data/{name}")


def environment(text: str, name: str = "compose.yaml", **more: str) -> Environment:
    files = {f"/shop/{name}": text.encode(), **{f"/shop/{key}": more[key].encode() for key in more}}
    return load(Request("/shop"), files.get).environment


def services(text: str, name: str = "compose.yaml") -> Mapping[str, Service]:
    found = environment(text, name)
    given = replace(GIVEN, contained=frozenset(found.services))
    return {key: resolve(found, one, 0, given) for key, one in found.services.items()}


def service(keys: str) -> Service:
    """The service ``web`` with these keys, as they are written in YAML's flow style."""
    return services(f"services: {{web: {{image: nginx, {keys}}}}}")["web"]


def place(file: str, line: int) -> str:
    return str(Origin(file, line))
