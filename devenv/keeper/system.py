"""What the kernel is asked for beyond Python's own calls: prctl(2), limits, pipes, memory kills."""

import ctypes
import fcntl
import resource

_PR_SET_NAME = 15
_PR_SET_CHILD_SUBREAPER = 36

_prctl = ctypes.CDLL(None, use_errno=True).prctl


def become_subreaper() -> None:
    """Become the parent of every descendant whose own parent has ended (prctl(2))."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def name_process(name: str) -> None:
    """Be called ``name`` by ps and top (prctl(2), PR_SET_NAME): 15 bytes at most."""
    _prctl(_PR_SET_NAME, name.encode(), 0, 0, 0)


Limits = tuple[int, int]
"""Soft and hard (getrlimit(2))."""
FILES_AT_START: Limits = resource.getrlimit(resource.RLIMIT_NOFILE)
"""What a process was given, before it raises that for itself."""


def raise_file_limit() -> Limits:
    """Allow ourselves as many open files as may be; return the limits that were, for children."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return soft, hard


def limit_files(pid: int, limits: Limits) -> None:
    """Set how many files another process may have open (prlimit(2))."""
    resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)


def grow_pipe(descriptor: int, size: int) -> None:
    """Give a pipe more room, where the user may still have it (fcntl(2), F_SETPIPE_SZ)."""
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, size)
    except OSError:
        return


def memory_kills() -> int:
    """Count the out-of-memory kills in our control group so far; 0 where it is not told."""
    try:
        with open("/proc/self/cgroup", encoding="utf-8") as file:
            paths = dict(line.rstrip("\n").split(":", 2)[1:] for line in file)
    except (OSError, ValueError):
        return 0
    for path in (
        f"/sys/fs/cgroup{paths.get('', '/')}/memory.events",
        f"/sys/fs/cgroup/memory{paths.get('memory', '/')}/memory.oom_control",
        "/sys/fs/cgroup/memory/memory.oom_control",
    ):
        try:
            with open(path, encoding="ascii") as file:
                return int(dict(line.split() for line in file)["oom_kill"])
        except (OSError, ValueError, KeyError):
            continue
    return 0
