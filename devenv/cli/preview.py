"""``devenv preview``: a branch's environment in a namespace of a cluster."""

from __future__ import annotations

import time

from devenv.api.wording import duration, ends_soon
from devenv.cli.layout import columns
from devenv.cli.render import problem_text
from devenv.cli.result import Result
from devenv.cli.verbs import VERBS
from devenv.errors import DevenvError, TimeLimitError, UsageError
from devenv.model.secret import usable

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from devenv.cli.arguments import Arguments
    from devenv.cli.layout import Style
    from devenv.cli.result import Become, Output
    from devenv.cli.session import Session

    Document = dict[str, Any]
    Do = Callable[[Arguments, Session], Output | Become | Result]

_HEADS = ("NAME", "BRANCH", "CLUSTER", "STATE", "OWNER", "AGE", "USED", "LEFT")
_LOOK = 5.0
"""Seconds until a preview that goes away is looked at again though nothing has changed."""
_EMPTIED = 120.0
"""Seconds that a daemon may take to empty what is lent, and some more."""
_HANGS = 20.0
"""Seconds after which a reason to stay is one: volumes take some 15 to go, and say so."""


_OF_SOME = {
    "ttl": ("up", "extend"),
    "pull_request": ("up",),
    "requests": ("sweep",),
    "ask_host": ("sweep",),
    "dry_run": ("up",),
    "pull": ("up",),
    "no_watch": ("up",),
    "wait": ("up", "down"),
    "timeout": ("up", "down"),
    "follow": ("logs",),
    "tail": ("logs",),
    "detach_keys": ("attach",),
    "show_secrets": ("render",),
}
"""The actions that an option means something to, where it does not to all."""
_WORDS = {"list": 0, "sweep": 0, "down": 1, "extend": 1}
"""How many words an action takes, where these are no services."""


def run(arguments: Arguments, session: Session) -> Output | Become | Result:
    _check(arguments)
    doing: dict[str, Do] = {
        "up": _up,
        "list": _list,
        "status": _status,
        "url": _url,
        "open": _open,
        "render": _render,
        "logs": _logs,
        "exec": _exec,
        "attach": _attach,
        "down": _down,
        "extend": _extend,
        "sweep": _sweep,
    }
    return doing[arguments.action](arguments, session)


def _check(arguments: Arguments) -> None:
    """UsageError: something is said that would not count, like ``--plan`` of what only `up` has."""
    action = arguments.action
    for option in VERBS["preview"].options:
        actions = _OF_SOME.get(option.to, (action,))
        if action not in actions and getattr(arguments, option.to) != option.default:
            told = f"it is for: devenv preview {'|'.join(actions)}"
            raise UsageError(f"`devenv preview {action}` has no {option.names[0]}", told)
    taken = _WORDS.get(action, len(arguments.services))
    if more := arguments.services[taken:]:
        told = "it takes one preview at a time" if taken else "it is about all previews"
        raise UsageError(f"`devenv preview {action}` has no use for {' '.join(more)}", told)


def _up(arguments: Arguments, session: Session) -> Result:
    from devenv.cli.outcome import bring_up

    params = {
        "target": session.target(),
        "client": session.caller(),
        "branch": arguments.branch,
        "cluster": arguments.cluster,
        "lifetime": arguments.ttl,
        "services": arguments.services or None,
        "pull": arguments.pull or None,
    }

    if arguments.dry_run:
        return _plan(session, params)

    if arguments.pull_request == 0:
        raise UsageError("no pull request has the number 0")

    def ask() -> Document:
        own = {"watch": not arguments.no_watch, "pull_request": arguments.pull_request}
        asked = {**params, **own}
        return session.client.call("preview.up", asked, within=120.0)

    told = ask()
    name = told["environment"]["name"]
    if not arguments.wait:
        note = "`devenv preview status` shows how far it is."
        return Result({"environment": told["environment"]}, f"{name} comes up.", notes=(note,))
    inner = _inner(session, told["environment"]["id"], "up", arguments.services)
    vars(inner.arguments)["timeout"] = arguments.timeout
    return bring_up(inner, lambda: told, arguments.services, again=ask)


def _plan(session: Session, params: Document) -> Result:
    """What `up` would do: what stands against it, the objects, and the rounds of its steps."""
    answer = session.client.call("preview.plan", params, within=120.0)
    refused = any(not one["warning"] for one in answer["problems"])

    def text(style: Style) -> str:
        lines = [problem_text(style, problem) for problem in answer["problems"]]
        if answer["objects"]:
            lines.append(style.paint("objects", "grey"))
        for one in answer["objects"]:
            lines.append(f"  {one['change']} {one['kind']} {one['name']}")
            lines += [f"    {line}" for line in one["lines"]]
        for number, steps in enumerate(answer["rounds"], 1):
            lines.append(style.paint(f"round {number}", "grey"))
            lines += [f"  {step}" for step in steps]
        nothing = not answer["rounds"] and not refused
        return "\n".join([*lines, *(["Nothing to do."] if nothing else [])])

    return Result(answer, text, code=1 if refused else 0)


def _list(arguments: Arguments, session: Session) -> Result:
    answer = session.client.call("preview.list", within=60.0)
    previews, faults = answer["previews"], answer["faults"]
    code = 1 if faults else 0
    notes = [f"{one['cluster']} cannot be asked: {one['message']}" for one in faults]
    if not previews:
        notes += [] if faults else ["There are no previews."]
        return Result(answer, "", code=code, notes=tuple(notes))
    now = time.time()
    text = table(previews, now)
    notes += [
        f"The time of {one['name']} is over in {duration(one['expires_at'] - now)}: "
        f"devenv preview extend {one['name']}"
        for one in previews
        if ends_soon(one["expires_at"], now) and one["state"] != "deleting"
    ]
    notes += [f"{one['name']} is down; {one['reason']}" for one in previews if _is_down(one)]
    return Result(answer, text, code=code, notes=tuple(notes))


def table(previews: list[Document], now: float) -> str:
    return "\n".join(columns([_HEADS, *(_row(one, now) for one in previews)]))


def _is_down(one: Document) -> bool:
    return bool(one["state"] == "down")


def _row(one: Document, now: float) -> tuple[str, ...]:
    def ago(moment: float | None) -> str:
        return "-" if moment is None else duration(max(0.0, now - moment))

    left = "-" if one["expires_at"] is None else duration(one["expires_at"] - now)
    return (
        one["name"],
        one["branch"],
        one["cluster"],
        one["state"],
        one["owner"],
        ago(one["created_at"]),
        ago(one["last_used_at"]),
        left,
    )


def _status(arguments: Arguments, session: Session) -> Result:
    from devenv.cli.services import chosen
    from devenv.cli.status import shown

    document = session.client.call("preview.status", _named(arguments, session), within=60.0)
    return shown(document, chosen(document, arguments.services))


def _logs(arguments: Arguments, session: Session) -> Output:
    from devenv.cli.logs import run as logs

    words = [*arguments.services, *(["--follow"] if arguments.follow else [])]
    words += ["--tail", str(arguments.tail)] if arguments.tail is not None else []
    inner = _inner(session, _found(arguments, session), "logs", words)
    return logs(inner.arguments, inner)


def _exec(arguments: Arguments, session: Session) -> Output | Become:
    from devenv.cli.exec import as_service

    if len(arguments.services) != 1 or not arguments.command:
        example = "For example: devenv preview exec web -- env"
        raise UsageError("which service, and which command?", example)
    inner = _inner(session, _found(arguments, session), "status", [])
    return as_service(inner, arguments.services[0], arguments.command)


def _attach(arguments: Arguments, session: Session) -> Result:
    from devenv.cli.attach import run as attach

    if len(arguments.services) != 1:
        raise UsageError("which service?", "For example: devenv preview attach web")
    keys = arguments.detach_keys
    words = [*arguments.services, *(["--detach-keys", keys] if keys else [])]
    inner = _inner(session, _found(arguments, session), "attach", words)
    return attach(inner.arguments, inner)


def _url(arguments: Arguments, session: Session) -> Result:
    chosen = _addresses(arguments, session)
    text = "\n".join(
        f"{service}  {url}" if len(chosen) > 1 else url for service, url in chosen.items()
    )
    return Result({"urls": chosen}, text)


def _open(arguments: Arguments, session: Session) -> Result:
    from devenv.api.addresses import page_of
    from devenv.cli.open import show_page

    url = page_of(_addresses(arguments, session).values())
    if not url:
        raise DevenvError("it has no page to open", "`devenv preview url` shows what there is")
    opened = not arguments.json and show_page(usable(url), session.environ)
    return Result({"url": url, "opened": opened}, url)


def _addresses(arguments: Arguments, session: Session) -> dict[str, str]:
    """The addresses of the services that are named, else of all that have one."""
    answer = session.client.call("preview.reach", _named(arguments, session), within=60.0)
    urls: dict[str, str] = answer["urls"]
    missing = [one for one in arguments.services if one not in urls]
    if missing:
        raise DevenvError(f"{', '.join(missing)} has no address", "only published ports have one")
    return {one: urls[one] for one in arguments.services or urls}


def _render(arguments: Arguments, session: Session) -> Result:
    params = {
        "target": session.target(),
        "client": session.caller(),
        "branch": arguments.branch,
        "cluster": arguments.cluster,
        "services": arguments.services or None,
        "show_secrets": arguments.show_secrets,
    }
    text = session.client.call("preview.render", params)["text"]
    return Result({"text": text}, text.rstrip("\n"))


def _down(arguments: Arguments, session: Session) -> Result:
    limit, begun = arguments.timeout, time.monotonic()
    params = {**_which(arguments, session), "timeout": limit}
    gone = session.client.call("preview.down", params, within=_EMPTIED)
    asked = {**gone, "wait": arguments.wait}
    while (left := _left(session, asked, begun)) is not None:
        waited = time.monotonic() - begun
        if left["reason"] and waited >= _HANGS:
            hint = "what is named there must let go of it; nothing is forced here"
            raise DevenvError(f"the namespace {left['namespace']} stays: {left['reason']}", hint)
        if limit is not None and waited >= limit:
            raise TimeLimitError(
                f"{gone['name']} is still there: {left['reason'] or left['state']}"
            )
    return Result({"preview": gone}, f"{gone['name']}: nothing is left running.")


def _left(session: Session, asked: Document, begun: float) -> Document | None:
    """What is left of a preview that is to go, as soon as that is nothing, or after a while."""
    limit = session.arguments.timeout
    rest = _LOOK if limit is None else max(0.0, begun + limit - time.monotonic())
    params = {**asked, "timeout": min(rest, _LOOK)}
    found: Document | None = session.client.call("preview.left", params, within=60.0)["preview"]
    return found


def _extend(arguments: Arguments, session: Session) -> Result:
    params = {**_which(arguments, session), "lifetime": arguments.ttl}
    preview = session.client.call("preview.extend", params, within=60.0)["preview"]
    left = duration(preview["expires_at"] - time.time())
    return Result({"preview": preview}, f"{preview['name']} lives for another {left}.")


def _sweep(arguments: Arguments, session: Session) -> Result:
    params = {
        "target": session.target(),
        "client": session.caller(),
        "cluster": arguments.cluster,
        "requests": _closed(arguments, session),
        "ask_host": arguments.ask_host,
    }
    answer = session.client.call("preview.sweep", params, within=_EMPTIED + 60.0)
    lines = [f"{one['name']} goes: {one['reason']}" for one in answer["swept"]]
    notes = [f"{one['name']} stays: {one['fault']}" for one in answer["stayed"]]
    if answer["fault"]:
        notes.append(f"No branch was taken for gone: {answer['fault']}")
    notes += answer["untold"]
    text = "\n".join(lines) if lines or answer["stayed"] else "Nothing is to go."
    return Result(answer, text, code=1 if notes else 0, notes=tuple(notes))


def _closed(arguments: Arguments, session: Session) -> list[int] | None:
    """The numbers of the pull requests that are closed, as the file that is named says."""
    if arguments.requests is None:
        return None
    from devenv.cli.requests import closed, read

    return closed(read(arguments.requests, session.directory))


def _which(arguments: Arguments, session: Session) -> Document:
    """The preview that is meant: the one that is named, else that of the branch here."""
    name = arguments.services[0] if arguments.services else arguments.environment
    return {**_named(arguments, session), "name": name}


def _named(arguments: Arguments, session: Session) -> Document:
    """The preview that is meant where other words are services: by ``-e``, else as above."""
    return {
        "target": session.target(),
        "client": session.caller(),
        "branch": arguments.branch,
        "cluster": arguments.cluster,
        "name": arguments.environment,
    }


def _found(arguments: Arguments, session: Session) -> str:
    """The id of its environment on this machine."""
    params = _named(arguments, session)
    found: str = session.client.call("preview.find", params, within=60.0)["environment"]
    return found


def _inner(session: Session, environment: str, verb: str, words: list[str]) -> Session:
    """The circumstances of another verb, about this environment."""
    from devenv.cli.arguments import parse
    from devenv.cli.session import Session as Inner

    as_json = ["--json"] if session.arguments.json else []
    return Inner(parse(["-e", environment, *as_json, verb, *words]), session.environ)
