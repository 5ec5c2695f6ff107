"""What the kernel is asked for beyond Python's own calls: prctl(2), and the mark of a unit."""

import ctypes
import os
import resource
import signal

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_F_SETPIPE_SZ = 1031

_prctl = ctypes.CDLL(None, use_errno=True).prctl

UNITS = 256
ENVIRONMENTS = 2048
_LIMIT = resource.RLIMIT_MSGQUEUE
_LIMIT_NAME = b"Max msgqueue size"
_DEFAULT = 819200


def become_subreaper() -> None:
    """Become the parent of every descendant whose own parent has ended (prctl(2))."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with_parent(parent: int) -> None:
    """Be killed when the parent ends; at once if it has ended already (prctl(2))."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def mark(environment: int, unit: int) -> int:
    """Make the number that every process of a unit carries, whatever it does to its environment."""
    return environment % ENVIRONMENTS * UNITS + unit % UNITS + 1


def wear(number: int) -> None:
    """Carry a mark: a little less room for POSIX message queues than is allowed (setrlimit(2)).

    It is inherited over fork and exec, survives a new session and a wiped environment, and costs
    a process nothing that it would notice.
    """
    _, hard = resource.getrlimit(_LIMIT)
    top = _DEFAULT if hard == resource.RLIM_INFINITY else hard
    if top > number:
        resource.setrlimit(_LIMIT, (top - number, hard))


def worn_by(pid: int) -> int:
    """Read the mark of a process; 0 if it has none or is gone (proc_pid_limits(5))."""
    try:
        with open(f"/proc/{pid}/limits", "rb") as file:
            text = file.read()
    except OSError:
        return 0
    line = text[text.find(_LIMIT_NAME) + len(_LIMIT_NAME) :].split(maxsplit=2)
    soft, hard = line[0], line[1]
    top = _DEFAULT if hard == b"unlimited" else int(hard)
    return 0 if soft == b"unlimited" else max(0, top - int(soft))


def environment_number(name: str) -> int:
    """Make a number of an environment's id: the same in every process, unlike hash()."""
    number = 0
    for byte in name.encode():
        number = (number * 131 + byte) % 1000003
    return number


def grow_pipe(descriptor: int, size: int) -> None:
    """Give a pipe more room, where the user may still have it (fcntl(2), F_SETPIPE_SZ)."""
    import fcntl

    try:
        fcntl.fcntl(descriptor, _F_SETPIPE_SZ, size)
    except OSError:
        return
