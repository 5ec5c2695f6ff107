"""Starts one process: forked from the one thread, in a session and circumstances of its own."""

import errno
import fcntl
import os
import signal
import struct
import termios

from devenv.keeper.system import die_with_parent, wear

NOT_FOUND = 127
NOT_POSSIBLE = 126

_IGNORED = (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGHUP)


class Order:
    """What to start; ``environment`` is whole."""

    __slots__ = ("command", "directory", "environment", "mark", "stdin", "tty", "umask")

    def __init__(
        self,
        command: list[str],
        directory: str,
        environment: dict[str, str],
        *,
        umask: int,
        mark: int,
    ) -> None:
        self.command = command
        self.directory = directory
        self.environment = environment
        self.umask = umask
        self.mark = mark
        self.tty = False
        self.stdin = False


class Spawned:
    """A process, and our ends of its streams: (stream, descriptor) to read, and one to write."""

    __slots__ = ("outputs", "pid", "writing")

    def __init__(self, pid: int, outputs: list[tuple[int, int]], writing: int) -> None:
        self.pid = pid
        self.outputs = outputs
        self.writing = writing


def spawn(order: Order, streams: tuple[int, int, int]) -> Spawned:
    """Start a process; raises OSError if there can be no more of them.

    ``streams`` numbers stdout, stderr and the terminal. A command that cannot be run says so on
    its own stderr, and ends with 127 or 126, as in a shell.
    """
    stdout, stderr, terminal = streams
    opened: list[int] = []
    try:
        if order.tty:
            leader, follower = _kept(opened, os.openpty())
            theirs, ours = (follower, follower, follower), Spawned(0, [(terminal, leader)], leader)
        else:
            reading_out, out = _kept(opened, os.pipe2(os.O_CLOEXEC))
            reading_err, err = _kept(opened, os.pipe2(os.O_CLOEXEC))
            inward, writing = _kept(opened, _standard_input(order))
            outputs = [(stdout, reading_out), (stderr, reading_err)]
            theirs, ours = (inward, out, err), Spawned(0, outputs, writing)
        ours.pid = _fork(order, theirs)
    except OSError:
        for descriptor in opened:
            os.close(descriptor)
        raise
    for descriptor in set(theirs):
        os.close(descriptor)
    for _, descriptor in ours.outputs:
        os.set_blocking(descriptor, False)
    return ours


def _kept(opened: list[int], pair: tuple[int, int]) -> tuple[int, int]:
    opened += [descriptor for descriptor in pair if descriptor >= 0]
    return pair


def resize(descriptor: int, columns: int, rows: int) -> None:
    """Tell a terminal its size (ioctl_tty(2), TIOCSWINSZ)."""
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))


def _standard_input(order: Order) -> tuple[int, int]:
    if not order.stdin:
        return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC), -1
    reading, writing = os.pipe2(os.O_CLOEXEC)
    os.set_blocking(writing, False)
    return reading, writing


def _fork(order: Order, standard: tuple[int, int, int]) -> int:
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            _become(order, standard, parent)
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
    for number in _IGNORED:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
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
    folders = [""] if "/" in program else order.environment.get("PATH", os.defpath).split(":")
    worst = errno.ENOENT
    for folder in folders:
        path = os.path.join(folder, program) if folder else program
        try:
            os.execve(path, order.command, order.environment)
        except OSError as error:
            if error.errno not in {errno.ENOENT, errno.ENOTDIR}:
                worst = error.errno or worst
    code = NOT_FOUND if worst == errno.ENOENT else NOT_POSSIBLE
    _refuse(f"cannot run {program}: {os.strerror(worst)}", code)


def _refuse(text: str, code: int) -> None:
    os.write(2, f"devenv: {text}\n".encode("utf-8", "surrogateescape"))
    os._exit(code)
