"""Which port each service gets: claimed at ``up``, moved when a stranger sits on it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from devenv.daemon.desired import count
from devenv.daemon.intent import Intent, Leaving
from devenv.model.service import Port
from devenv.planning.addresses import Need, claim
from devenv.planning.wishes import ClaimKey, Wishes


def claimed(intent: Intent, taken: frozenset[int]) -> Intent:
    """Give every port of every replica a number, keeping the numbers that it has."""
    return _claimed(intent, intent.wishes.claims, taken)


def moved(intent: Intent, strangers: Collection[int], taken: frozenset[int]) -> Intent:
    """Take other numbers for the ports that strangers listen on, unless the profile fixed them."""
    held = intent.wishes.claims
    given_up = {key for key, port in held.items() if port in strangers and not _fixed(intent, key)}
    if not given_up:
        return intent
    kept = {key: port for key, port in held.items() if key not in given_up}
    return _claimed(intent, kept, taken | frozenset(strangers))


def differences(before: Intent, after: Intent) -> list[tuple[str, str]]:
    """Say which ports have moved: service, and text."""
    held = before.wishes.claims
    return [
        (service, f"port {name} of {service} is now {port}: {held[service, index, name]} was taken")
        for (service, index, name), port in after.wishes.claims.items()
        if held.get((service, index, name), port) != port
    ]


def left(intent: Intent) -> Intent:
    """What is kept of an environment that has gone down: the runtimes and ports that it had."""
    if intent.leaving is Leaving.WITH_DATA:
        return replace(intent, leaving=Leaving.NO, wishes=Wishes())
    held = {key: port for key, port in intent.wishes.claims.items() if not _movable(intent, key)}
    return replace(intent, leaving=Leaving.NO, wishes=replace(intent.wishes, claims=held))


def _claimed(intent: Intent, held: Mapping[ClaimKey, int], taken: frozenset[int]) -> Intent:
    needs = [
        Need(service, count(intent, service)) for service in intent.environment.services.values()
    ]
    claims = claim(intent.checkout.id, needs, held, taken)
    if claims == intent.wishes.claims:
        return intent
    return replace(intent, wishes=replace(intent.wishes, claims=claims))


def _fixed(intent: Intent, key: ClaimKey) -> bool:
    port = _port(intent, key)
    return port is not None and isinstance(port.wanted, int)


def _movable(intent: Intent, key: ClaimKey) -> bool:
    port = _port(intent, key)
    return port is not None and port.movable


def _port(intent: Intent, key: ClaimKey) -> Port | None:
    service = intent.environment.services.get(key[0])
    return next((port for port in service.ports if port.name == key[2]), None) if service else None
