"""A Procfile as the same tree that a profile makes: one service for each line."""

from __future__ import annotations

import re

from devenv.model.origin import Origin
from devenv.profile.problems import Problems
from devenv.profile.references import escape
from devenv.profile.tree import Items, Scalar, Table, Tree, table_of

FIRST_PORT = 5000
STEP = 100
_LINE = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9_-]*):\s*(?P<command>\S.*)")


def parse(content: bytes, file: str, problems: Problems) -> Table:
    """Make the tree; each service gets ``PORT``, 5000 for the first, 100 more for each next."""
    services: dict[str, Tree] = {}
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        problems.error("not UTF-8 text", Origin(file))
        return table_of({}, Origin(file))
    for number, line in enumerate(lines, start=1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        origin = Origin(file, number, 1)
        match = _LINE.fullmatch(line)
        if match is None or "\0" in line:
            problems.error("not a line of a Procfile", origin, "write `NAME: COMMAND`")
        elif match["name"] in services:
            problems.error(f"a second line for `{match['name']}`", origin)
        else:
            services[match["name"]] = _service(match["command"], len(services), origin)
    return table_of({"services": table_of(services, Origin(file, 1))}, Origin(file, 1))


def _service(command: str, index: int, origin: Origin) -> Table:
    def scalar(value: str | bool) -> Scalar:
        return Scalar(value, origin)

    first = FIRST_PORT + STEP * index
    words = (scalar("sh"), scalar("-c"), scalar(escape(command)))
    env_file = table_of({"path": scalar(".env"), "required": scalar(False)}, origin)
    keys: dict[str, Tree] = {
        "command": Items(words, origin),
        "ports": Items((scalar(f"port: {first}-{first + STEP - 1}"),), origin),
        "environment": table_of({"PORT": scalar("${{ self.port }}")}, origin),
        "env_file": Items((env_file,), origin),
    }
    return table_of(keys, origin)
