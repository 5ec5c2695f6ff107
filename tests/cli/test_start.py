"""Start-up stays light: what may not be imported on the way to a reading verb's answer."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.api.daemon import stand_in
from tests.cli.desk import Desk, document, service

HEAVY = {
    "argparse", "asyncio", "dataclasses", "docker", "hashlib", "inspect", "kubernetes", "pathlib",
    "pydantic", "selectors", "socket", "subprocess", "tempfile", "textual", "traceback", "typing",
    "yaml",
}  # fmt: skip

_PROBE = """
import json, sys
before = set(sys.modules)
import devenv.cli.main
code = devenv.cli.main.answer(sys.argv[1:]) if sys.argv[1:] else 0
print(json.dumps([code, sorted(set(sys.modules) - before)]), file=sys.stderr)
"""


def _loaded(desk: Desk, *words: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", _PROBE, *words],
        cwd=desk.folder,
        env=dict(desk.environ),
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == 0, done.stderr
    return set(modules)


def test_the_entry_loads_nothing_heavy(desk: Desk) -> None:
    loaded = _loaded(desk)
    assert not loaded & (HEAVY | {"json", "re", "enum"})


@pytest.mark.parametrize("line", ["status", "up", "up web -d", "ps", "ports", "why web"])
def test_a_warm_verb_loads_nothing_heavy(desk: Desk, line: str) -> None:
    ready = document(service("web"))
    with stand_in(desk.environ, status=ready, up=ready, why={"lines": []}):
        loaded = _loaded(desk, *line.split())
    assert not loaded & HEAVY
    ours = {name for name in loaded if name.startswith("devenv.")}
    assert not {name for name in ours if name.split(".")[1] not in {"api", "cli", "errors"}}
