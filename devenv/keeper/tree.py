"""Who descends from whom: what /proc says of processes, as values."""

import os


class Process:
    """One line of proc_pid_stat(5)."""

    __slots__ = ("group", "parent", "pid", "rss_pages", "ticks", "zombie")

    def __init__(self, pid: int, fields: list[bytes]) -> None:
        self.pid = pid
        self.zombie = fields[0] in {b"Z", b"X"}
        self.parent = int(fields[1])
        self.group = int(fields[2])
        self.ticks = int(fields[11]) + int(fields[12])
        """Processor time used, in ticks of sysconf(SC_CLK_TCK)."""
        self.rss_pages = int(fields[21])


def read(pid: int) -> Process | None:
    """Read one process; None if it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb", buffering=0) as file:
            data = file.read(1024)
    except OSError:
        return None
    return Process(pid, data[data.rfind(b")") + 2 :].split())


def read_all() -> dict[int, Process]:
    """Read every process that may be seen."""
    found = {}
    for name in os.listdir("/proc"):
        process = read(int(name)) if name.isdecimal() else None
        if process is not None:
            found[process.pid] = process
    return found


def own_children() -> list[int]:
    """List the direct children of this process, which has one thread; zombies are among them."""
    try:
        with open("/proc/thread-self/children", "rb", buffering=0) as file:
            return [int(pid) for pid in file.readall().split()]
    except FileNotFoundError:
        us = os.getpid()
        return [process.pid for process in read_all().values() if process.parent == us]


def children(processes: dict[int, Process]) -> dict[int, list[int]]:
    """Group the pids of processes by their parent."""
    found: dict[int, list[int]] = {}
    for process in processes.values():
        found.setdefault(process.parent, []).append(process.pid)
    return found


def with_descendants(pid: int, by_parent: dict[int, list[int]]) -> list[int]:
    """List ``pid`` and all that descends from it, each parent before its children."""
    found = [pid]
    for one in found:
        found += by_parent.get(one, ())
    return found
