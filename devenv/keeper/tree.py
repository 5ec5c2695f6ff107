"""Who descends from whom: one reading of /proc, as values."""

import os


class Process:
    """One line of proc_pid_stat(5). ``started`` is in clock ticks since boot."""

    __slots__ = ("group", "parent", "pid", "rss_pages", "session", "started", "ticks", "zombie")

    def __init__(self, pid: int, fields: list[bytes]) -> None:
        self.pid = pid
        self.zombie = fields[0] in {b"Z", b"X"}
        self.parent = int(fields[1])
        self.group = int(fields[2])
        self.session = int(fields[3])
        self.ticks = int(fields[11]) + int(fields[12])
        self.started = int(fields[19])
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
    """Read every process of this machine that may be seen."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdecimal():
            process = read(int(name))
            if process is not None:
                found[process.pid] = process
    return found


def children(processes: dict[int, Process]) -> dict[int, list[Process]]:
    """Group processes by their parent."""
    found: dict[int, list[Process]] = {}
    for process in processes.values():
        found.setdefault(process.parent, []).append(process)
    return found


def below(root: int, by_parent: dict[int, list[Process]]) -> list[Process]:
    """List what descends from ``root``, zombies left out, each parent before its children."""
    found: list[Process] = []
    waiting = list(by_parent.get(root, ()))
    while waiting:
        process = waiting.pop()
        if not process.zombie:
            found.append(process)
        waiting += by_parent.get(process.pid, ())
    return found
