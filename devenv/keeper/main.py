"""The keeper's entry: ``python -I -S main.py``, its first daemon connected to standard input."""

import gc
import os
import signal
import socket
import sys

sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from devenv.keeper.keeper import Keeper
from devenv.keeper.system import become_subreaper


def main() -> None:
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    if os.getsid(0) != os.getpid():
        os.setsid()
    become_subreaper()
    os.chdir("/")
    keeper = Keeper()
    keeper.converse(socket.socket(fileno=os.dup(0)))
    quiet = os.open(os.devnull, os.O_RDWR)
    os.dup2(quiet, 0)
    os.dup2(quiet, 1)
    # What is there by now stays for good: nothing of it is looked at again after a fork.
    gc.collect()
    gc.freeze()
    keeper.loop.run()


if __name__ == "__main__":
    main()
