"""What a fresh interpreter loads: the common path stays light."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest


def loaded_by(module: str) -> set[str]:
    code = f"import sys, {module}; print(*sys.modules)"
    command = (sys.executable, "-c", code)
    return set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())


@pytest.mark.parametrize(
    "module",
    ["devenv.profile", "devenv.profile.checkout", "devenv.profile.references"],
)
def test_what_the_front_ends_need_loads_neither_yaml_nor_pydantic(module: str) -> None:
    assert loaded_by(module).isdisjoint({"yaml", "pydantic"})


DECIDING = [
    "build",
    "checks",
    "document",
    "dotenv",
    "environment",
    "fields",
    "graph",
    "interpolate",
    "layers",
    "merge",
    "port_list",
    "ports",
    "probes",
    "problems",
    "procfile",
    "reading",
    "rebase",
    "reference_check",
    "references",
    "schema_types",
    "tree",
    "uses",
    "validate",
]


@pytest.mark.parametrize("name", DECIDING)
def test_passes_touch_no_world(name: str) -> None:
    module = import_module(f"devenv.profile.{name}")
    hands = {"os", "subprocess", "socket", "time", "asyncio", "pathlib"}
    assert hands.isdisjoint(vars(module))
