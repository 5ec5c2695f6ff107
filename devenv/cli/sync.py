"""``devenv sync``: what of the files is where, why, and how to hold it or set it right."""

from __future__ import annotations

import os
from time import monotonic

from devenv.api.syncing import lacks, reason
from devenv.api.wording import size
from devenv.cli.layout import columns, table
from devenv.cli.render import Live
from devenv.cli.result import Result
from devenv.errors import DevenvError, UsageError

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any

    from devenv.cli.arguments import Arguments
    from devenv.cli.layout import Style
    from devenv.cli.session import Session

    Document = dict[str, Any]

_HEADS = ("SERVICE", "RULE", "SOURCE", "TARGET", "STATE", "SENT", "LAST", "P50", "P95", "REASON")
_TICKS = 10.0, 0.5
"""Seconds between two looks at what is on its way: for a log, and for a terminal."""
_STILL = 60.0
"""Seconds in which nothing moves until it is given up."""
_STOPPED = frozenset({"paused", "held", "failed"})
"""States of a rule that say more than those of its targets."""
_MOST = 20
"""Problems, and conflicts, of one target that are told one by one."""


def run(arguments: Arguments, session: Session) -> Result:
    words = arguments.words
    if arguments.action == "explain":
        return _explain(words, session)
    if arguments.list:
        document = session.call("sync.list", services=words or None)
        return Result(document, "\n".join(one["path"] for one in document["files"]))
    params = {"target": session.target(), "services": words or None}
    if arguments.action in {"flush", "reset"}:
        document = arrived(f"sync.{arguments.action}", params, session)
    else:
        document = session.client.call(f"sync.{arguments.action}", params)
    rules: list[Document] = document["rules"]
    if not rules:
        return Result(document, "Nothing is synced: no service that is up has a rule.")
    lacking = arguments.action in {"flush", "reset"} and any(map(lacks, rules))
    return Result(
        document,
        lambda style: "\n".join(_table(rules, style)),
        code=int(lacking),
        notes=("not all that was saved has arrived",) if lacking else (),
    )


def arrived(method: str, params: Document, session: Session) -> Document:
    """Wait until all is there, and say meanwhile how far it is. DevenvError when nothing moves."""
    live = Live()
    pause = _TICKS[live.moves]
    params = {**params, "timeout": pause}
    document = session.client.call(method, params, within=pause + 30)
    moved, since = document["moved"], monotonic()
    try:
        while not document["arrived"]:
            told = _under_way(document["rules"])
            live.update([] if live.moves else told, told)
            document = session.client.call("sync.flush", params, within=pause + 30)
            if document["moved"] != moved:
                moved, since = document["moved"], monotonic()
            elif not document["arrived"] and monotonic() - since >= _STILL:
                message = f"not all has arrived, and for {_STILL:.0f} s nothing has moved"
                raise DevenvError(message, "`devenv sync status` says what is in the way")
    finally:
        live.close()
    return {"rules": document["rules"]}


def _under_way(rules: list[Document]) -> list[str]:
    return [
        f"{rule['service']}: {sending['files']:,} of {sending['of']:,} files"
        for rule in rules
        for target in rule["targets"]
        if (sending := target["sending"])
    ]


def _explain(words: list[str], session: Session) -> Result:
    if len(words) != 1:
        raise UsageError("`devenv sync explain` needs one path")
    path = os.path.normpath(os.path.join(session.directory, words[0]))
    document = session.call("sync.explain", path=path)
    rows = [
        (
            f"{one['service']}:",
            one["rule"],
            "taken" if one["taken"] else "not taken",
            f"({one['because']})",
        )
        for one in document["verdicts"]
    ]
    return Result(document, "\n".join(columns(rows)) or "No rule of a service that is up has it.")


def _table(rules: list[Document], style: Style) -> list[str]:
    lines = ["  ".join(cells).rstrip() for cells in _rows(rules)]
    for rule in rules:
        lines += [f"{rule['service']}: {one} is not like the others" for one in _behind(rule)]
        for target in rule["targets"]:
            lines += _few(rule, [_problem(rule, one, "red", style) for one in target["problems"]])
            lines += _few(rule, [_conflict(rule, one) for one in target["conflicts"]])
        lines += [
            f"{rule['service']}: {path or '.'} is polled, no watch is left: {rule['remedy']}"
            for path in rule["polled"]
        ]
    return lines


def _rows(rules: list[Document]) -> list[tuple[str, ...]]:
    """With the environments, where these are not just the one of this checkout."""
    named = len({rule["environment"] for rule in rules}) > 1 or any(map(_pods, rules))
    heads = (*(["ENVIRONMENT"] if named else []), *_HEADS)
    return table(heads, [(*([one["environment"]] if named else []), *_row(one)) for one in rules])


def _pods(rule: Document) -> list[str]:
    return [one["name"] for one in rule["targets"] if one["name"]]


def _behind(rule: Document) -> list[str]:
    """The pods that have not got what others have already."""
    behind = [one["name"] for one in rule["targets"] if one["state"] != "equal"]
    return behind if len(behind) < len(_pods(rule)) else []


def _row(rule: Document) -> tuple[str, ...]:
    targets = rule["targets"]
    slowest = max(targets, key=lambda one: one["p95_ms"] or 0.0, default=None)
    files, sent = (sum(one[key] for one in targets) for key in ("files", "bytes"))
    told = () if rule["state"] in _STOPPED else (one["reason"] for one in targets)
    theirs = next(filter(None, told), "")
    return (
        rule["service"],
        rule["rule"],
        os.path.relpath(rule["source"]),
        rule["target"],
        rule["state"],
        f"{files:,} file{'s' * (files != 1)}, {size(sent)}" if targets else "",
        *(_ms(slowest, key) for key in ("last_ms", "p50_ms", "p95_ms")),
        "; ".join(filter(None, (theirs, reason(rule)))),
    )


def _ms(target: Document | None, key: str) -> str:
    return "" if target is None or target[key] is None else f"{target[key]:.0f} ms"


def _problem(rule: Document, problem: Document, colour: str, style: Style) -> str:
    return style.paint(f"{rule['service']}: {problem['path']}: {problem['why']}", colour)


def _few(rule: Document, lines: list[str]) -> list[str]:
    more = len(lines) - _MOST
    return lines if more <= 0 else [*lines[:_MOST], f"{rule['service']}: and {more:,} more"]


def _conflict(rule: Document, conflict: Document) -> str:
    fate = "was overwritten" if conflict["overwritten"] else "is left as it is there"
    return f"{rule['service']}: {conflict['path']} was changed in the container; it {fate}"
