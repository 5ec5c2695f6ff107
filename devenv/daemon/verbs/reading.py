"""The verbs that only look: they start, connect and expand nothing of the repository."""

from __future__ import annotations

import asyncio
import os
from contextlib import ExitStack
from pathlib import Path

from devenv.daemon import documents
from devenv.daemon.board import Published
from devenv.daemon.desired import builds, desired, resolved, resources_of
from devenv.daemon.documents import Document
from devenv.daemon.environment import LiveEnvironment, boottime
from devenv.daemon.intent import Intent
from devenv.daemon.verbs import previews
from devenv.daemon.verbs.changing import applied, fresh_basis, wish_up
from devenv.daemon.verbs.context import Answer, Context, Params, replaced, service_name, status
from devenv.errors import DevenvError, require_services
from devenv.model.environment import Desired, ReplicaId
from devenv.model.service import Service
from devenv.planning.forecast import forecast
from devenv.planning.requests import requests
from devenv.planning.why import why as cause_chain
from devenv.runtimes.docker.images import Order
from devenv.runtimes.docker.runtime import DockerRuntime

MAX_EVENTS = 100


async def read_status(context: Context, params: Params) -> Answer:
    live, checkout = context.registry.find(params["target"])
    if live.board.newest.revision == 0:
        await live.board.newer_than(0, timeout=1.0)
    return Answer(await status(context, live, checkout))


async def watch(context: Context, params: Params) -> Answer:
    live, checkout = context.registry.find(params["target"])
    await live.board.newer_than(params["newer_than"], float(params["timeout"]))
    return Answer(await status(context, live, checkout))


async def plan(context: Context, params: Params) -> Answer:
    """Say what ``up`` would do; nothing is stored."""
    live, checkout = context.registry.find(params["target"])
    newest = live.board.newest
    basis = await fresh_basis(context, params, checkout, newest.intent)
    intent = applied(context, params, basis, wish_up(params))(newest.intent, newest.snapshot)
    wanted = desired(intent, context.registry.host.home)
    rounds = forecast(wanted, newest.observed, boottime())
    problems = [problem.fields for problem in basis.loaded.problems]
    asked = documents.requests(requests(wanted, intent.environment, os.path.realpath))
    return Answer(
        {
            "rounds": [list(lines) for lines in rounds],
            "problems": problems,
            "requests": asked,
            "ahead": await _ahead(context, live, intent, wanted),
        }
    )


async def _ahead(
    context: Context, live: LiveEnvironment, intent: Intent, wanted: Desired
) -> list[str]:
    """What is done or needed before containers start: networks, volumes, images."""
    survey = context.registry.host.docker.survey
    resources = resources_of(intent)
    given = (intent.client, resources, builds(intent.environment))
    orders = [
        Order(live.id, name, one.service.container.definition, *given)
        for name, one in wanted.services.items()
        if one.replicas and one.runtime == DockerRuntime.name and one.service.container
    ]
    diverged = await survey.diverged(live.id, resources)
    asks = [f"asks before it replaces the volume {name}, and its data" for name in sorted(diverged)]
    return [*asks, *await survey.ahead(live.id, resources, orders)]


async def why(context: Context, params: Params) -> Answer:
    live, checkout = context.registry.find(params["target"])
    newest = live.board.newest
    name, known = str(params["service"]), newest.desired.services
    if name not in known:
        require_services((name,), newest.intent.environment.services)
        return Answer({"lines": [f"{name} is stopped: {newest.intent.notice or 'by `down`'}"]})
    lines = cause_chain(name, newest.desired, newest.observed, newest.plan)
    stale = replaced(context, live, checkout)
    told = [f"  {line}" for (service, _), line in stale.items() if service == name]
    return Answer({"lines": [*lines, *told]})


async def samples(context: Context, params: Params) -> Answer:
    live, _ = context.registry.find(params["target"])
    host = context.registry.host
    taken = await asyncio.gather(*(one.samples(live.id) for one in host.runtimes.values()))
    return Answer(documents.samples({key: one for found in taken for key, one in found.items()}))


async def environment(context: Context, params: Params) -> Answer:
    """What a command needs to run beside a service: its folder and its variables."""
    live, _ = context.registry.find(params["target"])
    name, index = service_name(live, params), int(params.get("index") or 0)
    intent = live.board.newest.intent
    if not intent.wishes.claims and any(s.ports for s in intent.environment.services.values()):
        raise DevenvError(f"{name} has no address yet", "bring it up first: devenv up")
    host = context.registry.host
    made = resolved(intent, host.home, intent.environment.services[name], index)
    chosen = intent.wishes.runtimes.get(name)
    for runtime in (host.docker, host.kubernetes):
        if chosen is not None and chosen.runtime == runtime.name:
            replica = ReplicaId(name, index)
            return Answer(_contained(made, runtime.commands.container(live.id, replica)))
    if made.process is None:
        raise DevenvError(f"{name} does not run as a host process")
    return Answer(
        {
            "command": list(made.process.command),
            "directory": made.process.directory,
            "environment": dict(made.process.environment),
            "secrets": sorted(made.secrets),
            "container": "",
        }
    )


def _contained(service: Service, container: str) -> Document:
    """The same of a service that is a container; "" where it has none now."""
    definition = service.definition
    variables = definition.get("environment") or {}
    return {
        "command": list(definition.get("command") or ()),
        "directory": definition.get("working_dir") or "",
        "environment": {name: value for name, value in variables.items() if value is not None},
        "secrets": sorted(service.secrets),
        "container": container,
    }


async def logs(context: Context, params: Params) -> Answer:
    """Pass a read-only descriptor of each replica's log folder."""
    live, _ = context.registry.find(params["target"])
    known = live.board.newest.snapshot.services
    names = params.get("services") or [service.name for service in known]
    for name in names:
        service_name(live, {"service": name})
    found = [
        (view.name, index)
        for view in known
        if view.name in names
        for index in range(max(1, len(view.replicas)))
    ]
    return _folders(context, live, found)


def _folders(context: Context, live: LiveEnvironment, found: list[tuple[str, int]]) -> Answer:
    folders = context.registry.folders
    described, descriptors = [], []
    with ExitStack() as opened:
        for name, index in found:
            path = folders.log(live.id, name, index)
            descriptors.append(_opened(path))
            opened.callback(os.close, descriptors[-1])
            described.append({"service": name, "index": index, "path": str(path)})
        opened.pop_all()
    return Answer({"folders": described}, tuple(descriptors))


def _opened(folder: Path) -> int:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise DevenvError(f"cannot open the log in {folder}: {error.strerror}") from error


async def events(context: Context, params: Params) -> Answer:
    live, _ = context.registry.find(params["target"])
    after, timeout = params.get("newer_than") or 0, params.get("timeout") or 0
    found = live.journal.newer_than(after, params.get("limit") or MAX_EVENTS)
    if not found and timeout:
        await live.board.newer_than(live.board.newest.revision, float(timeout))
        found = live.journal.newer_than(after, params.get("limit") or MAX_EVENTS)
    return Answer(documents.events(found))


async def list_all(context: Context, params: Params) -> Answer:
    """All environments on this machine that were ever brought up and not forgotten.

    Beside them the previews that are known, of each cluster.
    """
    shown = (live.board.newest for live in context.registry if _is_known(live.board.newest))
    environments = [documents.summary(published) for published in shown]
    return Answer({"environments": environments, "previews": previews.known(context)})


def _is_known(published: Published) -> bool:
    if published.intent.preview is not None:
        return False
    return published.intent.loaded is not None or bool(published.intent.wishes.claims)
