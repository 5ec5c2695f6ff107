"""Where things lie, and that a runtime folder of somebody else is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from devenv.api import places
from devenv.errors import DevenvError


def test_the_state_folder_follows_the_specification() -> None:
    assert places.state_folder({"XDG_STATE_HOME": "/s"}) == "/s/devenv"
    assert places.state_folder({"HOME": "/h"}) == "/h/.local/state/devenv"
    assert places.state_folder({"HOME": "/h", "XDG_STATE_HOME": "s"}) == "/h/.local/state/devenv"


def test_files_lie_below_their_environment() -> None:
    environ = {"XDG_STATE_HOME": "/s", "XDG_RUNTIME_DIR": "/r"}
    assert places.desired_file(environ, "a1") == "/s/devenv/a1/desired.json"
    assert places.log_folder(environ, "a1", "web", 2) == "/s/devenv/a1/logs/web.2"
    assert places.data_folder(environ, "a1", "db") == "/s/devenv/a1/data/db"
    assert places.keeper_socket(environ, "a1") == "/r/devenv/a1.keeper"
    assert places.daemon_socket(environ) == "/r/devenv/daemon.sock"


def test_without_a_runtime_folder_of_the_user_one_in_tmp_is_used() -> None:
    assert places.runtime_folder({}).startswith("/tmp/devenv-")


def test_a_socket_path_that_is_too_long_is_refused_with_what_to_do() -> None:
    with pytest.raises(DevenvError) as refused:
        places.daemon_socket({"XDG_RUNTIME_DIR": "/" + "r" * 100})
    assert "XDG_RUNTIME_DIR" in refused.value.hint


def test_the_runtime_folder_is_made_for_us_alone(tmp_path: Path) -> None:
    folder = Path(places.make_runtime_folder({"XDG_RUNTIME_DIR": str(tmp_path)}))
    assert folder.stat().st_mode & 0o777 == 0o700
    assert places.make_runtime_folder({"XDG_RUNTIME_DIR": str(tmp_path)}) == str(folder)


def test_a_runtime_folder_that_others_may_enter_is_refused(tmp_path: Path) -> None:
    folder = Path(places.make_runtime_folder({"XDG_RUNTIME_DIR": str(tmp_path)}))
    folder.chmod(0o755)
    with pytest.raises(DevenvError, match="others may enter it"):
        places.make_runtime_folder({"XDG_RUNTIME_DIR": str(tmp_path)})


def test_a_link_in_place_of_the_runtime_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "devenv").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DevenvError, match="not a folder"):
        places.make_runtime_folder({"XDG_RUNTIME_DIR": str(tmp_path)})


def test_a_runtime_folder_that_is_not_there_is_no_error_to_look_for(tmp_path: Path) -> None:
    assert not places.check_runtime_folder(str(tmp_path / "devenv"))
