"""``devenv list``: every environment on this machine."""

from __future__ import annotations

from devenv.cli.layout import columns
from devenv.cli.result import Result

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any

    from devenv.cli.arguments import Arguments
    from devenv.cli.session import Session

_HEADS = ("ID", "NAME", "STATE", "READY", "BRANCH", "PATH")


def run(arguments: Arguments, session: Session) -> Result:
    environments = session.client.call("list")["environments"]
    if not environments:
        return Result({"environments": []}, "", notes=("There are no environments yet.",))
    rows = [_row(one) for one in environments]
    return Result({"environments": environments}, "\n".join(columns([_HEADS, *rows])))


def _row(one: dict[str, Any]) -> tuple[str, ...]:
    ready = f"{one['ready']}/{one['services']}" if one["state"] == "up" else "-"
    path = f"{one['path']} (gone)" if one["gone"] else one["path"]
    return (one["id"], one["name"], one["state"], ready, one["branch"] or "-", path)
