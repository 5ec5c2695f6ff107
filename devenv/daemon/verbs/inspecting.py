"""What is known of one replica: its values and where they were said, its probe, its neighbours."""

from __future__ import annotations

from devenv.daemon import documents
from devenv.daemon.desired import resolved
from devenv.daemon.documents import Document
from devenv.daemon.intent import Intent
from devenv.daemon.profiles import request
from devenv.daemon.verbs.context import Answer, Context, Params, read_intent
from devenv.errors import require_services
from devenv.model.environment import ReplicaId
from devenv.model.service import Service
from devenv.model.snapshot import Snapshot
from devenv.profile.parsing import Question
from devenv.profile.shown import values
from devenv.profile.sources import Loaded


async def inspect(context: Context, params: Params) -> Answer:
    """Read only: what is not up is shown as the profile has it."""
    live, checkout = context.registry.find(params["target"])
    intent = await read_intent(context, live.board.newest, checkout)
    name = str(params["service"])
    require_services((name,), intent.environment.services)
    index = int(params.get("index") or 0)
    service = intent.environment.services[name]
    made = resolved(intent, context.registry.host.home, service, index)
    loaded = await _with_origins(context, intent)
    probing = live.probing(ReplicaId(name, index))
    told = [documents.value(value) for value in values(made, loaded.origins)]
    view = live.board.newest.snapshot
    return Answer(
        {
            "values": told,
            "probe": documents.probe(made.probe, probing) if made.probe else None,
            "depends_on": _depends_on(service, view),
            "dependants": _dependants(name, intent, view),
        }
    )


async def graph(context: Context, params: Params) -> Answer:
    """What each service depends on."""
    live, checkout = context.registry.find(params["target"])
    intent = await read_intent(context, live.board.newest, checkout)
    view = live.board.newest.snapshot
    services = intent.environment.services.values()
    return Answer({"services": {one.name: _depends_on(one, view) for one in services}})


async def _with_origins(context: Context, intent: Intent) -> Loaded:
    """The profile of an intent once more, read from the same bytes."""
    assert intent.loaded is not None
    recorded = {path: source.content for path, source in intent.loaded.sources.items()}
    variables = {name: one for name, one in intent.loaded.variables.items() if one is not None}
    wanted = request(intent.checkout, intent.profiles, variables)
    return await context.registry.parser.parse(Question(wanted, recorded, origins=True))


def _depends_on(service: Service, view: Snapshot) -> list[Document]:
    return [documents.dependency(one.service, one, view) for one in service.depends_on]


def _dependants(name: str, intent: Intent, view: Snapshot) -> list[Document]:
    return [
        documents.dependency(other.name, one, view)
        for other in intent.environment.services.values()
        for one in other.depends_on
        if one.service == name
    ]
