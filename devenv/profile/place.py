"""One service in the tree: what its mistakes are called and where they stand."""

from __future__ import annotations

from dataclasses import dataclass

from devenv.model.origin import Origin
from devenv.model.service import Kind
from devenv.profile.problems import Problems
from devenv.profile.tree import Path, Table, child_table, origin_of


@dataclass(frozen=True, slots=True)
class Place:
    """``tree`` is the whole profile."""

    tree: Table
    problems: Problems
    kind: Kind
    name: str

    @property
    def section(self) -> str:
        return section_of(self.kind)

    @property
    def table(self) -> Table:
        """The service's own keys."""
        return child_table(child_table(self.tree, self.section), self.name)

    def origin(self, path: Path = (), *, key: bool = False) -> Origin:
        return origin_of(self.tree, (self.section, self.name, *path), key=key)

    def error(self, message: str, path: Path = (), hint: str = "", *, key: bool = False) -> None:
        """Note a mistake; ``path`` leads to it from the service."""
        text = f"{self.section}.{self.name}: {message}"
        self.problems.error(text, self.origin(path, key=key), hint)


def section_of(kind: Kind) -> str:
    return "services" if kind is Kind.SERVICE else "tasks"
