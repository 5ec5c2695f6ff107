"""Intents for the daemon's tests, in a few words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from devenv.daemon.intent import Intent
from devenv.model.environment import Environment, EnvironmentId
from devenv.model.service import Service
from devenv.planning.wishes import ClaimKey, Wishes
from devenv.profile.checkout import Checkout
from devenv.profile.sources import Loaded, Source
from devenv.runtimes.protocol import Client

CHECKOUT = Checkout(EnvironmentId("shop-12345678"), "shop", "/src/shop", "main", 1, 2)
PROFILE = "/src/shop/devenv.profile.yaml"


def intent(
    *services: Service,
    claims: Mapping[ClaimKey, int] | None = None,
    sources: Mapping[str, Source] | None = None,
    variables: Mapping[str, str | None] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Intent:
    """Make the intent after ``up`` of a profile with these services."""
    made = Environment(
        name="shop", root=CHECKOUT.root, services={one.name: one for one in services}
    )
    return Intent(
        CHECKOUT,
        loaded=Loaded(made, (), sources or {PROFILE: Source(b"services: {}")}, variables or {}),
        client=Client("/src/shop", 0o022, environment or {}),
        wishes=Wishes(frozenset(made.services), claims=claims or {}),
    )


def without_profile(made: Intent) -> Intent:
    """The same, as the file alone gives it back."""
    client = Client(made.client.directory, made.client.umask)
    return replace(made, loaded=None, client=client)
