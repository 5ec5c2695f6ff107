"""The project's own code, as the architecture tests read it."""

from __future__ import annotations

import ast
import gc
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
        """The names that are called, with all their dots: ``os.path.join``."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and (name := _dotted(node.func)):
                yield name


def _dotted(node: ast.expr) -> str | None:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attribute):
            owner = _dotted(value)
            return owner and f"{owner}.{attribute}"
        case _:
            return None


def modules(*folders: str) -> tuple[Module, ...]:
    """All modules below these folders of the project."""
    return tuple(
        module
        for path, module in _all_modules().items()
        if path.startswith(tuple(f"{folder}/" for folder in folders))
    )


@lru_cache
def _all_modules() -> dict[str, Module]:
    gc.disable()  # it would count the hundreds of thousands of nodes again and again
    try:
        files = sorted(file for folder in ALL for file in (ROOT / folder).rglob("*.py"))
        paths = (str(file.relative_to(ROOT)) for file in files)
        return {path: _module(path) for path in paths if "/." not in path}
    finally:
        gc.enable()
        gc.freeze()


def _module(path: str) -> Module:
    text = (ROOT / path).read_text("utf-8")
    return Module(path, text, ast.parse(text))


def lines(node: Function | ast.ClassDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1
