"""The UI of an environment in a terminal of its own."""

from __future__ import annotations

from tests.scenarios.sandbox import Sandbox
from tests.tui.tmux import Tmux


def terminal(sandbox: Sandbox, *words: str, size: tuple[int, int] = (100, 30)) -> Tmux:
    environ = {**sandbox.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    command = sandbox.command(*words)
    return Tmux(sandbox.checkout.parent, command, environ, cwd=sandbox.checkout, size=size)
