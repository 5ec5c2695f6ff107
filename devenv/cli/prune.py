"""``devenv prune``: remove data, logs and state of environments that are down, and networks that
were left of others."""

from __future__ import annotations

import os

from devenv.api import places
from devenv.api.wording import size
from devenv.cli.layout import columns
from devenv.cli.list import with_gone
from devenv.cli.render import confirm, notice
from devenv.cli.result import Result

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any

    from devenv.cli.arguments import Arguments
    from devenv.cli.session import Session


def run(arguments: Arguments, session: Session) -> Result:
    known = with_gone(session.client.call("list")["environments"])
    down = [one for one in known if one["state"] == "down"]
    strays = session.client.call("strays", {"client": session.caller()})["networks"]
    if not down and not strays:
        nothing = "Nothing to remove: no environment is down."
        return Result({"forgotten": [], "networks": []}, nothing)
    for one in down:
        one["bytes"] = _size(places.environment_folder(session.environ, one["id"]))
    for line in columns([_row(one) for one in down]):
        notice(line)
    for one in strays:
        notice(f"{one['environment']}  its network {one['name']} (nothing else of it is left)")
    total = size(sum(one["bytes"] for one in down))
    if not confirm(_question(len(down), len(strays), total), yes=arguments.yes):
        return Result({"forgotten": [], "networks": []}, "Nothing was removed.", code=1)
    return _removed(session, down, [one["id"] for one in strays])


def _question(down: int, strays: int, total: str) -> str:
    parts = [f"their data, logs and state, {total}"] if down else []
    parts += [f"{strays} networks"] if strays else []
    return f"Remove {' and '.join(parts)}?"


def _removed(session: Session, down: list[dict[str, Any]], strays: list[str]) -> Result:
    forgotten, networks = [], []
    told = []
    if down:
        ids = [one["id"] for one in down]
        forgotten = session.client.call("forget", {"environments": ids}, within=600)["forgotten"]
        freed = size(sum(one["bytes"] for one in down if one["id"] in forgotten))
        told.append(f"Removed {len(forgotten)} of {len(ids)}, {freed}.")
    if strays:
        asked = {"client": session.caller(), "networks": strays}
        networks = session.client.call("sweep", asked, within=600)["removed"]
        told.append(f"Removed {len(networks)} of {len(strays)} networks.")
    return Result({"forgotten": forgotten, "networks": networks}, " ".join(told))


def _row(one: dict[str, Any]) -> tuple[str, ...]:
    gone = " (the folder is gone)" if one["gone"] else ""
    return (one["id"], one["name"], size(one["bytes"]), f"{one['path']}{gone}")


def _size(folder: str) -> int:
    """Bytes of the files below; what cannot be looked at counts nothing."""
    total = 0
    for path, _, files in os.walk(folder):
        for name in files:
            try:
                total += os.lstat(os.path.join(path, name)).st_size
            except OSError:
                continue
    return total
