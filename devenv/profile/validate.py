"""Checks a tree against the schema: each of pydantic's errors becomes a problem at its place."""

from __future__ import annotations

import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from devenv.errors import did_you_mean
from devenv.profile.problems import Problems
from devenv.profile.schema import Profile
from devenv.profile.schema_types import kind
from devenv.profile.tree import Path, Table, origin_of, plain

_INSTEAD = {
    "extends": "write `uses: ./file.yaml#service`",
    "version": "it means nothing any more; remove it",
    "provider": "it is not supported",
    "port": 'write `ports: ["web: auto"]`',
    "env": "write `environment`",
    "cmd": "write `command`",
    "healthy": "write `ready`",
}
_EXPECTED = {
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "string_type": "a string",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a map",
    "model_type": "a map",
    "model_attributes_type": "a map",
}


_RUNS = frozenset({"build", "command", "image", "process", "uses"})
"""Keys without any of which nothing says how to run a service."""
_STAND_IN = "true"


@dataclass(frozen=True, slots=True)
class Checked:
    """``profile`` lacks the sections and services that have errors.

    ``partly`` has those services of which the rest can still be checked, without what is wrong.
    """

    profile: Profile
    partly: Profile = field(default_factory=Profile)


def validate(tree: Table, problems: Problems) -> Checked | None:
    """Check a tree. None: as a whole it cannot be a profile."""
    raw = plain(tree)
    try:
        return Checked(Profile.model_validate(raw))
    except ValidationError as error:
        errors = error.errors(include_url=False)
    partly = _partly(raw, errors)
    for found in errors:
        _add(found, tree, problems)
    for found in errors:
        _leave_out(raw, found["loc"])
    try:
        return Checked(Profile.model_validate(raw), Profile.model_validate(partly))
    except ValidationError:
        return None


def _partly(raw: Any, errors: Sequence[ErrorDetails]) -> dict[str, dict[str, Any]]:
    """Take the services that have errors, without the keys that these are in."""
    wrong: dict[tuple[str, str], set[Any]] = {}
    for found in errors:
        section, name, key, *_ = *found["loc"], "", "", ""
        if section in {"services", "tasks"}:
            wrong.setdefault((str(section), str(name)), set()).add(key)
    partly: dict[str, dict[str, Any]] = {}
    for (section, name), keys in wrong.items():
        table = raw[section].get(name) if isinstance(raw[section], dict) else None
        if not isinstance(table, dict) or not keys <= table.keys():
            continue
        rest = {key: value for key, value in table.items() if key not in keys}
        if not _RUNS & rest.keys():
            rest["command"] = _STAND_IN  # what is wrong may have been what says how to run it
        partly.setdefault(section, {})[name] = rest
    return partly


def _leave_out(raw: Any, path: tuple[int | str, ...]) -> None:
    """Take out the service or section that an error lies in."""
    section = raw.get(path[0]) if path and isinstance(raw, dict) else None
    if len(path) > 1 and path[0] in {"services", "tasks"} and isinstance(section, dict):
        section.pop(path[1], None)
    elif path and isinstance(raw, dict):
        raw.pop(path[0], None)


def _add(error: ErrorDetails, tree: Table, problems: Problems) -> None:
    location = error["loc"]
    path = tuple(step for step in location if step != "[key]" and not _is_form(step))
    is_key = error["type"] == "extra_forbidden" or "[key]" in location
    origin = origin_of(tree, path, key=is_key)
    message, hint = _said(error, path)
    about = _shown(path[:-1] if error["type"] in {"extra_forbidden", "missing"} else path)
    problems.error(f"{about}: {message}" if about else message, origin, hint)


def _said(error: ErrorDetails, path: Path) -> tuple[str, str]:
    """Put an error into our words: message and hint."""
    context = error.get("ctx", {})
    found = kind(error["input"])
    match error["type"]:
        case "profile":
            return context["message"], context["hint"]
        case "extra_forbidden":
            word = str(path[-1])
            known = known_keys(path[:-1])
            hint = _INSTEAD.get(word) or did_you_mean(word, known)
            return f"unknown key `{word}`", hint or "a key of your own begins with x-"
        case "missing":
            return f"`{path[-1]}` is missing", ""
        case "literal_error" | "enum":
            choices = str(context["expected"]).replace("'", "").replace(" or ", ", ").split(", ")
            hint = did_you_mean(str(error["input"]), choices)
            return f"expected {' or '.join(choices)}, got {found}", hint
        case "union_tag_invalid":
            tags = str(context["expected_tags"]).replace("'", "").replace("=", "").split(", ")
            forms = {"named": ""}
            wanted = [f"a {forms.get(tag, tag)}" for tag in tags if tag != "named"]
            return f"expected {' or '.join(wanted)}, got {found}", ""
        case "string_pattern_mismatch" | "string_too_long":
            return f"{found} is not a possible name", "use letters, digits, _, . and -"
        case "greater_than_equal":
            return f"expected {context['ge']} or more, got {found}", ""
        case "less_than_equal":
            return f"expected {context['le']} or less, got {found}", ""
        case other if other in _EXPECTED:
            return f"expected {_EXPECTED[other]}, got {found}", ""
    return error["msg"], ""


def known_keys(path: Path) -> list[str]:
    """List the keys that the schema knows in the map at ``path``."""
    models: list[type[BaseModel]] = [Profile]
    for step in path:
        fields = [model.model_fields[step] for model in models if step in model.model_fields]
        if fields:
            models = [model for field in fields for model in _models(field.annotation)]
    return sorted({name for model in models for name in model.model_fields})


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Find the maps that a field can hold, through lists, unions and the like."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in {Union, types.UnionType, dict, tuple} or hasattr(
        annotation, "__metadata__"
    ):
        for argument in get_args(annotation):
            yield from _models(argument)


def _is_form(step: int | str) -> bool:
    return isinstance(step, str) and step.startswith("=")


def _shown(path: Path) -> str:
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
