"""``devenv bench sync``: how long a save takes into the container of a service, measured here."""

from __future__ import annotations

import os
import shutil
import tempfile
from time import monotonic, sleep

from devenv.cli.result import Result
from devenv.cli.sync import arrived
from devenv.errors import DevenvError

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from devenv.cli.arguments import Arguments
    from devenv.cli.session import Session

    Document = dict[str, Any]

_SAVES, _BURST, _SIZE = 50, 1000, 2048
GAP = 0.1
"""Seconds between two saves: one that comes sooner is of a burst, which is held back."""
_PORTION = 50
"""Files that are deleted at once: fewer than what would be taken for an accident."""


def run(arguments: Arguments, session: Session) -> Result:
    rule = _rule(arguments.services, session)
    params = {"target": session.target(), "services": [rule["service"]]}

    def flush() -> None:
        arrived("sync.flush", params, session)

    try:
        folder = tempfile.mkdtemp(prefix="devenv-bench-", dir=rule["source"])
    except OSError as error:
        raise DevenvError(
            f"{rule['source']}: {error.strerror}", "It has to be a folder."
        ) from error
    try:
        _check_taken(os.path.join(folder, "0"), rule, session)
        flush()
        saves = sorted(_save(os.path.join(folder, "0"), flush) for _ in range(_SAVES))
        burst = _burst(folder, flush)
    finally:
        _remove(folder, flush)
    document = {
        "service": rule["service"],
        "target": rule["target"],
        "saves": {"count": _SAVES, "p50_ms": _ms(saves, 0.5), "p95_ms": _ms(saves, 0.95)},
        "burst": {"files": _BURST, "bytes": _BURST * _SIZE, "seconds": round(burst, 3)},
    }
    return Result(document, _text(document))


def _rule(names: Sequence[str], session: Session) -> Document:
    """The first rule that only sends. DevenvError: there is none, or another would act on it."""
    rules: list[Document] = session.call("sync.status", services=list(names) or None)["rules"]
    found = next((one for one in rules if one["rule"] == "sync" and one["targets"]), None)
    if found is None:
        hint = "`devenv sync status` shows the rules; one that restarts or builds is not tried."
        raise DevenvError("no service that is up has a rule that only sends files", hint)
    for other in session.call("sync.status", services=None)["rules"]:
        if other["rule"] != "sync" and _overlap(other["source"], found["source"]):
            message = f"{other['service']} would {other['rule']} with each file that is tried"
            raise DevenvError(message, f"It watches {other['source']} too.")
    return found


def _overlap(one: str, other: str) -> bool:
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


def _check_taken(path: str, rule: Document, session: Session) -> None:
    for verdict in session.call("sync.explain", path=path)["verdicts"]:
        if verdict["service"] == rule["service"] and not verdict["taken"]:
            raise DevenvError(
                f"the rule of {rule['service']} takes no new file", verdict["because"]
            )


def _save(path: str, flush: Callable[[], None]) -> float:
    """Seconds from a save by rename until it is acknowledged."""
    sleep(GAP)
    with open(f"{path}.new", "wb") as file:
        file.write(os.urandom(16))
    begun = monotonic()
    os.rename(f"{path}.new", path)
    flush()
    return monotonic() - begun


def _burst(folder: str, flush: Callable[[], None]) -> float:
    content = os.urandom(_SIZE)
    begun = monotonic()
    for number in range(_BURST):
        with open(os.path.join(folder, f"f{number}"), "wb") as file:
            file.write(content)
    flush()
    return monotonic() - begun


def _remove(folder: str, flush: Callable[[], None]) -> None:
    """A few at a time: many at once would be taken for an accident, and stay in the container."""
    try:
        names = sorted(os.listdir(folder))
        while names:
            for name in names[:_PORTION]:
                os.unlink(os.path.join(folder, name))
            names = names[_PORTION:]
            flush()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    flush()


def _ms(ordered: Sequence[float], share: float) -> float:
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 1)


def _text(document: Document) -> str:
    saves, burst = document["saves"], document["burst"]
    return (
        f"{document['service']}, {document['target']}:\n"
        f"one file, {saves['count']} times: p50 {saves['p50_ms']:.0f} ms, "
        f"p95 {saves['p95_ms']:.0f} ms until it is there\n"
        f"{burst['files']:,} files of {_SIZE:,} bytes at once: {burst['seconds']:.2f} s"
    )
