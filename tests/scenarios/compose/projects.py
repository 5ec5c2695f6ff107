"""The projects, and what their user sees of each: pages, values that last, what has ended.

All of this is told by services and container ports, so any tool that runs them can be checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Page:
    """``texts`` are in what the service answers on the container's port."""

    service: str
    port: int
    texts: tuple[str, ...]
    path: str = "/"


@dataclass(frozen=True, slots=True)
class Kept:
    """``value`` is sent by POST; then, and after a down and an up, the page has ``text``."""

    service: str
    port: int
    value: str
    text: str
    path: str = "/"


@dataclass(frozen=True, slots=True)
class Project:
    """``running`` has each service that stays up, with its number of containers."""

    name: str
    running: Mapping[str, int]
    pages: tuple[Page, ...]
    kept: Kept | None = None
    second_pages: tuple[Page, ...] = ()
    """What pages have after a down and an up."""
    finished: tuple[str, ...] = ()
    """Services that end by themselves, with 0."""
    profiles: tuple[str, ...] = ()
    ports: Mapping[tuple[str, int], tuple[int, ...]] = field(default_factory=dict)
    """Where each container port is published, as the file says."""

    @property
    def folder(self) -> Path:
        return Path(__file__).parent / self.name


NOTES = Project(
    "notes",
    running={"web": 1, "db": 1},
    pages=(Page("web", 8000, ("0 notes",)),),
    kept=Kept("web", 8000, "grüße", "- grüße"),
    ports={("web", 8000): (18080,)},
)
NETWORKS = Project(
    "networks",
    running={"front": 1, "app": 1, "cache": 1, "db": 1},
    pages=(
        Page("front", 8000, ("app:8000 reached", "cache:6379 unknown", "db:5432 unknown")),
        Page("app", 8000, ("front:8000 reached", "cache:6379 reached", "store:5432 reached")),
    ),
    ports={("front", 8000): (18081,), ("app", 8000): (18082,)},
)
HEALTH = Project(
    "health",
    running={"web": 1, "api": 1, "cache": 1, "db": 1},
    pages=(Page("web", 80, ("database (42,), cache True",)),),
    ports={("web", 80): (18083,)},
)
SECRETS = Project(
    "secrets",
    running={"web": 1, "app": 1, "db": 1},
    pages=(
        Page("web", 80, ("('postgres',)", "key-from-the-environment 400", "Hello from secrets")),
        Page("web", 80, ("banner-from-a-file",), "/banner"),
    ),
    ports={("web", 80): (18084,)},
)
MIGRATIONS = Project(
    "migrations",
    running={"db": 1, "web": 1},
    pages=(Page("web", 8000, ("seeded 7",)),),
    kept=Kept("web", 8000, "item", "item 7"),
    finished=("migrate", "seed"),
    ports={("web", 8000): (18085,)},
)
PROXY = Project(
    "proxy",
    running={"proxy": 1, "shop": 1, "blog": 1},
    pages=(
        Page("proxy", 80, ("the proxy itself",)),
        Page("proxy", 80, ("the shop",), "/shop/"),
        Page("proxy", 80, ("the blog",), "/blog/"),
    ),
    ports={("proxy", 80): (18086,)},
)
OVERRIDE = Project(
    "override",
    running={"web": 1, "cache": 1},
    pages=(
        Page("web", 8000, ("/app/app.py --reload", "cache overridden", "MODE=development")),
        Page("web", 8000, ("COLOUR=blue", "DEBUG=None", "DEVELOPER=somebody # not a comment")),
    ),
    ports={("web", 8000): (18087,)},
)
REUSE = Project(
    "reuse",
    running={"web": 1, "second": 1, "cache": 1, "db": 1},
    pages=(
        Page("web", 8000, ("GREETING=common NAME=web FROM_FILE=common.env", "3145728")),
        Page("web", 8000, ("beside the included file",)),
        Page("web", 8000, ("NAME=second",), "/second"),
    ),
    ports={("web", 8000): (18088,)},
)
BUILDS = Project(
    "builds",
    running={"production": 1, "development": 1, "inline": 1},
    pages=(
        Page("production", 80, ("version 1.2.3, flavour vanilla, left out: nothing",), "/version"),
        Page("development", 80, ("version 0-development, flavour none",), "/version"),
        Page("development", 80, ("for developers",), "/version"),
        Page("inline", 80, ("the built site",)),
    ),
    ports={
        ("production", 80): (18089,),
        ("development", 80): (18090,),
        ("inline", 80): (18098,),
    },
)
PROFILES = Project(
    "profiles",
    running={"web": 1, "inspector": 1, "load": 1},
    pages=(
        Page("web", 80, ("for everybody",)),
        Page("inspector", 8000, ("for the inspector",), "/inspect.html"),
    ),
    profiles=("debug",),
    ports={("web", 80): (18091,), ("inspector", 8000): (18092,)},
)
REPLICAS = Project(
    "replicas",
    running={"balancer": 1, "app": 3, "ranged": 2},
    pages=(Page("balancer", 80, ("is one of 3",)), Page("ranged", 80, ("replica ",))),
    ports={("balancer", 80): (18093,), ("ranged", 80): (18110, 18111)},
)
QUEUE = Project(
    "queue",
    running={"rabbitmq": 1, "redis": 1, "worker": 1, "web": 1},
    pages=(Page("web", 8000, ("results: []",)),),
    kept=Kept("web", 8000, "task", "done task"),
    ports={("web", 8000): (18094,)},
)
VOLUMES = Project(
    "volumes",
    running={"counter": 1, "writer": 1, "redis": 1},
    pages=(Page("counter", 8000, ("seed sown", "writer started 1 times", "scratch []")),),
    kept=Kept("counter", 8000, "kept", "redis ['kept']\nnotes ['kept']"),
    second_pages=(Page("counter", 8000, ("writer started 2 times",)),),
    ports={("counter", 8000): (18095,)},
)
HARDENED = Project(
    "hardened",
    running={"web": 1},
    pages=(
        Page("web", 80, ("user: 1234:1234", "root: Read-only file system", "tmp: written")),
        Page("web", 80, ("bounding: 0000000000000400", "no new privileges: 1", "(256, 512)")),
        Page("web", 80, ("host: castle", "elsewhere: 192.0.2.7", "folder: /tmp")),
    ),
    ports={("web", 80): (18096,)},
)
STOPPING = Project(
    "stopping",
    running={"clerk": 1, "deaf": 1},
    pages=(Page("clerk", 8000, ("closed 0 times",)),),
    second_pages=(Page("clerk", 8000, ("closed 1 times",)),),
    ports={("clerk", 8000): (18097,)},
)

PROJECTS = (
    NOTES,
    NETWORKS,
    HEALTH,
    SECRETS,
    MIGRATIONS,
    PROXY,
    OVERRIDE,
    REUSE,
    BUILDS,
    PROFILES,
    REPLICAS,
    QUEUE,
    VOLUMES,
    HARDENED,
    STOPPING,
)
