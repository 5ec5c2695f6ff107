"""The project's own code, as the architecture tests read it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("devenv", "profiles", "examples")
ALL = (*PRODUCT, "tests")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Module:
    """One file: its path below the root, its text and what Python reads in it."""

    path: str
    text: str
    tree: ast.Module

    def functions(self) -> Iterator[Function]:
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))

    def classes(self) -> Iterator[ast.ClassDef]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef))

    def imports(self) -> Iterator[str]:
        """Every module or name that is imported, with all its dots; also the deferred ones."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (name.name for name in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from (f"{node.module}.{name.name}" for name in node.names)

    def called(self) -> Iterator[str]:
        """What is called, as it is written: ``os.path.join``."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield ast.unparse(node.func)


@lru_cache
def modules(*folders: str) -> tuple[Module, ...]:
    """All modules below these folders of the project."""
    files = sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))
    return tuple(_module(file) for file in files if "/." not in str(file.relative_to(ROOT)))


def _module(file: Path) -> Module:
    text = file.read_text("utf-8")
    return Module(str(file.relative_to(ROOT)), text, ast.parse(text))


def lines(node: Function | ast.ClassDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1
