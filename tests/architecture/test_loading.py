"""What a fresh interpreter loads: the static picture cannot tell what is really deferred."""

from __future__ import annotations

import subprocess
import sys

from tests.architecture.code import ROOT, modules

HEAVY = {"asyncio", "docker", "kubernetes", "pydantic", "rich", "textual", "yaml"}


def loaded_by(code: str, *flags: str) -> set[str]:
    command = (sys.executable, *flags, "-c", f"{code}; import sys; print(*sys.modules)")
    run = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    return set(run.stdout.split())


def test_the_command_line_starts_light() -> None:
    loaded = loaded_by("import devenv.cli.main")
    assert loaded.isdisjoint(HEAVY | {"argparse", "dataclasses", "subprocess", "typing"})


def test_the_keeper_needs_nothing_but_a_bare_interpreter() -> None:
    names = [
        module.path.removesuffix(".py").replace("/", ".")
        for module in modules("devenv/keeper")
        if not module.path.endswith("__init__.py")
    ]
    code = f"import sys; sys.path.append({str(ROOT)!r}); import {', '.join(names)}"
    loaded = loaded_by(code, "-I", "-S")
    ours = {name for name in loaded if name.startswith("devenv.")}
    strangers = {name for name in ours if not name.startswith(("devenv.keeper", "devenv.model"))}
    assert strangers <= {"devenv.failpoints", "devenv.logs", "devenv.logs.segment"}
    assert loaded.isdisjoint(HEAVY | {"dataclasses", "subprocess", "typing"})
    assert {name.split(".")[0] for name in loaded} <= {
        "__main__",
        "devenv",
        *sys.stdlib_module_names,
    }


def test_front_ends_do_not_load_the_daemon() -> None:
    code = "import devenv.cli.up, devenv.cli.status, devenv.cli.logs, devenv.api.client"
    loaded = loaded_by(code)
    assert not {name for name in loaded if name.startswith(("devenv.daemon", "devenv.runtimes"))}
    assert loaded.isdisjoint(HEAVY)


def test_the_ui_loads_what_its_first_picture_needs() -> None:
    loaded = loaded_by("import devenv.tui.run")
    later = {"actions", "performing", "palette", "web", "widgets.log_view", "screens.detail"}
    assert loaded.isdisjoint({f"devenv.tui.{name}" for name in later} | {"devenv.logs"})
