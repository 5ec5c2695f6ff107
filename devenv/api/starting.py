"""Starts the daemon: in a session of its own, told by a pipe when it listens, never by polling."""

from __future__ import annotations

import os
import sys

from devenv.api import places
from devenv.errors import DevenvError

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Mapping

READY_WITHIN = 15.0
_LOG_LIMIT = 1024 * 1024


def start_daemon(environ: Mapping[str, str]) -> bool:
    """Start a daemon and wait until it listens. False: it ended at once, another one is there.

    The daemon writes one byte to the descriptor of ``--ready-fd`` when it listens, and closes it.
    One that finds the lock taken ends with status 0 and writes nothing.
    """
    places.make_runtime_folder(environ)
    places.make_state_folder(environ)
    log = _open_log(places.daemon_log(environ))
    start = os.fstat(log).st_size
    ready, told = os.pipe()
    try:
        pid = _spawn(environ, told, log)
        os.close(told)
        told = -1
        if _read_byte(ready):
            return True
    finally:
        for descriptor in (ready, told, log):
            if descriptor >= 0:
                os.close(descriptor)
    _, status = os.waitpid(pid, 0)
    if status == 0:
        return False
    raise DevenvError(f"the daemon did not start: {_last_line(environ, start)}", _hint(environ))


def _spawn(environ: Mapping[str, str], told: int, log: int) -> int:
    os.set_inheritable(told, True)
    # -P: the folder we happen to be in is no place to import from.
    command = [sys.executable, "-P", "-m", "devenv.daemon", "--ready-fd", str(told)]
    actions = (
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_DUP2, log, 1),
        (os.POSIX_SPAWN_DUP2, log, 2),
    )
    return os.posix_spawn(command[0], command, environ, file_actions=actions, setsid=True)


def _open_log(path: str) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
    try:
        log = os.open(path, flags, 0o600)
        if os.fstat(log).st_size > _LOG_LIMIT:
            os.close(log)
            os.replace(path, path + ".1")
            log = os.open(path, flags, 0o600)
    except OSError:  # a full disk or a read-only home: the daemon says more, if it must
        return os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
    return log


def _read_byte(descriptor: int) -> bool:
    """Wait for the byte. False: the other end was closed without one."""
    import select

    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    if not poll.poll(READY_WITHIN * 1000):
        raise DevenvError(
            f"the daemon did not listen within {READY_WITHIN:g} seconds",
            "The machine may be very busy. Try again.",
        )
    return os.read(descriptor, 1) != b""


def _last_line(environ: Mapping[str, str], start: int) -> str:
    """The last thing that the daemon wrote since ``start``."""
    try:
        with open(places.daemon_log(environ), "rb") as log:
            log.seek(start)
            lines = log.read().decode("utf-8", "replace").split("\n")
    except OSError:
        lines = []
    return next((line.strip() for line in reversed(lines) if line.strip()), "it wrote no reason")


def _hint(environ: Mapping[str, str]) -> str:
    return f"More is in {places.daemon_log(environ)}; `devenv doctor` looks for the usual causes."
