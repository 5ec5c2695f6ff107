"""How the command line ends: exit codes, errors on stderr, broken pipes, our own bugs."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

from devenv.errors import DevenvError
from tests.api.daemon import stand_in
from tests.cli.desk import COMMAND, Desk, document, service


def test_help_and_version_go_to_stdout_and_end_well(desk: Desk) -> None:
    for words in ([], ["--help"], ["up", "-h"], ["--version"]):
        done = desk.run(*words)
        assert done.returncode == 0
        assert "devenv" in done.stdout
        assert not done.stderr


def test_wrong_use_ends_with_2_and_says_what_to_do(desk: Desk) -> None:
    done = desk.run("stauts")
    assert done.returncode == 2
    assert "no verb 'stauts'" in done.stderr
    assert "did you mean `status`" in done.stderr
    assert not done.stdout


def test_an_expected_failure_ends_with_1(desk: Desk) -> None:
    def refuse(params: dict[str, Any]) -> None:
        raise DevenvError("there is no profile here", "`devenv init` writes one.")

    with stand_in(desk.environ, status=refuse):
        done = desk.run("status")
    assert done.returncode == 1
    assert done.stderr == "devenv: there is no profile here\n`devenv init` writes one.\n"


def test_a_bug_of_ours_ends_with_3_and_leaves_a_report(desk: Desk) -> None:
    with stand_in(desk.environ, status={"services": None}):
        done = desk.run("status")
    assert done.returncode == 3
    assert "a bug of devenv" in done.stderr
    (report,) = Path(desk.environ["XDG_STATE_HOME"]).glob("devenv/crash-*.log")
    assert str(report) in done.stderr
    assert "Traceback" in report.read_text()
    assert "command: devenv status" in report.read_text()
    assert report.stat().st_mode & 0o077 == 0


def test_where_no_report_can_be_written_it_is_shown(desk: Desk) -> None:
    Path(desk.environ["XDG_STATE_HOME"]).write_text("in the way")
    with stand_in(desk.environ, status={"services": None}):
        done = desk.run("status")
    assert done.returncode == 3
    assert "Traceback" in done.stderr


def test_a_reader_that_has_seen_enough_is_no_error(desk: Desk) -> None:
    many = document(*(service(f"service-{number}") for number in range(2000)))
    with stand_in(desk.environ, status=many):
        reading, writing = os.pipe()
        os.close(reading)
        with desk.start("status", stdout=writing, stderr=subprocess.PIPE) as process:
            os.close(writing)
            assert process.stderr is not None
            assert process.stderr.read() == b""
        assert process.returncode == 0


_IN_A_FOLDER_THAT_IS_GONE = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"'


def test_a_folder_that_is_gone_is_said(desk: Desk) -> None:
    done = subprocess.run(
        ["sh", "-c", _IN_A_FOLDER_THAT_IS_GONE, "sh", *COMMAND, "status"],
        cwd=desk.folder,
        env=dict(desk.environ),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 1
    assert "the folder that you are in is gone" in done.stderr


def test_c_that_names_no_folder_is_wrong_use(desk: Desk) -> None:
    with stand_in(desk.environ):
        done = desk.run("-C", "nowhere", "status")
    assert done.returncode == 2
    assert "nowhere" in done.stderr


def test_the_target_says_where_we_are_and_what_was_chosen(desk: Desk) -> None:
    (desk.folder / "sub").mkdir()
    with stand_in(desk.environ, status=document(service("web"))) as daemon:
        desk.run("-C", "sub", "-f", "a.yaml", "-e", "shop", "--profile", "x", "status")
        ((_, params),) = daemon.asked
    sub = os.path.realpath(desk.folder / "sub")
    assert params["target"] == {
        "directory": sub,
        "files": [f"{sub}/a.yaml"],
        "environment": "shop",
        "profiles": ["x"],
    }


def test_a_request_carries_the_circumstances_of_the_caller(desk: Desk) -> None:
    environ = {**desk.environ, "ODD": b"\xff".decode("utf-8", "surrogateescape")}
    with stand_in(desk.environ, up=document(service("web"))) as daemon:
        Desk(desk.folder, environ).run("up")
        ((_, params),) = daemon.asked
    assert params["client"]["environment"]["ODD"] == environ["ODD"]
    assert params["client"]["directory"] == os.path.realpath(desk.folder)
    umask = os.umask(0o22)
    os.umask(umask)
    assert params["client"]["umask"] == umask
