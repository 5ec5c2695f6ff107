"""The verbs about files: what follows where, why, and how far it is."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping

from devenv.daemon.documents import Document
from devenv.daemon.verbs.context import Answer, Context, Params, service_name
from devenv.errors import DevenvError
from devenv.model.environment import ReplicaId
from devenv.sync.copies import Copy
from devenv.sync.mirror import Mirror
from devenv.sync.session import Session
from devenv.sync.strand import Strand
from devenv.sync.tree import Folder, walk

FLUSH = 60.0
"""Seconds that everything has to arrive."""


async def status(context: Context, params: Params) -> Answer:
    """Say of each rule how far its targets are."""
    return _status(_sessions(context, params))


async def files(context: Context, params: Params) -> Answer:
    """List what is sent, or would be."""
    found = [
        {"service": name, "path": os.path.join(strand.source.root, path)}
        for name, session in _sessions(context, params).items()
        for strand in session.strands
        if strand.rule.target and strand.source.tree
        for path, entry in walk(strand.source.tree)
        if not isinstance(entry, Folder)
    ]
    return Answer({"files": found})


async def explain(context: Context, params: Params) -> Answer:
    """Say of each rule whether it takes a path, and which of its patterns decides."""
    path = str(params["path"])
    found = [
        {
            "service": name,
            "rule": strand.rule.title,
            "source": strand.source.root,
            "taken": verdict.taken,
            "because": verdict.because,
        }
        for name, session in _sessions(context, params).items()
        for strand in session.strands
        if (verdict := strand.source.explain(path)) is not None
    ]
    return Answer({"verdicts": found})


async def pause(context: Context, params: Params) -> Answer:
    found = _sessions(context, params)
    for session in found.values():
        session.pause(paused=True)
    return _status(found)


async def resume(context: Context, params: Params) -> Answer:
    """Go on, and carry over what was halted."""
    found = _sessions(context, params)
    for session in found.values():
        session.pause(paused=False)
        session.accept()
    return _status(found)


async def flush(context: Context, params: Params) -> Answer:
    """Answer when all that was saved before is where it belongs."""
    return await _arrived(_sessions(context, params))


async def reset(context: Context, params: Params) -> Answer:
    """Compare everything anew; what a target changed by itself is overwritten."""
    found = _sessions(context, params)
    for session in found.values():
        session.reset()
    return await _arrived(found)


async def _arrived(sessions: Mapping[str, Session]) -> Answer:
    try:
        async with asyncio.timeout(FLUSH):
            await asyncio.gather(*(session.caught_up() for session in sessions.values()))
    except TimeoutError as error:
        message = f"not all has arrived after {FLUSH:.0f} s"
        raise DevenvError(message, "`devenv sync status` says what is in the way") from error
    return _status(sessions)


def _sessions(context: Context, params: Params) -> Mapping[str, Session]:
    live, _ = context.registry.find(params["target"])
    names = params.get("services") or ()
    for name in names:
        service_name(live, {"service": name})
    sessions = live.syncer.sessions
    return {name: one for name, one in sessions.items() if not names or name in names}


def _status(sessions: Mapping[str, Session]) -> Answer:
    found = [
        _rule(name, session, strand)
        for name, session in sessions.items()
        for strand in session.strands
    ]
    return Answer({"rules": found})


def _rule(name: str, session: Session, strand: Strand) -> Document:
    copies = [(r, copy) for r, copy in session.copies.items() if strand in copy.mirrors]
    targets = [_target(replica, copy, copy.mirrors[strand]) for replica, copy in copies]
    source = strand.source
    return {
        "service": name,
        "rule": strand.rule.title,
        "source": strand.rule.source,
        "target": strand.rule.target,
        "state": _state(session, strand, targets),
        "polled": sorted(source.unwatched),
        "targets": targets,
    }


def _state(session: Session, strand: Strand, targets: list[Document]) -> str:
    if session.paused:
        return "paused"
    if strand.guard.is_spinning:
        return "spinning"
    if strand.source.tree is None:
        return "no source"
    states = {target["state"] for target in targets}
    for state in ("halted", "unreachable", "sending"):
        if state in states:
            return state
    return "waiting" if strand.rule.target and not targets else "watching"


def _target(replica: ReplicaId, copy: Copy, mirror: Mirror) -> Document:
    tally = mirror.tally
    behind = mirror.revision < mirror.source.revision
    state = "unreachable" if copy.problem else "halted" if mirror.halted else ""
    return {
        "index": replica.index,
        "state": state or ("sending" if behind else "equal"),
        "reason": copy.problem or mirror.halted or copy.lack,
        "generation": tally.generation,
        "files": tally.files,
        "bytes": tally.bytes,
        "last_ms": _ms(tally.percentile(1.0, newest=1)),
        "p50_ms": _ms(tally.percentile(0.5)),
        "p95_ms": _ms(tally.percentile(0.95)),
        "problems": [{"path": path, "why": why} for path, why in mirror.problems.items()],
        "conflicts": [
            {"path": one.path, "overwritten": one.overwritten} for one in mirror.conflicts
        ],
    }


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)
