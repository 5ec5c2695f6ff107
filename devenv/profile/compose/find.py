"""Which files make up a project: those asked for, or the ones that Compose looks for."""

from __future__ import annotations

import posixpath

from devenv.model.origin import Origin
from devenv.profile.filenames import COMPOSE
from devenv.profile.layers import Named
from devenv.profile.reading import Reading

OVERRIDES = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)


def find_files(reading: Reading) -> tuple[Named, ...]:
    """Find the Compose files of a checkout, the override beside them too; () if it has none."""
    asked = reading.variable("COMPOSE_FILE")
    if asked:
        separator = reading.variable("COMPOSE_PATH_SEPARATOR") or ":"
        return tuple(_named(path, reading) for path in asked.split(separator) if path)
    found = [
        file for file in (_named(name, reading) for name in COMPOSE) if _is_there(file, reading)
    ]
    if not found:
        return ()
    if len(found) > 1:
        others = ", ".join(reading.shown(file.path) for file in found[1:])
        reading.problems.warn(
            f"{others} is not read: {reading.shown(found[0].path)} comes first", found[0].origin
        )
    overrides = (_named(name, reading) for name in OVERRIDES)
    return (found[0], *[file for file in overrides if _is_there(file, reading)][:1])


def _named(path: str, reading: Reading) -> Named:
    whole = posixpath.normpath(posixpath.join(reading.request.root, path))
    return Named(whole, Origin(reading.shown(whole)))


def _is_there(file: Named, reading: Reading) -> bool:
    return reading.file(file.path, file.origin) is not None
