"""Completion: the candidates, and that a real shell shows them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from devenv.cli.verbs import VERBS
from tests.api.daemon import stand_in
from tests.cli.desk import Desk, document, service

SERVICES = document(service("web"), service("worker"), service("db"))


def _complete(desk: Desk, *words: str) -> list[str]:
    done = desk.run("_complete", "--", *words)
    assert done.returncode == 0, done.stderr
    return [line.partition("\t")[0] for line in done.stdout.splitlines()]


def test_verbs_are_completed(desk: Desk) -> None:
    assert _complete(desk, "") == [verb.name for verb in VERBS.values() if not verb.hidden]
    assert _complete(desk, "re") == ["restart", "resume"]
    assert _complete(desk, "-C", "/", "li") == ["list"]
    assert _complete(desk, "nonsense", "") == []


def test_options_are_completed_with_their_values(desk: Desk) -> None:
    assert "--timeout" in _complete(desk, "up", "--")
    assert "--json" in _complete(desk, "status", "--j")
    assert _complete(desk, "wait", "--for", "") == ["ready", "done", "stopped"]
    assert _complete(desk, "daemon", "st") == ["start", "stop", "status"]
    assert _complete(desk, "completion", "") == ["bash", "zsh", "fish"]


def test_services_come_from_the_daemon_where_one_runs(desk: Desk) -> None:
    with stand_in(desk.environ, status=SERVICES) as daemon:
        assert _complete(desk, "restart", "w") == ["web", "worker"]
        assert _complete(desk, "-C", "/", "logs", "-f", "d") == ["db"]
        assert _complete(desk, "run", "--service", "we") == ["web"]
        assert daemon.asked[1][1]["target"]["directory"] == "/"


def test_services_come_from_the_profile_where_no_daemon_runs(desk: Desk) -> None:
    (desk.folder / "devenv.profile.yaml").write_text(
        "services:\n  web: {command: sleep 1}\ntasks:\n  migrate: {command: 'true'}\n"
    )
    assert _complete(desk, "up", "") == ["web", "migrate"]
    assert not Path(desk.environ["XDG_RUNTIME_DIR"], "devenv").exists()


def test_environments_are_completed(desk: Desk) -> None:
    listed = {"environments": [{"id": "shop-1", "path": "/a"}, {"id": "blog-2", "path": "/b"}]}
    with stand_in(desk.environ, list=listed):
        assert _complete(desk, "-e", "s") == ["shop-1"]


def test_what_takes_files_is_left_to_the_shell(desk: Desk) -> None:
    assert _complete(desk, "-f", "") == []
    assert _complete(desk, "exec", "web", "--", "") == []


def test_a_broken_folder_completes_nothing_and_fails_nothing(desk: Desk) -> None:
    assert _complete(desk, "up", "") == []
    assert _complete(desk, "-C", "/no/such", "up", "") == []


_ASK_BASH = """
eval "$(devenv completion bash)"
COMP_WORDS=({words}); COMP_CWORD={last}
_devenv
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["devenv", "resta"], ["restart"]),
        (["devenv", "restart", "w"], ["web", "worker"]),
        (["devenv", "-f"], [""]),
    ],
)
def test_bash_shows_them(desk: Desk, tmp_path: Path, words: list[str], expected: list[str]) -> None:
    command = tmp_path / "devenv"
    command.write_text(f"#!{sys.executable}\nfrom devenv.cli.main import main\nmain()\n")
    command.chmod(0o755)
    script = _ASK_BASH.format(words=" ".join(words), last=len(words) - 1)
    with stand_in(desk.environ, status=SERVICES):
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=desk.folder,
            env={**desk.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
    assert done.stdout.splitlines() == expected, done.stderr


def test_every_shell_has_a_script(desk: Desk) -> None:
    for shell in ("bash", "zsh", "fish"):
        assert "devenv _complete" in desk.run("completion", shell).stdout
