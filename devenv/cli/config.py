"""``devenv config``: the profile as it is understood, all its parts together, secrets masked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from devenv.cli.arguments import Arguments
from devenv.cli.check import fields as problem_fields
from devenv.cli.local import compose_here, load_here
from devenv.cli.result import Result
from devenv.cli.services import did_you_mean
from devenv.cli.session import Session
from devenv.errors import UsageError
from devenv.model.origin import Origin
from devenv.model.secret import MASK, mask_addresses
from devenv.model.service import Service


def run(arguments: Arguments, session: Session) -> Result:
    if arguments.compose:
        return _compose(arguments, compose_here(session))
    loaded = load_here(session)
    services = loaded.environment.services
    for name in arguments.services:
        if name not in services:
            raise UsageError(f"there is no service {name!r}", did_you_mean(name, list(services)))
    chosen = arguments.services or list(services)
    document = {
        "name": loaded.environment.name,
        "root": loaded.environment.root,
        "services": [_service(services[name], show=arguments.show_secrets) for name in chosen],
    }
    problems = [problem_fields(problem) for problem in loaded.problems]
    return Result({**document, "problems": problems}, _yaml(document))


def _compose(arguments: Arguments, model: dict[str, Any]) -> Result:
    """As Compose prints it, values of variables and all: other tools read it."""
    import json

    if arguments.services:
        raise UsageError("--compose prints the whole project", "leave the services out")
    if arguments.format == "json":
        return Result(model, json.dumps(model, indent=2, ensure_ascii=False))
    return Result(model, _dumped(model))


def _service(service: Service, *, show: bool) -> dict[str, Any]:
    told: dict[str, Any] = plain(service)
    process = told.get("process")
    if process and not show:
        process["environment"] = {
            name: MASK if name in service.secrets else mask_addresses(value)
            for name, value in process["environment"].items()
        }
        process["command"] = [mask_addresses(word) for word in process["command"]]
    container = told.get("container")
    if container and not show:
        container["definition"] = _masked(container["definition"], service.secrets)
    if not show:
        told["url"] = mask_addresses(told["url"])
    return told


def _masked(definition: dict[str, Any], secret: frozenset[str]) -> dict[str, Any]:
    variables = definition.get("environment") or {}
    hidden = {
        name: MASK if name in secret and value else value and mask_addresses(value)
        for name, value in variables.items()
    }
    return {**definition, "environment": hidden} if variables else definition


def plain(value: Any) -> Any:
    """Frozen values as JSON has them; a union's member says which one it is by ``kind``."""
    if isinstance(value, Origin):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        named = {field.name: plain(getattr(value, field.name)) for field in fields(value)}
        is_check = type(value).__name__.endswith("Check")
        return {"kind": type(value).__name__[:-5].lower(), **named} if is_check else named
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, frozenset):
        return sorted(plain(item) for item in value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


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
