"""``devenv _complete -- WORDS``: what the last word can become, a tab and a help after each.

Nothing printed means that the shell is to complete file names.
"""

from __future__ import annotations

from itertools import pairwise

from devenv.cli.arguments import Arguments, options_of
from devenv.cli.result import Result
from devenv.cli.session import Session
from devenv.cli.verbs import ALIASES, FLAG, GLOBAL, VERBS
from devenv.errors import DevenvError

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Sequence

    from devenv.cli.verbs import Option, Verb

Candidate = tuple[str, str]

_SERVICE_WORDS = frozenset({"service", "services", "task", "replicas"})


def run(arguments: Arguments, session: Session) -> Result:
    words = arguments.words or [""]
    found = [one for one in candidates(words, session) if one[0].startswith(words[-1])]
    lines = [f"{word}\t{text}" if text else word for word, text in found]
    return Result({"candidates": [word for word, _ in found]}, "\n".join(lines))


def candidates(words: Sequence[str], session: Session) -> list[Candidate]:
    """What can stand in the place of the last word."""
    *before, last = words
    options = {name: option for option in GLOBAL for name in option.names}
    at = _verb_at(before, options)
    verb = VERBS.get(ALIASES.get(before[at], before[at])) if at < len(before) else None
    if at < len(before) and verb is None:
        return []
    if verb is not None:
        options = options_of(verb)
        if "--" in before[at:]:
            return []
    _take_globals(session, before, options)
    asked = options.get(before[-1]) if before else None
    if asked is not None and asked.kind != FLAG:
        return _values(asked, session)
    if last.startswith("-"):
        return [(name, option.help) for name, option in options.items() if name.startswith("--")]
    if verb is None:
        return [(verb.name, verb.help) for verb in VERBS.values() if not verb.hidden]
    return _words(verb, session)


def _verb_at(before: Sequence[str], options: dict[str, Option]) -> int:
    """Where the verb stands among the words; their number where it does not yet."""
    at = 0
    while at < len(before) and before[at].startswith("-"):
        option = options.get(before[at])
        at += 2 if option is not None and option.kind != FLAG else 1
    return min(at, len(before))


def _take_globals(session: Session, words: Sequence[str], options: dict[str, Option]) -> None:
    """Let -C, -f and -e of the line that is being typed decide whose services are asked for."""
    for name, value in pairwise(words):
        option = options.get(name)
        if option in GLOBAL and option is not None and option.kind != FLAG:
            many = isinstance(option.default, list)
            setattr(session.arguments, option.to, [value] if many else value)


def _values(option: Option, session: Session) -> list[Candidate]:
    if option.choices:
        return [(choice, "") for choice in option.choices]
    if option.metavar == "ENVIRONMENT":
        return _environments(session)
    if option.metavar == "SERVICE":
        return _services(session)
    return []


def _words(verb: Verb, session: Session) -> list[Candidate]:
    if verb.choices:
        return [(choice, "") for choice in verb.choices]
    if verb.takes and verb.takes[0].rstrip("*?") in _SERVICE_WORDS:
        return _services(session)
    return []


def _services(session: Session) -> list[Candidate]:
    """From the daemon where one runs; else from the profile, which is slower and starts nothing."""
    from devenv.api.client import Client
    from devenv.api.connection import NoDaemonError

    try:
        with Client(session.environ, start=False) as client:
            document = client.call("status", {"target": session.target()}, within=2)
        return [(service["name"], service["state"]) for service in document["services"]]
    except NoDaemonError:
        return _declared(session)
    except DevenvError:
        return []


def _declared(session: Session) -> list[Candidate]:
    from devenv.cli.local import load_here

    try:
        services = load_here(session).environment.services
    except DevenvError:
        return []
    return [(service.name, service.kind.value) for service in services.values()]


def _environments(session: Session) -> list[Candidate]:
    from devenv.api.client import Client

    try:
        with Client(session.environ, start=False) as client:
            environments = client.call("list", within=2)["environments"]
    except DevenvError:
        return []
    return [(one["id"], one["path"]) for one in environments]
