"""What the daemon makes of what a keeper tells, by a keeper that the test plays."""

from __future__ import annotations

import asyncio
import json
import socket

from devenv.model.environment import ReplicaId
from devenv.runtimes.process.link import Link, Message


async def _greeted(told: list[Message]) -> Link:
    """A link that was greeted by a keeper which tells all of this at once."""
    ours, theirs = socket.socketpair()
    with theirs:
        link = Link(ours, lambda: None)
        greeting = asyncio.create_task(link.greet())
        await asyncio.sleep(0)
        theirs.sendall(b"".join(json.dumps(one).encode() + b"\n" for one in told))
        await greeting
        link.close()
    return link


def _row(code: int | None) -> Message:
    return {"service": "web", "index": 0, "exit": None if code is None else {"code": code}}


def test_what_is_told_behind_the_table_is_newer_than_the_table() -> None:
    told: list[Message] = [
        {"id": 1, "ok": True, "pid": 7},
        {"id": 2, "ok": True, "rows": [_row(None)], "prepared": "print"},
        {"push": "units", "rows": [_row(143)], "removed": []},
    ]
    link = asyncio.run(_greeted(told))
    assert link.rows == {ReplicaId("web"): _row(143)}
