"""What the user asked for, beside the profile: each verb is a pure change of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from devenv.errors import DevenvError, UsageError, require_services
from devenv.model.environment import Environment, Moved
from devenv.model.service import MOST_REPLICAS, Condition, Kind, Service

ClaimKey = tuple[str, int, str]
"""Service, replica's index, port's name."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The runtime of a service, kept until ``down --volumes``, and why it is that one."""

    runtime: str
    reason: str


@dataclass(frozen=True, slots=True)
class Wishes:
    """``wanted``: the services that should run; ``replicas``: what ``scale`` asked for.

    ``paused``: those of them that should stand still; ``watching``: changes of files are followed.
    ``claims`` and ``names``: the ports, and the engine's names by service, that were given;
    ``moved``: those that others have, by service.
    """

    wanted: frozenset[str] = frozenset()
    paused: frozenset[str] = frozenset()
    generations: Mapping[str, int] = field(default_factory=dict)
    replicas: Mapping[str, int] = field(default_factory=dict)
    runtimes: Mapping[str, Choice] = field(default_factory=dict)
    claims: Mapping[ClaimKey, int] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    moved: Mapping[str, tuple[Moved, ...]] = field(default_factory=dict)
    watching: bool = True


def up(
    wishes: Wishes, environment: Environment, names: Iterable[str], failed: frozenset[str]
) -> Wishes:
    """Want ``names`` (none: all that start by themselves) and what they depend on.

    Those of them that have ``failed`` are tried again; a service that is no longer in the
    profile is no longer wanted.
    """
    chosen = _named(environment, names) or frozenset(
        service.name for service in environment.services.values() if service.automatic
    )
    wanted = with_dependencies(environment, chosen)
    kept = wishes.wanted & environment.services.keys()
    paused = wishes.paused - wanted
    return _raised(replace(wishes, wanted=kept | wanted, paused=paused), wanted & failed)


def stop(wishes: Wishes, environment: Environment, names: Iterable[str]) -> Wishes:
    """Want ``names`` (none: anything) no longer; what depends on them is left running."""
    stopped = _named(environment, names) or wishes.wanted
    return replace(wishes, wanted=wishes.wanted - stopped, paused=wishes.paused - stopped)


def pause(wishes: Wishes, environment: Environment, names: Iterable[str]) -> Wishes:
    """Let ``names`` (none: all services that are wanted) stand still where they are."""
    chosen = _named(environment, names) or frozenset(
        name for name in wishes.wanted if _is_service(environment, name)
    )
    return replace(wishes, paused=wishes.paused | (chosen & wishes.wanted))


def resume(wishes: Wishes, environment: Environment, names: Iterable[str]) -> Wishes:
    """Let ``names`` (none: all that stand still) go on."""
    return replace(wishes, paused=wishes.paused - (_named(environment, names) or wishes.paused))


def restart(wishes: Wishes, environment: Environment, names: Iterable[str]) -> Wishes:
    """Stop and start ``names`` (none: all services that are wanted, no tasks)."""
    chosen = _named(environment, names) or frozenset(
        name for name in wishes.wanted if _is_service(environment, name)
    )
    wanted = wishes.wanted | with_dependencies(environment, chosen)
    return _raised(replace(wishes, wanted=wanted, paused=wishes.paused - chosen), chosen)


def scale(wishes: Wishes, environment: Environment, replicas: Mapping[str, int]) -> Wishes:
    """Run so many replicas of each; a service that is not wanted becomes wanted."""
    chosen = _named(environment, replicas)
    for name, count in replicas.items():
        _check_scale(environment.services[name], count)
    wanted = wishes.wanted | with_dependencies(environment, chosen)
    return replace(wishes, wanted=wanted, replicas={**wishes.replicas, **replicas})


def run(wishes: Wishes, environment: Environment, task: str) -> Wishes:
    """Run a task once more, and what it depends on; so too a service that others see completed."""
    chosen = _named(environment, [task])
    if not ends(environment, task):
        raise UsageError(
            f"{task} is a service, no task",
            f"`devenv restart {task}`, or `devenv run --service {task} -- COMMAND`",
        )
    wanted = wishes.wanted | with_dependencies(environment, chosen)
    return _raised(replace(wishes, wanted=wanted), chosen)


def needs(wishes: Wishes, environment: Environment, service: str) -> Wishes:
    """Want what a service depends on, but not itself: a command is to run in its place."""
    (name,) = _named(environment, [service])
    wanted = with_dependencies(environment, [name]) - {name}
    return replace(wishes, wanted=wishes.wanted | wanted, paused=wishes.paused - wanted)


def with_dependencies(environment: Environment, names: Iterable[str]) -> frozenset[str]:
    """Add what ``names`` depend on; a soft dependency only if it starts by itself."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        for dependency in environment.services[name].depends_on:
            other = environment.services.get(dependency.service)
            if other is not None and (dependency.required or other.automatic):
                waiting.append(other.name)
    return frozenset(found)


def _named(environment: Environment, names: Iterable[str]) -> frozenset[str]:
    chosen = frozenset(names)
    require_services(chosen, environment.services)
    return chosen


def ends(environment: Environment, name: str) -> bool:
    """Whether it is there to run to its end."""
    return environment.services[name].kind is Kind.TASK or any(
        dependency.service == name and dependency.condition is Condition.COMPLETED
        for service in environment.services.values()
        for dependency in service.depends_on
    )


def _is_service(environment: Environment, name: str) -> bool:
    service = environment.services.get(name)
    return service is not None and service.kind is Kind.SERVICE


def _raised(wishes: Wishes, names: Iterable[str]) -> Wishes:
    raised = {name: wishes.generations.get(name, 0) + 1 for name in names}
    return replace(wishes, generations={**wishes.generations, **raised}) if raised else wishes


def _check_scale(service: Service, count: int) -> None:
    if not 0 <= count <= MOST_REPLICAS:
        raise UsageError(f"{service.name}: {count} replicas are not possible")
    fixed = [p for p in service.ports if isinstance(p.wanted, int) and not p.movable]
    named = service.container.definition.get("container_name") if service.container else None
    if count > 1 and named:
        raise DevenvError(
            f"{service.name} has the container_name {named}: only one replica can have it",
            "remove it",
        )
    if count > 1 and fixed:
        raise DevenvError(
            f"{service.name} has the fixed port {fixed[0].wanted}: only one replica can have it",
            f"write `{fixed[0].name}: auto` in its ports",
        )
