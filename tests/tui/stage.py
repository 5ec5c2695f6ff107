"""Hand-made circumstances for the UI: documents, and a daemon that only answers from a table."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from devenv.errors import DevenvError
from devenv.tui.app import DevenvApp
from devenv.tui.desk import Desk
from devenv.tui.settings import Settings
from tests.cli.desk import PLACE, document, service

NOW = 1767229200.0
"""2026-01-01 01:00 UTC: an hour after the services of these documents were started."""


@dataclass
class Daemon:
    """Answers at once; a ``watch`` waits until the test has ``told`` something new."""

    answers: dict[str, Mapping[str, Any] | DevenvError] = field(default_factory=dict)
    asked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    news: asyncio.Queue[Mapping[str, Any] | DevenvError] = field(default_factory=asyncio.Queue)
    logs: Mapping[str, Path] = field(default_factory=dict)
    """The folder of each service that has written something."""

    async def call(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        within: float = 60.0,
        start: bool = False,
    ) -> dict[str, Any]:
        if method == "watch":
            told = await self.news.get()
            if isinstance(told, DevenvError):
                raise told
            return dict(told)
        self.asked.append((method, params or {}))
        if method not in self.answers:
            raise DevenvError(f"the test has no answer to {method}", "write one")
        answered = self.answers[method]
        if isinstance(answered, DevenvError):
            raise answered
        answer = dict(answered)
        if method.startswith("sync.") and (names := (params or {}).get("services")):
            answer["rules"] = [one for one in answer["rules"] if one["service"] in names]
        return answer

    async def call_for_descriptors(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        within: float = 60.0,
        start: bool = False,
    ) -> tuple[dict[str, Any], list[int]]:
        folders = [{"service": name, "index": 0} for name in self.logs]
        return {"folders": folders}, [os.open(path, os.O_RDONLY) for path in self.logs.values()]

    def close(self) -> None:
        pass

    def methods(self) -> list[str]:
        """What was asked for by a key: what the UI asks by itself is left out."""
        by_itself = {"samples", "list", "preview.list", "inspect", "why", "events", "graph"}
        by_itself.add("sync.status")
        return [method for method, _ in self.asked if method not in by_itself]


@dataclass
class Stage:
    """The app with its daemon, and what went past both."""

    first: Mapping[str, Any]
    daemon: Daemon = field(default_factory=Daemon)
    settings: Settings = field(default_factory=Settings)
    refused: str = ""
    opens: bool = True
    aside: list[tuple[str, ...]] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)

    def app(self) -> DevenvApp:
        def step_aside(environment: str, words: Sequence[str]) -> None:
            self.aside.append((environment, *words))

        def show(url: str) -> bool:
            self.opened.append(url)
            return self.opens

        desk = Desk({}, CALLER, self.first, self.refused, step_aside, show, lambda: NOW)
        return DevenvApp(desk, self.daemon, self.settings)


CALLER = {"directory": "/home/me/shop", "umask": 18, "environment": {}}


def port(name: str, number: int, url: str = "") -> dict[str, Any]:
    return {"name": name, "port": number, "url": url}


def replica(index: int, state: str = "ready", **other: Any) -> dict[str, Any]:
    (made,) = service("x", state)["replicas"]
    return {**made, "index": index, **other}


SHOP = (
    service(
        "web",
        health="passing",
        attaches=True,
        ports=[port("web", 21457, "http://127.0.0.1:21457")],
        replicas=[replica(0, restarts=2)],
    ),
    service("api", "waiting", reason="waits for db to be ready", waits_for=["db"]),
    service("worker", health="passing", replicas=[replica(0), replica(1), replica(2)]),
    service(
        "db",
        "running",
        health="unhealthy",
        runtime="docker",
        builds=True,
        reason="unhealthy: connection refused",
        ports=[port("sql", 22694, "postgresql://app:***@127.0.0.1:22694/app")],
    ),
    service(
        "mailer",
        "failed",
        reason="exit code 3",
        exit_code=3,
        log_tail=["cannot read /etc/mailer.toml: no such file"],
    ),
    service("search", "stopped", replicas=[]),
    service("migrate", "done", kind="task", exit_code=0),
    service("seed", "skipped", kind="task", replicas=[]),
    service("lint", "failed", kind="task", reason="exit code 1", exit_code=1),
)
PROBLEM = {
    "message": "there is no key 'comand'",
    "file": "devenv.profile.yaml",
    "line": 12,
    "column": 5,
    "hint": "did you mean 'command'?",
    "warning": False,
}


def shop(*services: dict[str, Any], **other: Any) -> dict[str, Any]:
    """A status document of the shop."""
    told = {"environment": {**PLACE, "path": "/home/me/shop"}, "settled": False, **other}
    return document(*(services or SHOP), **told)


def event(number: int, after: float, service: str, kind: str, text: str = "") -> dict[str, Any]:
    """Something that happened ``after`` seconds of the start-up."""
    at = NOW - 3600 + after
    return {"at": at, "service": service, "kind": kind, "text": text, "number": number}


EVENTS = {
    "events": [
        event(1, 0.0, "db", "starting", "it is wanted"),
        event(2, 0.0, "migrate", "waiting", "waits for db to be ready"),
        event(3, 0.0, "web", "waiting", "waits for migrate to be done"),
        event(4, 0.0, "worker", "starting", "it is wanted"),
        event(5, 0.2, "db", "running"),
        event(6, 0.4, "worker", "ready"),
        event(7, 2.1, "db", "ready"),
        event(8, 2.1, "migrate", "starting", "it is wanted"),
        event(9, 2.9, "migrate", "done"),
        event(10, 2.9, "web", "starting", "it is wanted"),
        event(11, 3.0, "web", "running"),
        event(12, 4.2, "web", "ready"),
        event(13, 60.0, "web", "starting", "it ended with exit code 1"),
        event(14, 61.0, "web", "ready"),
        event(15, 90.0, "", "note", "the checkout was moved from /old to /home/me/shop"),
        event(16, 95.0, "web", "sync", "3 files, 4.1 kB, within 12 ms"),
    ]
}


def link(service: str, condition: str, state: str) -> dict[str, Any]:
    return {"service": service, "condition": condition, "required": True, "state": state}


GRAPH = {
    "services": {
        "db": [],
        "worker": [],
        "migrate": [link("db", "service_healthy", "ready")],
        "web": [link("migrate", "service_completed_successfully", "done")],
    }
}
INSPECTION = {
    "values": [
        {"key": "command", "text": "python3 -m shop.web", "origin": "devenv.profile.yaml:6:14"},
        {"key": "environment.PORT", "text": "21457", "origin": "devenv.profile.yaml:10:13"},
        {"key": "environment.API_TOKEN", "text": "***", "origin": "devenv.profile.local.yaml:3:9"},
        {"key": "stop_signal", "text": "SIGTERM", "origin": ""},
    ],
    "probe": {
        "check": "http",
        "interval": 30.0,
        "timeout": 30.0,
        "retries": 3,
        "start_period": 0.0,
        "health": "passing",
        "detail": "answered 200",
        "tried_at": NOW - 12,
        "failures": 0,
    },
    "depends_on": [link("migrate", "service_completed_successfully", "done")],
    "dependants": [link("api", "service_healthy", "waiting")],
}
LIST = {
    "environments": [
        {
            "id": f"{name}-1a2b3c4d",
            "name": name,
            "path": f"/home/me/{name}",
            "branch": branch,
            "state": state,
            "services": 9,
            "running": running,
        }
        for name, branch, state, running in (
            ("docs", "main", "down", 0),
            ("shop", "main", "changing", 4),
            ("shop-payments", "feature/payments", "ready", 9),
        )
    ]
}


PREVIEWS = {
    "previews": [
        {
            "name": f"shop-{branch}",
            "branch": branch,
            "repository": "https://git.example/shop",
            "cluster": "team",
            "namespace": f"shop-{branch}-1",
            "state": state,
            "reason": "",
            "owner": "me@example.com",
            "created_at": NOW - 7200,
            "last_used_at": NOW - 600,
            "expires_at": NOW + left,
            "urls": {"web": f"http://web.shop-{branch}.localhost:8080"} if state == "ready" else {},
            "services": [{"name": "web", "state": "ready", "reason": ""}],
        }
        for branch, state, left in (("checkout", "ready", 86400), ("search", "waiting", -60))
    ],
    "faults": [],
}


def synced(index: int, state: str = "equal", **other: Any) -> dict[str, Any]:
    return {
        "index": index,
        "name": "",
        "state": state,
        "reason": "",
        "generation": 41,
        "files": 52,
        "bytes": 20480,
        "last_ms": 5.2,
        "p50_ms": 6.0,
        "p95_ms": 11.5,
        "problems": [],
        "conflicts": [],
        **other,
    }


def synced_rule(service: str, source: str, state: str, *targets: Any, **other: Any) -> Any:
    return {
        "environment": "shop-1a2b3c4d",
        "service": service,
        "rule": "sync",
        "source": source,
        "target": "/app/src",
        "state": state,
        "reason": "",
        "waiting": 0,
        "polled": [],
        "remedy": "",
        "targets": list(targets),
        **other,
    }


SYNC = {
    "rules": [
        synced_rule(
            "web",
            "/home/me/shop/web",
            "sending",
            synced(0),
            synced(
                1,
                "sending",
                generation=40,
                problems=[{"path": "logo.png", "why": "it may not be read"}],
                conflicts=[{"path": "settings.py", "overwritten": False}],
            ),
        ),
        synced_rule("worker", "/home/me/shop/worker", "paused", synced(0), waiting=3),
        synced_rule("db", "/home/me/shop/schema", "waiting", polled=["dumps"]),
        synced_rule(
            "search",
            "/home/me/shop/index",
            "halted",
            synced(0, "halted", reason="all of its files are gone: nothing is deleted"),
        ),
    ]
}


def sample(cpu: float, memory: int) -> list[dict[str, Any]]:
    return [{"index": 0, "cpu_seconds": cpu, "memory_bytes": memory, "ports": []}]


SAMPLES = {
    "samples": {
        "web": sample(1.0, 48_000_000),
        "worker": sample(2.0, 61_000_000),
        "db": sample(3.0, 85_000_000),
    }
}


def answers() -> dict[str, Mapping[str, Any] | DevenvError]:
    """Of a daemon that takes everything in."""
    changes = ("up", "down", "start", "stop", "restart", "pause", "resume", "scale", "run")
    told: dict[str, Mapping[str, Any] | DevenvError] = {
        "samples": SAMPLES,
        "list": LIST,
        "preview.list": PREVIEWS,
        "preview.down": {"name": "shop-checkout", "cluster": "team"},
        "preview.extend": {"preview": PREVIEWS["previews"][0]},
        "events": EVENTS,
        "graph": GRAPH,
        "inspect": INSPECTION,
        "sync.status": SYNC,
        "why": {"lines": ["web is ready", "  it runs as a host process"]},
        "status": shop(),
    }
    told.update(dict.fromkeys(changes, shop(revision=2)))
    told.update(dict.fromkeys(("sync.pause", "sync.resume", "sync.flush"), SYNC))
    return told


def stage(first: Mapping[str, Any] | None = None, **other: Any) -> Stage:
    return Stage(first or shop(), Daemon(answers()), **other)
