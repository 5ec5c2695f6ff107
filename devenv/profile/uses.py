"""``uses:``: a service taken from a shipped profile or another file; keys beside it win."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass

from devenv.errors import did_you_mean, one_of
from devenv.profile.layers import Named, Project, read_project
from devenv.profile.merge import merge_service
from devenv.profile.reading import Reading, Scope
from devenv.profile.tree import Items, Scalar, Table, child_table, text, with_entry, without

USES_DEPTH = 20
_SHIPPED = re.compile(r"(?P<name>[a-z0-9][a-z0-9_-]*)(?:@(?P<version>[A-Za-z0-9._-]+))?")


@dataclass(frozen=True, slots=True)
class Shipped:
    """Where shipped profiles lie: the file of a name, and the names there are.

    ``python`` is the interpreter that their programs run with.
    """

    path: Callable[[str], str]
    names: Callable[[], tuple[str, ...]]
    python: str


@dataclass(frozen=True, slots=True)
class _Use:
    """One thing to take: the file, the service in it (empty: its only one), what to read it with.

    ``is_shipped``: from devenv itself, and not from the repository.
    """

    file: Named
    service: str
    scope: Scope
    is_shipped: bool

    @property
    def key(self) -> str:
        return f"{self.file.path}#{self.service}"


def expand(tree: Table, scope: Scope, reading: Reading, shipped: Shipped) -> Table:
    """Lay every service that has ``uses`` over the one that it names."""
    for section in ("services", "tasks"):
        for name, service in child_table(tree, section).entries.items():
            if isinstance(service, Table) and "uses" in service.entries:
                expander = _Expander(scope, reading, shipped, f"{name}-data")
                expanded = expander.expanded(service, ())
                services = with_entry(child_table(tree, section), name, expanded)
                tree = with_entry(tree, section, services)
                tree = _with_volume(tree, expanded, expander.volume)
    return tree


def _with_volume(tree: Table, service: Table, name: str) -> Table:
    """Declare the volume that a shipped profile keeps its data in, where the service has it."""
    mounts = service.entries.get("volumes")
    sources = [
        (text(one) or "").partition(":")[0]
        for one in (mounts.items if isinstance(mounts, Items) else ())
    ]
    declared = child_table(tree, "volumes")
    if name not in sources or name in declared.entries:
        return tree
    return with_entry(tree, "volumes", with_entry(declared, name, Scalar(None, service.origin)))


@dataclass(frozen=True, slots=True)
class _Expander:
    scope: Scope
    reading: Reading
    shipped: Shipped
    volume: str

    def expanded(self, service: Table, chain: tuple[str, ...]) -> Table:
        """Take what ``uses`` names, and what that uses in turn; where it fails, ``uses`` stays."""
        value = service.entries.get("uses")
        if not isinstance(value, Scalar) or not text(value):
            return service
        use = self._use(value)
        if use is None:
            return service
        if use.key in chain or len(chain) >= USES_DEPTH:
            names = " → ".join(self.reading.shown(key) for key in (*chain, use.key))
            self.reading.problems.error(f"`uses` goes round: {names}", value.origin)
            return service
        base = self._taken(use)
        if base is None:
            return service
        base = self.expanded(base, (*chain, use.key))
        if not service.entries.keys().isdisjoint({"ready", "healthcheck"}):
            base = _without_ready(base)
        return merge_service(base, without(service, "uses"), self.reading.problems)

    def _use(self, value: Scalar) -> _Use | None:
        written = text(value) or ""
        if written.startswith("/"):
            path, _, name = written.partition("#")
            scope = Scope(posixpath.dirname(path), self.scope.lookup)
            return _Use(Named(path, value.origin), name, scope, is_shipped=False)
        match = _SHIPPED.fullmatch(written)
        if match is None:
            self.reading.problems.error(
                f"`{written}` is not something to use",
                value.origin,
                "write one like `postgres@16` or `./folder/file.yaml#service`",
            )
            return None
        return self._shipped_use(match["name"], match["version"], value)

    def _shipped_use(self, name: str, version: str | None, value: Scalar) -> _Use | None:
        path = self.shipped.path(name)
        if self.reading.file(path, value.origin) is None:
            known = self.shipped.names()
            hint = one_of(name, known)
            self.reading.problems.error(f"no shipped profile `{name}`", value.origin, hint)
            return None
        folder = posixpath.dirname(path)
        # A shipped profile sees none of the client's variables: its meaning is devenv's alone.
        values = {**self.reading.request.builtin, "DEVENV_SHIPPED": folder}
        values |= {"DEVENV_PYTHON": self.shipped.python, "VOLUME": self.volume}
        if version:
            values["VERSION"] = version
        return _Use(Named(path, value.origin), name, Scope(folder, values.get), is_shipped=True)

    def _taken(self, use: _Use) -> Table | None:
        directory = "" if use.is_shipped else use.scope.folder
        known_problems = len(self.reading.problems)
        tree = read_project(Project((use.file,), use.scope, directory), self.reading)
        services = {**child_table(tree, "tasks").entries, **child_table(tree, "services").entries}
        name = use.service or (next(iter(services)) if len(services) == 1 else "")
        found = services.get(name)
        if isinstance(found, Table):
            return found
        shown = self.reading.shown(use.file.path)
        if not services and len(self.reading.problems) == known_problems:
            self.reading.problems.error(f"{shown} has no services", use.file.origin)
        elif services:
            hint = did_you_mean(name, services) or f"it has: {', '.join(services)}"
            message = f"no service `{name}` in {shown}" if name else f"{shown} has several services"
            self.reading.problems.error(message, use.file.origin, hint)
        return None


def _without_ready(service: Table) -> Table:
    """The same without any word on when it is ready: that of who uses it counts on both sides."""
    process = service.entries.get("process")
    if isinstance(process, Table):
        service = with_entry(service, "process", without(process, "ready"))
    return without(without(service, "ready"), "healthcheck")
