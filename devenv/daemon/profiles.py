"""The profile of a checkout: parsed again only when a byte or a variable of it has changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from devenv.daemon.desired import Home, desired
from devenv.daemon.intent import Intent
from devenv.daemon.parser import Parser, loaded_of
from devenv.daemon.reach import Reach
from devenv.errors import DevenvError
from devenv.model.environment import Replica
from devenv.model.origin import Problem, ProfileError
from devenv.planning.capabilities import choose
from devenv.planning.wishes import Choice
from devenv.profile.checkout import Checkout
from devenv.profile.parsing import Answer, Question, Refused
from devenv.profile.sources import Loaded, Request, read_file


def builtin(checkout: Checkout) -> Mapping[str, str]:
    """The variables of ours that a profile may use."""
    return {
        "DEVENV_BRANCH": checkout.branch,
        "DEVENV_ENVIRONMENT": checkout.id,
        "DEVENV_KIND": checkout.kind,
    }


def request(
    checkout: Checkout, profiles: tuple[str, ...], environment: Mapping[str, str]
) -> Request:
    return Request(
        root=checkout.root,
        files=checkout.files,
        profiles=profiles,
        environment=environment,
        builtin=builtin(checkout),
    )


class Profiles:
    """The newest parse or refusal of each profile, by root, files and Compose profiles."""

    def __init__(self, parser: Parser) -> None:
        self._parser = parser
        self._known: dict[tuple[object, ...], tuple[Request, Answer]] = {}

    async def load(self, wanted: Request) -> Loaded:
        """Parse the profile, or return the last parse of the same bytes. Raises ProfileError."""
        known = self._known.get(_key(wanted))
        if known is not None and _is_same(wanted, *known):
            return loaded_of(known[1])
        answer = await self._parser.answer(Question(wanted))
        self.remember(wanted, answer)
        return loaded_of(answer)

    def remember(self, wanted: Request, answer: Answer) -> None:
        """Take a parse that is known already."""
        self._known[_key(wanted)] = (wanted, answer)


def _key(wanted: Request) -> tuple[object, ...]:
    return wanted.root, wanted.files, wanted.profiles


def _is_same(wanted: Request, asked: Request, answer: Answer) -> bool:
    """Which variables a refused profile uses is not known: all of them have to be the same."""
    if isinstance(answer, Refused):
        same = wanted == asked and bool(answer.sources)
    else:
        same = replace(wanted, environment={}) == replace(asked, environment={}) and all(
            wanted.environment.get(name) == value for name, value in answer.variables.items()
        )
    return same and all(
        read_file(path) == source.content for path, source in answer.sources.items()
    )


def with_runtimes(intent: Intent, reach: Reach, asked: str = "") -> Intent:
    """Choose a runtime for each wanted service, once. Raises ProfileError with all refusals."""
    chosen = dict(intent.wishes.runtimes)
    problems: list[Problem] = []
    for name in sorted(intent.wishes.wanted):
        service = intent.environment.services[name]
        kept = chosen.get(name)
        if kept is not None and not asked and kept.runtime in reach.away:
            continue
        found = choose(service, reach.away, asked, lacking=reach.lacking.get(name, ""))
        if isinstance(found, Problem):
            problems.append(found)
        else:
            chosen[name] = Choice(*found)
    if problems:
        raise ProfileError(tuple(problems))
    return replace(intent, wishes=replace(intent.wishes, runtimes=chosen))


def differences(intent: Intent, loaded: Loaded, home: Home) -> list[str]:
    """Say in lines what ``up`` would change, were ``loaded`` the profile."""
    before = desired(intent, home).services
    kept = intent.wishes.wanted & loaded.environment.services.keys()
    edited = replace(intent, loaded=loaded, wishes=replace(intent.wishes, wanted=kept))
    try:
        after = desired(edited, home).services
    except DevenvError as error:
        return [error.message]
    lines = [f"{name} would be added" for name in after if name not in before]
    for name, wanted in before.items():
        if name not in after:
            lines.append(f"{name} would be removed")
        elif _prints(wanted.replicas) != _prints(after[name].replicas):
            lines.append(f"{name} would be made again: its definition has changed")
    return lines


def _prints(replicas: tuple[Replica, ...]) -> list[str]:
    return [replica.fingerprint for replica in replicas]
