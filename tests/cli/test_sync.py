"""`sync flush` and `sync reset`: how long they wait, and what they say meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from devenv.cli import sync
from devenv.cli.arguments import Arguments
from devenv.cli.session import Session
from devenv.errors import DevenvError
from tests.api.daemon import stand_in
from tests.cli.desk import Desk

Document = dict[str, Any]


def answer(files: int, *, arrived: bool = False, moved: int = 0) -> Document:
    sending = None if arrived else {"files": files, "of": 45919}
    rule: Document = {
        "environment": "shop-1",
        "service": "web",
        "rule": "sync",
        "source": "/src",
        "target": "/app",
        "state": "watching" if arrived else "sending",
        "reason": "",
        "waiting": 0,
        "polled": [],
        "remedy": "",
        "targets": [
            {
                "index": 0,
                "name": "",
                "state": "equal" if arrived else "sending",
                "reason": "",
                "generation": 1,
                "files": files,
                "bytes": 0,
                "sending": sending,
                "last_ms": None,
                "p50_ms": None,
                "p95_ms": None,
                "problems": [],
                "conflicts": [],
            }
        ],
    }
    return {"rules": [rule], "arrived": arrived, "moved": moved}


def answering(*documents: Document) -> Callable[[Document], Document]:
    left = list(documents)
    return lambda _params: left.pop(0) if len(left) > 1 else left[0]


def test_reset_says_how_far_it_is_until_all_is_there(desk: Desk) -> None:
    further = answering(answer(20_000, moved=2), answer(45_919, arrived=True))
    answers: dict[str, Any] = {"sync.reset": answer(1200), "sync.flush": further}
    with stand_in(desk.environ, **answers) as daemon:
        done = desk.run("sync", "reset")
    assert done.returncode == 0
    assert daemon.methods() == ["sync.reset", "sync.flush", "sync.flush"]
    assert done.stderr.splitlines() == ["web: 1,200 of 45,919 files", "web: 20,000 of 45,919 files"]
    assert "45,919 files" in done.stdout


def test_status_tells_thousands_of_conflicts_in_a_few_lines(desk: Desk) -> None:
    document = answer(1, arrived=True)
    conflicts = [{"path": f"f{number}", "overwritten": False} for number in range(3000)]
    document["rules"][0]["targets"][0]["conflicts"] = conflicts
    with stand_in(desk.environ, **{"sync.status": document}):
        lines = desk.run("sync", "status").stdout.splitlines()
    assert len(lines) < 30
    assert lines[-1] == "web: and 2,980 more"
    assert "1 file, 0 B" in lines[1]


def flushed(*documents: Document) -> list[str]:
    """Call it with a daemon that gives these answers, the last one for ever; return the calls."""
    called: list[str] = []
    give = answering(*documents)

    def call(method: str, params: Document, within: float) -> Document:
        called.append(method)
        return give(params)

    session = SimpleNamespace(client=SimpleNamespace(call=call), target=dict)
    arguments = SimpleNamespace(action="flush", words=[], list=False)
    sync.run(cast(Arguments, arguments), cast(Session, session))
    return called


def test_flush_gives_up_only_when_nothing_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync, "_STILL", 0.0)
    moving = [answer(number, moved=number) for number in range(50)]
    assert len(flushed(*moving, answer(50, arrived=True))) == 51
    with pytest.raises(DevenvError, match="nothing has moved"):
        flushed(*moving, moving[-1])


def target(**keys: Any) -> Document:
    """An answer in which the target has these values."""
    (rule,) = answer(1, arrived=True)["rules"]
    return {**rule, "targets": [{**rule["targets"][0], **keys}]}


@pytest.mark.parametrize(
    "rule",
    [
        {**target(), "state": "paused"},
        {**target(), "state": "held"},
        {**target(), "state": "failed"},
        {**target(), "state": "no source", "targets": []},
        target(state="halted"),
        target(state="unreachable"),
        target(problems=[{"path": "a", "why": "No space left on device"}]),
    ],
    ids=["paused", "held", "failed", "no source", "halted", "unreachable", "refused"],
)
def test_flush_fails_where_not_all_is_there(desk: Desk, rule: Document) -> None:
    document = {"rules": [rule], "arrived": True, "moved": 0}
    with stand_in(desk.environ, **{"sync.flush": document, "sync.status": document}):
        done = desk.run("sync", "flush")
        assert desk.run("sync", "status").returncode == 0
    assert done.returncode == 1
    assert "not all that was saved has arrived" in done.stderr
    assert "web" in done.stdout


def test_status_tells_how_to_raise_the_limit(desk: Desk) -> None:
    (rule,) = answer(1, arrived=True)["rules"]
    remedy = "sudo sysctl fs.inotify.max_user_watches=524288"
    polled = {**rule, "polled": ["src/deep"], "remedy": remedy}
    with stand_in(desk.environ, **{"sync.status": {"rules": [polled]}}):
        done = desk.run("sync", "status")
    assert f"web: src/deep is polled, no watch is left: {remedy}" in done.stdout
