"""Where things lie on disk: the state folder and the runtime folder, worked out of an environ."""

from __future__ import annotations

import os
from stat import S_ISDIR, S_ISLNK

from devenv.errors import DevenvError

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Mapping

SOCKET_PATH_LIMIT = 107
"""Bytes that a Unix socket's address can hold."""


def state_folder(environ: Mapping[str, str]) -> str:
    """What outlives a reboot: desired state, logs and data."""
    base = environ.get("XDG_STATE_HOME", "")
    if not base.startswith("/"):  # the specification tells to ignore a relative one
        home = environ.get("HOME") or os.path.expanduser("~")
        base = os.path.join(home, ".local", "state")
    return os.path.join(base, "devenv")


def tui_settings(environ: Mapping[str, str]) -> str:
    """The user's configuration of the terminal UI; the file may be missing."""
    base = environ.get("XDG_CONFIG_HOME", "")
    if not base.startswith("/"):
        base = os.path.join(environ.get("HOME") or os.path.expanduser("~"), ".config")
    return os.path.join(base, "devenv", "tui.toml")


def clusters_file(environ: Mapping[str, str]) -> str:
    """The clusters that the user has named."""
    base = environ.get("XDG_CONFIG_HOME", "")
    if not base.startswith("/"):
        home = environ.get("HOME") or os.path.expanduser("~")
        base = os.path.join(home, ".config")
    return os.path.join(base, "devenv", "clusters.json")


def key_file(environ: Mapping[str, str]) -> str:
    return os.path.join(state_folder(environ), "key")


def daemon_log(environ: Mapping[str, str]) -> str:
    return os.path.join(state_folder(environ), "daemon.log")


def environment_folder(environ: Mapping[str, str], environment: str) -> str:
    return os.path.join(state_folder(environ), environment)


def desired_file(environ: Mapping[str, str], environment: str) -> str:
    return os.path.join(environment_folder(environ, environment), "desired.json")


def logs_folder(environ: Mapping[str, str], environment: str) -> str:
    return os.path.join(environment_folder(environ, environment), "logs")


def log_folder(environ: Mapping[str, str], environment: str, service: str, index: int = 0) -> str:
    """The segments of one replica."""
    return os.path.join(logs_folder(environ, environment), f"{service}.{index}")


def data_folder(environ: Mapping[str, str], environment: str, service: str) -> str:
    return os.path.join(environment_folder(environ, environment), "data", service)


def runtime_folder(environ: Mapping[str, str]) -> str:
    """The folder of the sockets. A path only: ``make_runtime_folder`` makes and checks it."""
    base = environ.get("XDG_RUNTIME_DIR", "")
    return os.path.join(base, "devenv") if base.startswith("/") else f"/tmp/devenv-{os.getuid()}"


def daemon_socket(environ: Mapping[str, str]) -> str:
    return _socket_path(environ, "daemon.sock")


def daemon_lock(environ: Mapping[str, str]) -> str:
    return os.path.join(runtime_folder(environ), "daemon.lock")


def keeper_socket(environ: Mapping[str, str], environment: str) -> str:
    return _socket_path(environ, f"{environment}.keeper")


def _socket_path(environ: Mapping[str, str], name: str) -> str:
    path = os.path.join(runtime_folder(environ), name)
    if len(os.fsencode(path)) > SOCKET_PATH_LIMIT:
        raise DevenvError(
            f"the path of a socket is too long: {path}",
            "Set XDG_RUNTIME_DIR to a shorter folder of your own, or unset it to use /tmp.",
        )
    return path


def make_state_folder(environ: Mapping[str, str]) -> str:
    folder = state_folder(environ)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    except OSError as error:
        raise DevenvError(
            f"cannot make the state folder {folder}: {error.strerror}",
            "Make it writable, or set XDG_STATE_HOME to a folder that is.",
        ) from error
    return folder


def make_runtime_folder(environ: Mapping[str, str]) -> str:
    """Make the runtime folder, 0700, and refuse one that somebody else made or could enter."""
    folder = runtime_folder(environ)
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        pass
    except OSError as error:
        raise DevenvError(
            f"cannot make the runtime folder {folder}: {error.strerror}",
            "Set XDG_RUNTIME_DIR to a folder of your own, or unset it to use /tmp.",
        ) from error
    check_runtime_folder(folder)
    return folder


def check_runtime_folder(folder: str) -> bool:
    """Say whether it exists; DevenvError where it is not ours alone."""
    try:
        found = os.lstat(folder)
    except OSError:
        return False
    wrong = ""
    if S_ISLNK(found.st_mode) or not S_ISDIR(found.st_mode):
        wrong = "it is not a folder"
    elif found.st_uid != os.getuid():
        wrong = f"it belongs to the user with the number {found.st_uid}"
    elif found.st_mode & 0o077:
        wrong = "others may enter it"
    if wrong:
        raise DevenvError(
            f"the runtime folder {folder} is not safe to use: {wrong}",
            "Remove it (or chmod 700 it if it is yours), or set XDG_RUNTIME_DIR to another.",
        )
    return True
