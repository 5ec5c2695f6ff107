"""Who may do what: decide, touch the world, print, end the process."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.code import Module, modules

WORLD = {"asyncio", "os", "socket", "subprocess", "threading", "time", "pathlib"}
HANDS = {
    "devenv/profile/checkout.py",  # git and the file system: which checkout this is
    "devenv/profile/__main__.py",  # parses for the daemon, in a process of its own
    "devenv/profile/load.py",  # reads the files that the passes ask for
    "devenv/profile/shipped.py",  # where shipped profiles lie
    "devenv/profile/sources.py",  # whether what was read is still the same
}
ENTRIES = {"devenv/cli/main.py", "devenv/daemon/__main__.py", "devenv/keeper/main.py"}
FORKERS = {"devenv/cli/doctor.py", "devenv/keeper/spawn.py"}
TERMINALS = {"devenv/cli/render.py", "devenv/cli/main.py", "devenv/cli/terminal.py"}


@pytest.mark.parametrize("folder", ["devenv/model", "devenv/planning", "devenv/profile"])
def test_deciding_does_not_touch_the_world(folder: str) -> None:
    touching = [
        f"{module.path} imports {name}"
        for module in modules(folder)
        if module.path not in HANDS
        for name in module.imports()
        if name.split(".", maxsplit=1)[0] in WORLD
    ]
    assert touching == []


def test_runtimes_do_not_know_each_other() -> None:
    shared = {"protocol", "executing", "programs", "refused"}
    knowing = [
        f"{module.path} imports {name}"
        for module in modules("devenv/runtimes")
        if len(own := module.path.split("/")) > 3
        for name in module.imports()
        if name.startswith("devenv.runtimes.") and name.split(".")[2] not in {own[2], *shared}
    ]
    assert knowing == []


def test_only_entries_end_the_process() -> None:
    ending = [
        f"{module.path}: {call}"
        for module in modules("devenv")
        for call in (*module.called(), *_raised(module))
        if (call in {"sys.exit", "exit", "quit", "SystemExit"} and module.path not in ENTRIES)
        or (call == "os._exit" and module.path not in ENTRIES | FORKERS)
    ]
    assert ending == []


def _raised(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Name):
            yield node.exc.id


def test_only_render_prints() -> None:
    printing = [
        f"{module.path}: {call}"
        for module in modules("devenv/cli", "devenv/api", "devenv/daemon/verbs", "devenv/logs")
        for call in module.called()
        if (call == "print" and module.path != "devenv/cli/render.py")
        or (call.startswith(("sys.stdout.", "sys.stderr.")) and module.path not in TERMINALS)
    ]
    assert printing == []


def test_tests_wait_for_what_they_want() -> None:
    """A pause is too long or too short; what polls has a deadline and lives in one place."""
    pausing = [
        module.path
        for module in modules("tests")
        if not module.path.startswith("tests/benchmarks/")
        if "time.sleep" in module.called() and "time.monotonic" not in module.called()
    ]
    assert pausing == []


PARTS = ("browser", "cluster", "containerd", "engine", "podman", "resolver")
LAB = {f"tests/lab/{name}.py" for name in PARTS}


def test_no_test_is_left_out() -> None:
    """But for those that need the lab where a machine cannot have it, which is told."""
    marks = ("pytest.mark.skip(", "pytest.mark.xfail", "pytest.skip(", "pytest.importorskip")
    ruled_out = [
        f"{module.path}: {mark}"
        for module in modules("tests")
        if module.path not in {"tests/architecture/test_borders.py", *LAB}
        for mark in marks
        if mark in module.text
    ]
    assert ruled_out == []
