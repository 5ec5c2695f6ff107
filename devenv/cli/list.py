"""``devenv list``: every environment on this machine, and the previews that are known."""

from __future__ import annotations

import os
import time

from devenv.cli.layout import columns
from devenv.cli.result import Result

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any

    from devenv.cli.arguments import Arguments
    from devenv.cli.session import Session

_HEADS = ("ID", "NAME", "STATE", "RUNNING", "BRANCH", "PATH")


def run(arguments: Arguments, session: Session) -> Result:
    answer = session.client.call("list")
    environments, previews = with_gone(answer["environments"]), answer["previews"]
    notes = () if environments else ("There are no environments yet.",)
    tables = ["\n".join(columns([_HEADS, *map(_row, environments)]))] if environments else []
    if previews:
        from devenv.cli.preview import table

        tables.append(table(previews, time.time()))
    data = {"environments": environments, "previews": previews}
    return Result(data, "\n\n".join(tables), notes=notes)


def with_gone(environments: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each with ``gone``: whether its checkout's folder is not there any more."""
    return [{**one, "gone": not os.path.isdir(one["path"])} for one in environments]


def _row(one: dict[str, Any]) -> tuple[str, ...]:
    running = "-" if one["state"] == "down" else f"{one['running']}/{one['services']}"
    path = f"{one['path']} (gone)" if one["gone"] else one["path"]
    return (one["id"], one["name"], one["state"], running, one["branch"] or "-", path)
