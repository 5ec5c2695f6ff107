"""``devenv prune``: remove data, logs and state of environments that are down."""

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
    if not down:
        return Result({"forgotten": []}, "Nothing to remove: no environment is down.")
    for one in down:
        one["bytes"] = _size(places.environment_folder(session.environ, one["id"]))
    for line in columns([_row(one) for one in down]):
        notice(line)
    total = size(sum(one["bytes"] for one in down))
    if not confirm(f"Remove their data, logs and state, {total}?", yes=arguments.yes):
        return Result({"forgotten": []}, "Nothing was removed.", code=1)
    ids = [one["id"] for one in down]
    forgotten = session.client.call("forget", {"environments": ids}, within=600)["forgotten"]
    freed = size(sum(one["bytes"] for one in down if one["id"] in forgotten))
    return Result({"forgotten": forgotten}, f"Removed {len(forgotten)} of {len(ids)}, {freed}.")


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
