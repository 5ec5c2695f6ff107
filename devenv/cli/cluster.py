"""``devenv cluster add|list|check|remove``: the clusters that previews may be in."""

from __future__ import annotations

from devenv.cli.layout import columns
from devenv.cli.result import Result
from devenv.errors import UsageError

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from devenv.cli.arguments import Arguments
    from devenv.cli.session import Session

    Document = dict[str, Any]

_HEADS = ("NAME", "CONTEXT", "SERVER", "IMAGES", "DOMAIN", "NAMESPACES", "POD SECURITY")


def run(arguments: Arguments, session: Session) -> Result:
    doing = {"add": _add, "list": _list, "check": _check, "remove": _remove}
    return doing[arguments.action](arguments, session)


def _add(arguments: Arguments, session: Session) -> Result:
    if not arguments.name or not arguments.context:
        example = "For example: devenv cluster add team --context team-admin"
        raise UsageError("which name, and which context?", example)
    params = {
        "client": session.caller(),
        "name": arguments.name,
        "context": arguments.context,
        "registry": arguments.registry,
        "domain": arguments.domain,
        "namespaces": arguments.namespace or None,
        "sweeps": not arguments.no_sweep,
        "pod_security": arguments.pod_security,
        "loads": arguments.images,
    }
    cluster = session.client.call("cluster.add", params)["cluster"]
    text = f"{cluster['name']} is {cluster['server']}, and nothing else from now on."
    return Result({"cluster": cluster}, text, notes=("`devenv cluster check` looks at it.",))


def _list(arguments: Arguments, session: Session) -> Result:
    clusters = session.client.call("cluster.list")["clusters"]
    if not clusters:
        return Result({"clusters": []}, "", notes=("There are no clusters yet.",))
    rows = [tuple(_row(one)) for one in clusters]
    return Result({"clusters": clusters}, "\n".join(columns([_HEADS, *rows])))


def _row(cluster: Document) -> Iterator[str]:
    yield from (cluster[key] for key in ("name", "context", "server"))
    yield cluster["registry"] or cluster["loads"] or "-"
    yield cluster["domain"] or "-"
    yield from _namespaces(cluster)


def _namespaces(cluster: Document) -> tuple[str, str]:
    """Which ones previews are in, and what these enforce, where that is not for others to say."""
    lent = ",".join(cluster["namespaces"])
    return (lent, "-") if lent else ("its own", cluster["pod_security"])


def _check(arguments: Arguments, session: Session) -> Result:
    answer = session.client.call(
        "cluster.check", {"client": session.caller(), "name": arguments.name}
    )
    lines = []
    for one in answer["checks"]:
        lines.append(f"{'ok    ' if one['ok'] else 'WRONG '} {one['what']}")
        if not one["ok"]:
            lines.append(f"        {one['fault']} ({one['hint']})")
    well = all(one["ok"] for one in answer["checks"])
    data = {"cluster": answer["cluster"], "checks": answer["checks"]}
    return Result(data, "\n".join(lines), code=0 if well else 1)


def _remove(arguments: Arguments, session: Session) -> Result:
    if not arguments.name:
        raise UsageError("which cluster?", "`devenv cluster list` shows them.")
    removed = session.client.call("cluster.remove", {"name": arguments.name})["removed"]
    return Result({"removed": removed}, f"{removed} is forgotten; nothing in it was changed.")
