"""The UI of an environment in a terminal of its own."""

from __future__ import annotations

from collections.abc import Sequence

from tests.scenarios.sandbox import Sandbox
from tests.tui.tmux import Tmux


def terminal(sandbox: Sandbox, *words: str, size: tuple[int, int] = (100, 30)) -> Tmux:
    return _window(sandbox, sandbox.command(*words), size)


def shell(sandbox: Sandbox) -> Tmux:
    """A shell that minds its jobs, for those who type commands themselves."""
    return _window(sandbox, ("bash", "--norc", "-i"), (100, 30))


def _window(sandbox: Sandbox, command: Sequence[str], size: tuple[int, int]) -> Tmux:
    environ = {**sandbox.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    return Tmux(sandbox.checkout.parent, command, environ, cwd=sandbox.checkout, size=size)
