"""The warden, ``python -I -S main.py``: forks keepers, and ends what a dead one leaves.

Its standard input is a socket; each byte that comes over it brings a socket for a new keeper to
talk over. Since it is ready, a new keeper costs a fork and not the start of an interpreter. It is
the subreaper above the keepers, so all that a killed keeper held becomes its own, whatever daemon
lives or not. A daemon that a service has started is no part of that service, and goes on. The
warden leaves when the socket has closed and nothing is left that it has to end.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import sys

sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from devenv.keeper import tree
from devenv.keeper.held import send
from devenv.keeper.keeper import Keeper
from devenv.keeper.mark import is_holder, worn_by
from devenv.keeper.system import become_subreaper, name_process


class Warden:
    """Waits at ``door`` for the daemon, and for the ends of ``keepers``."""

    def __init__(self, door: socket.socket) -> None:
        self._door = door
        self._keepers: set[int] = set()
        self._bell, self._clapper = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.set_wakeup_fd(self._clapper, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)

    def run(self) -> None:
        waiting = select.poll()
        waiting.register(self._bell, select.POLLIN)
        waiting.register(self._door, select.POLLIN)
        is_open = True
        while is_open or self._keepers or self._orphans():
            ready = [descriptor for descriptor, _ in waiting.poll()]
            if self._bell in ready:
                os.read(self._bell, 4096)
                self._end_orphans()
            if self._door.fileno() in ready and not self._admit():
                is_open = False
                waiting.unregister(self._door)

    def _admit(self) -> bool:
        """Fork a keeper; False once the daemon has gone."""
        try:
            byte, descriptors, _, _ = socket.recv_fds(self._door, 1, 1)
        except OSError:
            return False
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
            pid = os.fork()
            if pid == 0:
                self._become_keeper(descriptor)
            self._keepers.add(pid)
            os.close(descriptor)
        return bool(byte)

    def _become_keeper(self, descriptor: int) -> None:
        """Do what a keeper does, in this forked child; does not return."""
        signal.set_wakeup_fd(-1)
        for ours in (self._door.detach(), self._bell, self._clapper):
            os.close(ours)
        os.setsid()
        become_subreaper()
        name_process("devenv-keeper")
        keeper = Keeper()
        keeper.converse(socket.socket(fileno=descriptor))
        keeper.loop.run()
        os._exit(0)

    def _end_orphans(self) -> None:
        """Reap, and kill what is ours now: each of their ends brings us here again."""
        try:
            while pid := os.waitpid(-1, os.WNOHANG)[0]:
                self._keepers.discard(pid)
        except ChildProcessError:
            return
        for pid in self._orphans():
            send(os.kill, pid, signal.SIGKILL)

    def _orphans(self) -> list[int]:
        """List what dead keepers have left."""
        others = (pid for pid in tree.own_children() if pid not in self._keepers)
        return [pid for pid in others if not is_holder(worn_by(pid))]


def main() -> None:
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    door = socket.socket(fileno=os.dup(0))
    quiet = os.open(os.devnull, os.O_RDWR)
    os.dup2(quiet, 0)
    os.dup2(quiet, 1)
    os.close(quiet)
    os.chdir("/")
    become_subreaper()
    name_process("devenv-warden")
    # What is there by now stays for good: nothing of it is looked at again after a fork.
    gc.collect()
    gc.freeze()
    Warden(door).run()


if __name__ == "__main__":
    main()
