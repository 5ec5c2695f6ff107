"""The variables of a service: its env files in their order, then its own values over them."""

from __future__ import annotations

from collections.abc import Mapping

from devenv.model.origin import Origin
from devenv.profile import schema
from devenv.profile.dotenv import EnvFile
from devenv.profile.interpolate import Lookup
from devenv.profile.reading import Reading, layered
from devenv.profile.references import escape
from devenv.profile.schema_types import pairs
from devenv.profile.tree import Table, origin_of


def variables(
    service: schema.Service, tree: Table, reading: Reading, lookup: Lookup
) -> Mapping[str, str]:
    """Work out a service's variables; a name alone takes the client's value, or none.

    What comes from outside the profile is escaped: it holds no references.
    """
    own = pairs(service.environment or {}) | pairs(
        (service.process and service.process.environment) or {}
    )
    known = {name: value for name, value in own.items() if value is not None}
    values: dict[str, str] = {}
    for number, entry in enumerate(_entries(service)):
        origin = origin_of(tree, ("env_file", number))
        found = _read(entry, origin, reading, layered(lookup, known.get), dict(values))
        values |= {name: escape(value) for name, value in found.items()}
    for name, value in own.items():
        values.pop(name, None)
        inherited = lookup(name) if value is None else None
        if value is not None:
            values[name] = value
        elif inherited is not None:
            values[name] = escape(inherited)
    return values


def _entries(service: schema.Service) -> tuple[schema.EnvFileTable, ...]:
    written = service.env_file or ()
    entries = (written,) if isinstance(written, str) else written
    return tuple(
        schema.EnvFileTable(path=entry) if isinstance(entry, str) else entry for entry in entries
    )


def _read(
    entry: schema.EnvFileTable,
    origin: Origin,
    reading: Reading,
    lookup: Lookup,
    earlier: Mapping[str, str],
) -> Mapping[str, str]:
    content = reading.file(entry.path, origin, secret=True)
    if content is not None:
        raw = entry.format == "raw"
        file = EnvFile(content, reading.shown(entry.path), raw=raw, earlier=earlier)
        return reading.parsed_env(file, origin, lookup)
    if entry.required and entry.path in reading.sources:
        reading.problems.error(
            f"there is no env file {reading.shown(entry.path)}",
            origin,
            "make it, or write `{path: …, required: false}`",
        )
    return {}
