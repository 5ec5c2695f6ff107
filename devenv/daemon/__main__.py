"""The daemon's entry: one for each user, held by a lock for as long as it lives.

``--ready-fd N``, which may be left out, names a descriptor that gets a byte once it listens.
"""

from __future__ import annotations

import fcntl
import logging
import os
import sys

from devenv.api import places
from devenv.errors import DevenvError


def main() -> int:
    ready = int(sys.argv[2]) if sys.argv[1:2] == ["--ready-fd"] else -1
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    try:
        places.make_state_folder(os.environ)
        places.make_runtime_folder(os.environ)
        lock = _lock(places.daemon_lock(os.environ))
        if lock is not None:
            _lock_state(places.state_folder(os.environ))
    except DevenvError as error:
        sys.stderr.write(f"{error.message}\n{error.hint}\n")
        return error.exit_code
    if lock is None:
        return 0
    from devenv.daemon import serving  # heavy: one that comes second ends without it

    os.chdir("/")
    serving.run(ready)
    return 0


def _lock(path: str) -> int | None:
    """Take the lock that makes this process the daemon; None while another one is."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _lock_state(folder: str) -> int:
    """Refuse to serve a state folder that a daemon with other sockets serves already."""
    descriptor = _lock(os.path.join(folder, "daemon.lock"))
    if descriptor is None:
        raise DevenvError(
            f"another daemon of yours serves {folder}",
            "it was started with another XDG_RUNTIME_DIR: use that one, or another XDG_STATE_HOME",
        )
    return descriptor


if __name__ == "__main__":
    sys.exit(main())
