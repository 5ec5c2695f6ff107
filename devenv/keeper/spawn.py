"""Starts one process in a session of its own, with circumstances of its own (posix_spawn(3)).

What posix_spawn cannot set in the child, the keeper, which has one thread, takes on for that
moment itself, and the child inherits it: folder, umask, limits. A fork would copy an interpreter
for each service, which takes several times as long as starting the program does.
"""

from __future__ import annotations

import errno
import fcntl
import os
import resource
import signal
import struct
import termios

from devenv.keeper.mark import keeper_of, wear
from devenv.logs.segment import STDERR, STDOUT, TERMINAL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

NOT_FOUND = 127
NOT_POSSIBLE = 126

_MAY_BE_IGNORED = tuple(signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP})
"""By us, or by what started the daemon: a shell has its background jobs ignore two of them."""
_FIRST_SIZE = (80, 24)
_MACHINE_IS_FULL = {errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE}
_NOT_HERE = {errno.ENOENT, errno.ENOTDIR}


Action = tuple[int, ...] | tuple[int, int, str, int, int]


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
    """A process; ``outputs`` maps what we read to its stream, ``writing`` is its input or -1.

    ``pid`` is None when it could not be run: ``code`` and ``refusal`` say why, as a shell does.
    """

    __slots__ = ("code", "outputs", "pid", "refusal", "writing")

    def __init__(self, outputs: dict[int, int], writing: int) -> None:
        self.pid: int | None = None
        self.outputs = outputs
        self.writing = writing
        self.code = 0
        self.refusal = ""


def spawn(order: Order) -> Spawned:
    """Start a process; raises OSError if the machine can have no more of them."""
    spawned, actions, theirs = _terminal() if order.tty else _pipes(stdin=order.stdin)
    before = os.umask(order.umask)
    try:
        _run(order, spawned, actions)
    finally:
        os.umask(before)
        os.chdir("/")
        wear(keeper_of(order.mark))
        _, hard = order.files
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        for descriptor in theirs:
            os.close(descriptor)
        if spawned.pid is None:
            for descriptor in {*spawned.outputs, spawned.writing} - {-1}:
                os.close(descriptor)
            spawned.outputs, spawned.writing = {}, -1
    return spawned


def resize(descriptor: int, columns: int, rows: int) -> None:
    """Tell a terminal its size (ioctl_tty(2), TIOCSWINSZ)."""
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))


def _terminal() -> tuple[Spawned, list[Action], list[int]]:
    """Make a terminal: opened by the child, which leads a session, it becomes its own."""
    leader, follower = os.openpty()
    os.set_blocking(leader, False)
    resize(leader, *_FIRST_SIZE)
    actions: list[Action] = [
        (os.POSIX_SPAWN_OPEN, 0, os.ttyname(follower), os.O_RDWR, 0),
        (os.POSIX_SPAWN_DUP2, 0, 1),
        (os.POSIX_SPAWN_DUP2, 0, 2),
    ]
    return Spawned({leader: TERMINAL}, leader), actions, [follower]


def _pipes(*, stdin: bool) -> tuple[Spawned, list[Action], list[int]]:
    from_out, out = os.pipe2(os.O_CLOEXEC)
    from_err, err = os.pipe2(os.O_CLOEXEC)
    os.set_blocking(from_out, False)
    os.set_blocking(from_err, False)
    actions: list[Action] = [(os.POSIX_SPAWN_DUP2, out, 1), (os.POSIX_SPAWN_DUP2, err, 2)]
    outputs = {from_out: STDOUT, from_err: STDERR}
    if not stdin:
        actions.append((os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0))
        return Spawned(outputs, -1), actions, [out, err]
    inward, writing = os.pipe2(os.O_CLOEXEC)
    os.set_blocking(writing, False)
    actions.append((os.POSIX_SPAWN_DUP2, inward, 0))
    return Spawned(outputs, writing), actions, [out, err, inward]


def _run(order: Order, spawned: Spawned, actions: list[Action]) -> None:
    """Take on the circumstances, then start the program, wherever its PATH has it (execvp(3))."""
    try:
        os.chdir(order.directory)
    except OSError as error:
        spawned.code = NOT_POSSIBLE
        spawned.refusal = f"cannot enter {order.directory}: {error.strerror}"
        return
    wear(order.mark)
    resource.setrlimit(resource.RLIMIT_NOFILE, order.files)
    program = order.command[0]
    worst = errno.ENOENT
    for path in _places(program, order.environment.get("PATH", os.defpath)):
        try:
            spawned.pid = os.posix_spawn(
                path,
                order.command,
                order.environment,
                file_actions=actions,
                setsid=True,
                setsigmask=(),
                setsigdef=_MAY_BE_IGNORED,
            )
        except OSError as error:
            if error.errno in _MACHINE_IS_FULL:
                raise
            if error.errno not in _NOT_HERE:
                worst = error.errno or worst
        else:
            return
    spawned.code = NOT_FOUND if worst == errno.ENOENT else NOT_POSSIBLE
    spawned.refusal = f"cannot run {program}: {os.strerror(worst)}"


def _places(program: str, path: str) -> Iterator[str]:
    if "/" in program:
        yield program
        return
    for folder in path.split(":"):
        place = f"{folder or '.'}/{program}"
        if os.access(place, os.F_OK):
            yield place
