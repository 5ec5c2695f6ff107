"""Who has the names in an engine that our containers are to have."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from devenv.model.environment import EnvironmentId
from devenv.runtimes.docker import names
from devenv.runtimes.docker.connection import Connection

STRANGER = "a container that is not devenv's has it"


async def holders(
    connection: Connection, environment: EnvironmentId, wanted: Collection[str]
) -> Mapping[str, str]:
    """The names of ``wanted`` that others have, and who: by one call."""
    exactly = [f"^/?{re.escape(name)}$" for name in sorted(wanted)]
    listed = await connection.call(
        lambda client: client.containers(all=True, filters={"name": exactly})
    )
    return {
        name.removeprefix("/"): _who(one)
        for one in listed
        if (one.get("Labels") or {}).get(names.ENVIRONMENT) != environment
        for name in one.get("Names") or ()
        if name.removeprefix("/") in wanted
    }


def _who(listed: Mapping[str, Any]) -> str:
    owner = (listed.get("Labels") or {}).get(names.ENVIRONMENT)
    return f"{owner} has it" if owner else STRANGER
