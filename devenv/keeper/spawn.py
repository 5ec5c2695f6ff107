"""Starts one process: forked from the one thread, in a session of its own."""

from __future__ import annotations

import errno
import fcntl
import os
import resource
import signal
import struct
import termios

from devenv.keeper.mark import wear
from devenv.keeper.system import die_with_parent
from devenv.logs.segment import STDERR, STDOUT, TERMINAL

NOT_FOUND = 127
NOT_POSSIBLE = 126

_RESET = (
    signal.SIGPIPE,
    signal.SIGXFSZ,
    signal.SIGINT,
    signal.SIGHUP,
    signal.SIGCHLD,
    signal.SIGTERM,
)
_FIRST_SIZE = (80, 24)


class Order:
    """What to start: ``environment`` is whole, ``files`` the limits of open files."""

    __slots__ = ("command", "directory", "environment", "files", "mark", "stdin", "tty", "umask")

    def __init__(self, command: list[str], directory: str, environment: dict[str, str]) -> None:
        self.command = command
        self.directory = directory
        self.environment = environment
        self.umask = 0o022
        self.mark = 0
        self.files = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.tty = False
        self.stdin = False


class Spawned:
    """A process; ``outputs`` maps what we read to its stream, ``writing`` is its input or -1."""

    __slots__ = ("outputs", "pid", "writing")

    def __init__(self, pid: int, outputs: dict[int, int], writing: int) -> None:
        self.pid = pid
        self.outputs = outputs
        self.writing = writing


def spawn(order: Order) -> Spawned:
    """Start a process; raises OSError if there can be no more of them.

    A command that cannot be run says so on its own stderr and ends with 127 or 126, as in a shell.
    """
    if order.tty:
        leader, follower = os.openpty()
        resize(leader, *_FIRST_SIZE)
        pid = _fork(order, (follower, follower, follower), (leader,))
        os.set_blocking(leader, False)
        return Spawned(pid, {leader: TERMINAL}, leader)
    from_out, out = os.pipe2(os.O_CLOEXEC)
    from_err, err = os.pipe2(os.O_CLOEXEC)
    inward, writing = _standard_input(order)
    ours = (from_out, from_err) if writing < 0 else (from_out, from_err, writing)
    pid = _fork(order, (inward, out, err), ours)
    for descriptor in ours:
        os.set_blocking(descriptor, False)
    return Spawned(pid, {from_out: STDOUT, from_err: STDERR}, writing)


def resize(descriptor: int, columns: int, rows: int) -> None:
    """Tell a terminal its size (ioctl_tty(2), TIOCSWINSZ)."""
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))


def _standard_input(order: Order) -> tuple[int, int]:
    if order.stdin:
        return os.pipe2(os.O_CLOEXEC)
    return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC), -1


def _fork(order: Order, standard: tuple[int, int, int], ours: tuple[int, ...]) -> int:
    """Fork, and close the child's ends here; ours too if that failed."""
    parent = os.getpid()
    try:
        pid = os.fork()
    except OSError:
        for descriptor in ours:
            os.close(descriptor)
        raise
    finally:
        if os.getpid() == parent:
            for descriptor in set(standard):
                os.close(descriptor)
    if pid == 0:
        try:
            _become(order, standard, parent)
        except (OSError, ValueError) as error:
            _refuse(f"cannot start: {error}", NOT_POSSIBLE)
        finally:
            os._exit(NOT_POSSIBLE)
    return pid


def _become(order: Order, standard: tuple[int, int, int], parent: int) -> None:
    """Turn this forked child into the process; does not return."""
    os.setsid()
    die_with_parent(parent)
    for number, descriptor in enumerate(standard):
        os.dup2(descriptor, number)
    if order.tty:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    for number in _RESET:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    resource.setrlimit(resource.RLIMIT_NOFILE, order.files)
    wear(order.mark)
    os.umask(order.umask)
    try:
        os.chdir(order.directory)
    except OSError as error:
        _refuse(f"cannot enter {order.directory}: {error.strerror}", NOT_POSSIBLE)
    _execute(order)


def _execute(order: Order) -> None:
    """Replace this process, searching the PATH of its own environment (execvp(3))."""
    program = order.command[0]
    worst = errno.ENOENT
    for path in _places(program, order.environment.get("PATH", os.defpath)):
        try:
            os.execve(path, order.command, order.environment)
        except OSError as error:
            if error.errno not in {errno.ENOENT, errno.ENOTDIR}:
                worst = error.errno or worst
    code = NOT_FOUND if worst == errno.ENOENT else NOT_POSSIBLE
    _refuse(f"cannot run {program}: {os.strerror(worst)}", code)


def _places(program: str, path: str) -> list[str]:
    if "/" in program:
        return [program]
    found = [os.path.join(folder, program) for folder in path.split(":")]
    return [place for place in found if os.access(place, os.F_OK)]


def _refuse(text: str, code: int) -> None:
    os.write(2, f"devenv: {text}\n".encode("utf-8", "surrogateescape"))
    os._exit(code)
