"""Which ports and names each service gets: claimed at ``up``, moved where others have them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from devenv.daemon.desired import count, written_name
from devenv.daemon.host import Taken
from devenv.daemon.intent import Intent, Leaving
from devenv.model.environment import Moved, ReplicaId
from devenv.model.service import Port
from devenv.planning.addresses import Need, claim, claim_names
from devenv.planning.wishes import ClaimKey, Wishes
from devenv.runtimes.docker.names import container_name
from devenv.runtimes.docker.runtime import DockerRuntime

PORT, NAME = "port", "container_name"


def claimed(intent: Intent, taken: Taken) -> Intent:
    """Give every port of every replica a number, every container a name; what it has is kept."""
    return _claimed(intent, intent.wishes.claims, taken)


def moved(intent: Intent, strangers: Mapping[int, str], taken: Taken) -> Intent:
    """Take other numbers for the ports that strangers listen on, unless the profile fixed them."""
    held = intent.wishes.claims
    given_up = {key for key, port in held.items() if port in strangers and not _fixed(intent, key)}
    if not given_up:
        return intent
    kept = {key: port for key, port in held.items() if key not in given_up}
    listening = {port: f"{who} listens on it" for port, who in strangers.items()}
    return _claimed(intent, kept, replace(taken, ports={**listening, **taken.ports}))


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
    kept = replace(intent.wishes, claims=held, names={}, moved={})
    return replace(intent, leaving=Leaving.NO, wishes=kept)


def _claimed(intent: Intent, held: Mapping[ClaimKey, int], taken: Taken) -> Intent:
    needs = [
        Need(service, count(intent, service)) for service in intent.environment.services.values()
    ]
    claims = claim(intent.checkout.id, needs, held, frozenset(taken.ports))
    names = _names(intent, taken)
    made = replace(intent, wishes=replace(intent.wishes, claims=claims, names=names))
    made = replace(made, wishes=replace(made.wishes, moved=_all_moved(made, taken)))
    return intent if made == intent else made


def _names(intent: Intent, taken: Taken) -> Mapping[str, str]:
    written = {
        name: written_name(service)
        for name, service in intent.environment.services.items()
        if written_name(service) and _is_container(intent, name)
    }
    made_up = {name: container_name(intent.checkout.id, ReplicaId(name)) for name in written}
    return claim_names(written, made_up, intent.wishes.names, taken.names)


def _is_container(intent: Intent, service: str) -> bool:
    choice = intent.wishes.runtimes.get(service)
    return choice is not None and choice.runtime == DockerRuntime.name


def _all_moved(intent: Intent, taken: Taken) -> Mapping[str, tuple[Moved, ...]]:
    found: dict[str, tuple[Moved, ...]] = {}
    for service, what, written, given in _asides(intent):
        who = taken.ports.get(int(written)) if what == PORT else taken.names.get(written)
        earlier = intent.wishes.moved.get(service, ())
        known = next((m.reason for m in earlier if (m.what, m.written) == (what, written)), "")
        reason = who or known or "another one of this environment has it"
        found[service] = (*found.get(service, ()), Moved(what, written, given, reason))
    return found


def _asides(intent: Intent) -> Iterator[tuple[str, str, str, str]]:
    """What is not as it is written: service, what it is, as written, as given.

    All pods of a preview are behind the address of the first one.
    """
    for key, number in intent.wishes.claims.items():
        port = _port(intent, key) if intent.preview is None or key[1] == 0 else None
        if port is not None and isinstance(port.wanted, int) and port.wanted != number:
            yield key[0], PORT, str(port.wanted), str(number)
    for service, name in intent.wishes.names.items():
        written = written_name(intent.environment.services[service])
        if name != written:
            yield service, NAME, written, name


def _fixed(intent: Intent, key: ClaimKey) -> bool:
    port = _port(intent, key)
    return port is not None and isinstance(port.wanted, int)


def _movable(intent: Intent, key: ClaimKey) -> bool:
    port = _port(intent, key)
    return port is not None and port.movable


def _port(intent: Intent, key: ClaimKey) -> Port | None:
    service = intent.environment.services.get(key[0])
    return next((port for port in service.ports if port.name == key[2]), None) if service else None
