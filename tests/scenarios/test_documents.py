"""Every command that a document shows works, in the order and the folder that it shows."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.scenarios.sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")

pytestmark = pytest.mark.timeout(240)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, the file's name beside it, its text."""

    language: str
    name: str
    text: str

    def commands(self) -> list[str]:
        return [line[2:] for line in self.text.splitlines() if line.startswith("$ ")]


def blocks(document: Path) -> list[Block]:
    found = re.findall(
        r"^```(\w+) ?(\S*)\n(.*?)^```$", document.read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    return [Block(*parts) for parts in found]


WITH_COMMANDS = [
    path for path in DOCUMENTS if any(block.language in {"console", "sh"} for block in blocks(path))
]


def test_the_quick_start_is_among_what_is_run() -> None:
    assert ROOT / "README.md" in WITH_COMMANDS


@pytest.mark.parametrize("document", WITH_COMMANDS, ids=lambda path: path.name)
def test_commands_work_as_they_are_shown(
    document: Path, request: pytest.FixtureRequest, sandbox: Sandbox
) -> None:
    binaries = Path(sys.executable).parent
    if "devenv cluster add" in document.read_text("utf-8"):
        fake = request.getfixturevalue("cluster")
        sandbox.extra["KUBECONFIG"] = str(fake.server.kubeconfig(sandbox.base))
        subprocess.run(["git", "init", "-q", str(sandbox.checkout)], check=True)
    sandbox.extra["PATH"] = f"{binaries}:{sandbox.environ['PATH']}"
    for block in blocks(document):
        if block.name:
            sandbox.write(block.name, block.text)
        if block.language in {"console", "sh"}:
            commands = block.commands()
            assert commands, f"no line of this begins with `$ `:\n{block.text}"
            for command in commands:
                perform(command, sandbox)


def perform(command: str, sandbox: Sandbox) -> None:
    """Run a line as a user would; what make does is run by what runs this test."""
    program, *words = shlex.split(command)
    if program == "make":
        assert re.search(rf"^{words[0]}:", MAKEFILE, re.MULTILINE), command
        return
    run = subprocess.run(
        ["sh", "-c", command],
        cwd=sandbox.checkout,
        env=sandbox.environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, f"{command}\n{run.stdout}{run.stderr}"
