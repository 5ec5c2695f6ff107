"""The verbs about files: what follows where, why, and how far it is."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from typing import NamedTuple

from devenv.daemon.documents import Document
from devenv.daemon.environment import LiveEnvironment
from devenv.daemon.syncing import FAILED
from devenv.daemon.verbs.context import Answer, Context, Params, service_name
from devenv.model.environment import ReplicaId
from devenv.profile.checkout import Checkout
from devenv.sync.copies import Copy
from devenv.sync.mirror import Mirror
from devenv.sync.session import Session
from devenv.sync.strand import Strand
from devenv.sync.tree import Folder, walk
from devenv.sync.watch.inotify import remedy
from devenv.sync.watch.source import topmost

FLUSH = 60.0
"""Seconds after which `flush` and `reset` say how far it is, where the request names none."""

KEEPS = frozenset({"paused", "held", "unreachable"})
"""States of a rule in which files are kept back."""


class Followed(NamedTuple):
    """A service whose files follow, and in which environment."""

    environment: str
    service: str
    session: Session


async def status(context: Context, params: Params) -> Answer:
    """Say of each rule how far its targets are."""
    return _status(_followed(context, params))


async def files(context: Context, params: Params) -> Answer:
    """List what is sent, or would be."""
    found = {
        (one.service, os.path.join(strand.source.place.root, path))
        for one in _followed(context, params)
        for strand in one.session.strands
        if strand.rule.target and strand.source.tree
        for path, entry in walk(strand.source.tree)
        if not isinstance(entry, Folder)
    }
    return Answer({"files": [{"service": name, "path": path} for name, path in sorted(found)]})


async def explain(context: Context, params: Params) -> Answer:
    """Say of each rule whether it takes a path, and which of its patterns decides."""
    path = str(params["path"])
    found = {
        (one.service, strand.rule.title, strand.source.place.root): verdict
        for one in _followed(context, params)
        for strand in one.session.strands
        if (verdict := strand.explain(path)) is not None
    }
    verdicts = [
        {
            "service": service,
            "rule": rule,
            "source": source,
            "taken": verdict.taken,
            "because": verdict.because,
        }
        for (service, rule, source), verdict in found.items()
    ]
    return Answer({"verdicts": verdicts})


async def pause(context: Context, params: Params) -> Answer:
    found = _followed(context, params)
    for one in found:
        one.session.pause(paused=True)
    return _status(found)


async def resume(context: Context, params: Params) -> Answer:
    """Go on, and carry over what was halted."""
    found = _followed(context, params)
    for one in found:
        one.session.pause(paused=False)
        one.session.accept()
    return _status(found)


async def flush(context: Context, params: Params) -> Answer:
    """Answer when all that was saved before is where it belongs, or how far that is."""
    return await _arrived(_followed(context, params), params)


async def reset(context: Context, params: Params) -> Answer:
    """Compare everything anew; what a target changed by itself is overwritten."""
    found = _followed(context, params)
    for one in found:
        one.session.reset()
    return await _arrived(found, params)


async def _arrived(found: Sequence[Followed], params: Params) -> Answer:
    arrived = True
    try:
        async with asyncio.timeout(float(params.get("timeout") or FLUSH)):
            await asyncio.gather(*(one.session.caught_up() for one in found))
    except TimeoutError:
        arrived = False
    moved = sum(copy.moved for one in found for copy in one.session.copies.values())
    return Answer({**_status(found).result, "arrived": arrived, "moved": moved})


def _followed(context: Context, params: Params) -> list[Followed]:
    """What follows the files of a checkout, on this machine and in previews."""
    live, checkout = context.registry.find(params["target"])
    names = params.get("services") or ()
    for name in names:
        service_name(live, {"service": name})
    there = [] if params["target"].get("environment") else _previews(context, checkout)
    return [
        Followed(one.id, name, session)
        for one in (live, *there)
        for name, session in one.syncer.sessions.items()
        if not names or name in names
    ]


def _previews(context: Context, checkout: Checkout) -> list[LiveEnvironment]:
    return [
        one
        for one in context.registry
        if one.intent.preview is not None and one.intent.checkout.root == checkout.root
    ]


def _status(found: Sequence[Followed]) -> Answer:
    return Answer({"rules": [_rule(one, s) for one in found for s in one.session.strands]})


def _rule(one: Followed, strand: Strand) -> Document:
    session, source = one.session, strand.source
    copies = [(r, copy) for r, copy in session.copies.items() if strand in copy.mirrors]
    targets = [_target(replica, copy, copy.mirrors[strand]) for replica, copy in copies]
    state = _state(session, strand, targets)
    mirrors = [copy.mirrors[strand] for _, copy in copies]
    return {
        "environment": one.environment,
        "service": one.service,
        "rule": strand.rule.title,
        "source": strand.rule.source,
        "target": strand.rule.target,
        "state": state,
        "reason": _reason(session, strand),
        "waiting": _waiting(strand, mirrors) if state in KEEPS else 0,
        "polled": topmost(source.unwatched),
        "remedy": remedy() if source.unwatched else "",
        "targets": targets,
    }


def _waiting(strand: Strand, mirrors: Sequence[Mirror]) -> int:
    """How many files are kept back: the most of a target, or what a rule is to act on."""
    if strand.rule.target:
        return max((one.waiting for one in mirrors), default=0)
    return strand.waiting


def _reason(session: Session, strand: Strand) -> str:
    if session.is_over:
        return FAILED
    held = "" if session.held is None else session.held.reason
    failure = strand.failure.partition("\n")[0]
    return "; ".join(filter(None, (held, failure and f"its last action failed: {failure}")))


def _state(session: Session, strand: Strand, targets: list[Document]) -> str:
    if session.is_over:
        return "failed"
    if session.paused:
        return "paused"
    if session.held is not None:
        return "held"
    if strand.guard.is_spinning and strand.pending:
        return "spinning"
    if strand.source.tree is None:
        return "no source"
    states = {target["state"] for target in targets}
    for state in ("halted", "unreachable", "sending"):
        if state in states:
            return state
    return "waiting" if strand.rule.target and not targets else "watching"


def _target(replica: ReplicaId, copy: Copy, mirror: Mirror) -> Document:
    tally = mirror.target.tally
    behind = mirror.revision < mirror.source.revision or mirror.refusals > 0
    problem = copy.problem if behind else ""
    state = "unreachable" if problem else "halted" if mirror.halted else ""
    return {
        "index": replica.index,
        "name": copy.key.name,
        "state": state or ("sending" if behind else "equal"),
        "reason": problem or mirror.halted or copy.lack,
        "generation": tally.generation,
        "files": tally.files,
        "bytes": tally.bytes,
        "sending": _sending(mirror),
        "last_ms": _ms(tally.percentile(1.0, newest=1)),
        "p50_ms": _ms(tally.percentile(0.5)),
        "p95_ms": _ms(tally.percentile(0.95)),
        "problems": [{"path": path, "why": why} for path, why in mirror.target.problems.items()],
        "conflicts": [
            {"path": one.path, "overwritten": one.overwritten} for one in mirror.target.conflicts
        ],
    }


def _sending(mirror: Mirror) -> Document | None:
    """How much of a batch is on its way; None: nothing is."""
    batch = mirror.target.sending
    return None if batch is None else {"files": batch.files, "of": batch.total}


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)
