"""``devenv config``: the profile as it is understood, all its parts together, secrets masked."""

from __future__ import annotations

from typing import Any

from devenv.cli.arguments import Arguments
from devenv.cli.local import compose_here, load_here
from devenv.cli.result import Result
from devenv.cli.session import Session
from devenv.errors import UsageError, require_services
from devenv.profile.shown import shown


def run(arguments: Arguments, session: Session) -> Result:
    if arguments.compose:
        return _compose(arguments, compose_here(session))
    loaded = load_here(session)
    services = loaded.environment.services
    require_services(arguments.services, services)
    chosen = arguments.services or list(services)
    document = {
        "name": loaded.environment.name,
        "root": loaded.environment.root,
        "services": [shown(services[name], show=arguments.show_secrets) for name in chosen],
    }
    problems = [problem.fields for problem in loaded.problems]
    return Result({**document, "problems": problems}, _yaml(document))


def _compose(arguments: Arguments, model: dict[str, Any]) -> Result:
    """As Compose prints it, values of variables and all: other tools read it."""
    import json

    if arguments.services:
        raise UsageError("--compose prints the whole project", "leave the services out")
    if arguments.format == "json":
        return Result(model, json.dumps(model, indent=2, ensure_ascii=False))
    return Result(model, _dumped(model))


def _yaml(document: dict[str, Any]) -> str:
    """For people: what says nothing is left out."""
    services = {
        service["name"]: {
            key: value for key, value in service.items() if key != "name" and value not in _SILENT
        }
        for service in document["services"]
    }
    return _dumped({**document, "services": services})


def _dumped(document: dict[str, Any]) -> str:
    import yaml

    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)
    return text.rstrip()


_SILENT: tuple[object, ...] = (None, "", [], {})
